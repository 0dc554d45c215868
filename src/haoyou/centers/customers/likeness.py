"""Pure decisions about who may be one customer under two numbers, in the words staff read."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from haoyou.centers.customers import rules

CONTAINED_LENGTH_MIN = 4  # a firm's short name within its full one: below four characters it is any firm's
CHANGED_LENGTH_MIN = 3  # of two characters one changed leaves a surname, which many share


class Reason(StrEnum):
    """Why two are taken for one, or (the last) what speaks against it."""

    ID_NUMBER = "id_number"
    USCC = "uscc"
    PHONE = "phone"
    NAME = "name"
    SIMILAR_NAME = "similar_name"
    BIRTH_DATE = "birth_date"
    PHONE_TAIL = "phone_tail"
    OTHER_ID_NUMBER = "other_id_number"


CERTAIN = 100
"""From this score on it is not a question of likelihood: one number that only one person or firm can have."""
_LIKELY = (
    ({Reason.NAME, Reason.PHONE, Reason.BIRTH_DATE}, 90),
    ({Reason.NAME, Reason.PHONE}, 80),
    ({Reason.NAME, Reason.BIRTH_DATE}, 70),
    ({Reason.SIMILAR_NAME, Reason.PHONE}, 60),
    ({Reason.NAME, Reason.PHONE_TAIL}, 50),
)
_AGAINST = 40
"""What a different ID number takes away: only name, telephone and birth date together outweigh it."""
SCORE_MIN = 50


@dataclass(frozen=True, slots=True)
class Trace:
    """What is compared of a customer: fingerprints, never the values themselves."""

    no: int
    kind: str
    name: str | None
    id_kind: str | None
    id_index: str | None
    uscc: str | None
    phone_index: str | None
    phone_tail_index: str | None
    birth_index: str | None

    @property
    def identity(self) -> rules.Identity:
        return rules.Identity(self.id_kind, self.id_index, self.uscc)


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score`: the higher the surer, certain from 100."""

    score: int
    reasons: tuple[Reason, ...]


def judge(one: Trace, two: Trace) -> Likeness | None:
    """How likely the two are one customer, and why; nothing when too little speaks for it."""
    if one.kind != two.kind:
        return None
    reasons = list(_reasons(one, two))
    score = CERTAIN if {Reason.ID_NUMBER, Reason.USCC}.intersection(reasons) else _likelihood(set(reasons))
    if rules.identities_differ(one.identity, two.identity):
        reasons.append(Reason.OTHER_ID_NUMBER)
        score -= _AGAINST
    return Likeness(score, tuple(reasons)) if score >= SCORE_MIN else None


def _likelihood(reasons: set[Reason]) -> int:
    return next((score for needed, score in _LIKELY if needed <= reasons), 0)


def _reasons(one: Trace, two: Trace) -> Iterable[Reason]:
    if one.id_kind == two.id_kind and _same(one.id_index, two.id_index):
        yield Reason.ID_NUMBER
    if _same(one.uscc, two.uscc):
        yield Reason.USCC
    if _same(one.name, two.name):
        yield Reason.NAME
    elif is_similar(one.name, two.name):
        yield Reason.SIMILAR_NAME
    if _same(one.birth_index, two.birth_index):
        yield Reason.BIRTH_DATE
    if _same(one.phone_index, two.phone_index):
        yield Reason.PHONE
    elif _same(one.phone_tail_index, two.phone_tail_index):
        yield Reason.PHONE_TAIL


def _same(one: str | None, two: str | None) -> bool:
    return one is not None and one == two


def is_similar(one: str | None, two: str | None) -> bool:
    """Names that sound alike, that differ in one character of several, or of which one is part of the other."""
    if not one or not two:
        return False
    short, long = sorted(("".join(one.split()).lower(), "".join(two.split()).lower()), key=len)
    if rules.sort_name(short, "") == rules.sort_name(long, ""):
        return True
    if len(short) == len(long):
        return len(short) >= CHANGED_LENGTH_MIN and sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return len(short) >= CONTAINED_LENGTH_MIN and short in long
