"""Pure decisions about documents: which of two words holds, and in which state a document is on a bank day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from haoyou.kernel.names import Name

EXPIRES_SOON = timedelta(days=30)
"""From so many days before the end somebody should ask for the next one."""
EXPIRED_LATELY = timedelta(days=30)
"""What ended longer ago is shown, but makes no to-do: a new house would drown in its first morning."""
BANK, STAFF = "bank", "staff"


class State(StrEnum):
    MISSING = "missing"
    UNDATED = "undated"  # the bank has seen it and does not know until when it holds
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    name: Name
    required: bool


@dataclass(frozen=True, slots=True)
class Word:
    """What one source says: until when the document holds; for good without `expires_on`."""

    kind: str
    origin: str
    expires_on: date | None
    noted_by: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the checklist. `word` is whose word holds, if anybody said anything."""

    kind: Kind
    state: State
    word: Word | None

    @property
    def is_warning(self) -> bool:
        if self.state is State.MISSING:
            return self.kind.required
        return self.state in (State.EXPIRING, State.EXPIRED)


def checklist(kinds: Iterable[Kind], words: Collection[Word], *, on_file: Collection[str], on: date) -> list[Entry]:
    """`on_file`: kinds whose number the bank holds even where nobody said until when they are valid."""
    return [_entry(kind, words, kind.code in on_file, on) for kind in kinds]


def _entry(kind: Kind, words: Collection[Word], on_file: bool, on: date) -> Entry:
    word = holding([word for word in words if word.kind == kind.code])
    if word is None:
        return Entry(kind, State.UNDATED if on_file else State.MISSING, None)
    return Entry(kind, state_of(word.expires_on, on), word)


def holding(words: Collection[Word]) -> Word | None:
    """The word that reaches furthest: renewing only ever moves the end away, whoever hears of it first."""
    return max(words, key=lambda word: (word.expires_on or date.max, word.origin == BANK), default=None)


def state_of(expires_on: date | None, on: date) -> State:
    """The last day still counts as valid."""
    if expires_on is None:
        return State.VALID
    if expires_on < on:
        return State.EXPIRED
    return State.EXPIRING if expires_on <= on + EXPIRES_SOON else State.VALID


def reminder_span(on: date) -> tuple[date, date]:
    """First and last expiry about which the managing RM is reminded on this day."""
    return on - EXPIRED_LATELY, on + EXPIRES_SOON
