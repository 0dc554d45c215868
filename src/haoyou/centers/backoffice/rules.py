"""Pure decisions of backoffice: which feed may be taken now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from haoyou.kernel.errors import Conflict


class RunStatus(StrEnum):
    STARTED = "started"
    LANDED = "landed"
    DONE = "done"


class FeedRefused(Conflict):
    """A feed this house cannot take; the detail says what to do."""

    code = "backoffice.feed_refused"
    title = "This feed cannot be imported"


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    source: str
    bank_date: date
    currency: str
    version: int
    status: RunStatus


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a feed. `report`: per dataset, as the run keeps it."""

    run_id: str
    source: str
    bank_date: date
    version: int
    currency: str
    already_done: bool
    report: tuple[dict[str, Any], ...]


def check_turn(*, wanted: Run, of_day: Sequence[Run]) -> None:
    """A day that is known changes only by a higher version, which then stands for all of that day.

    Days may come late. A feed of which nothing has landed (it was refused, and the sender has made it anew) gives way.
    """
    landed = [one for one in of_day if one.id != wanted.id and one.status is not RunStatus.STARTED]
    highest = max(landed, key=lambda one: one.version, default=None)
    if highest and wanted.version <= highest.version:
        raise FeedRefused(
            f"{wanted.bank_date} is known here by version {highest.version} ({highest.id}), and this is another feed."
            f" To restate the day, send it whole with version {highest.version + 1} in its manifest.",
            reason="known_day",
        )
