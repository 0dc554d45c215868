"""Pure decisions of backoffice: which feed may be taken now."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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
    status: RunStatus


def check_turn(*, run_id: str, bank_date: date, same_day: Run | None, last_done: Run | None) -> None:
    """Days come one after another; the same feed may come again, another feed for a day that is known may not.

    A feed of which nothing has landed (it was refused, and the sender has made it anew) gives way.
    """
    if same_day and same_day.id != run_id and same_day.status is not RunStatus.STARTED:
        raise FeedRefused(
            f"Another feed for {bank_date} is already here ({same_day.id}); a restatement is not a new day."
        )
    if last_done and last_done.bank_date > bank_date:
        raise FeedRefused(f"The house already lives in {last_done.bank_date}; {bank_date} lies before it.")
