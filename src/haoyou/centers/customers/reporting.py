"""Pure decisions of reports: what a report says, who may read it, which days it may name, and where a text begins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from haoyou.centers.customers.contract import Channel
from haoyou.kernel.errors import Conflict
from haoyou.kernel.names import Name

BACK = timedelta(days=366)  # who has not written it down within a year does not remember it
AHEAD = timedelta(days=3653)  # beyond ten years lies a slip of the finger
VERSIONS_MAX = 50  # a text amended more often should have been withdrawn
STEPS_MAX = 50


class Level(StrEnum):
    """Who may read a report besides its author.

    Normal: whoever may see the customer, and the colleagues named in it. Restricted: the attendees of the bank, the
    managing RM and the managers above. Private: the readers whom the author names, and nobody else.
    """

    NORMAL = "normal"
    RESTRICTED = "restricted"
    PRIVATE = "private"


class ReportState(StrEnum):
    FILED = "filed"
    WITHDRAWN = "withdrawn"


class Purpose(StrEnum):
    VISIT = "visit"
    CREDIT_REVIEW = "credit_review"
    COMPLAINT = "complaint"
    OTHER = "other"


TEMPLATES = {
    Purpose.VISIT: Name(
        "客户近况：\n\n需求与关注点：\n\n已介绍的产品与反馈：\n\n竞争情况：\n",
        "How the customer is doing:\n\nNeeds and concerns:\n\nProducts shown, and the answer:\n\nCompetitors:\n",
    ),
    Purpose.CREDIT_REVIEW: Name(
        "经营与收入情况：\n\n资金用途核实：\n\n还款来源与现金流：\n\n担保与抵押物状况：\n\n风险提示与结论：\n",
        "Business and income:\n\nUse of the funds, as verified:\n\nSource of repayment and cash flow:\n\n"
        "Guarantees and collateral:\n\nRisks and conclusion:\n",
    ),
    Purpose.COMPLAINT: Name(
        "客户反映的问题：\n\n经过与涉及人员：\n\n客户诉求：\n\n已采取的措施：\n\n答复时限：\n",
        "What the customer complains about:\n\nWhat happened, and who was involved:\n\nWhat the customer asks for:\n\n"
        "What has been done:\n\nAnswer promised by:\n",
    ),
    Purpose.OTHER: Name("", ""),
}
"""Where a text begins, by purpose: words of this house, to be changed as the bank likes."""


class ReportFiled(Conflict):
    code = "customers.report_filed"
    title = "This report has been filed; later changes are amendments"


class ReportWithdrawn(Conflict):
    code = "customers.report_withdrawn"
    title = "This report has been withdrawn"


class ReportAmended(Conflict):
    """`version`: the one that holds now."""

    code = "customers.report_amended"
    title = "This report was amended meanwhile"


class ReportFull(Conflict):
    """`most`: how many versions, or next steps, one report may have."""

    code = "customers.report_full"
    title = "This report has too many amendments or next steps; write a new one"


PURPOSE_NAMES = {
    Purpose.VISIT: Name("客户走访", "Customer visit"),
    Purpose.CREDIT_REVIEW: Name("授信检查", "Credit review"),
    Purpose.COMPLAINT: Name("客户投诉", "Complaint"),
    Purpose.OTHER: Name("客户会谈", "Meeting"),
}


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody on the customer's side: a customer of this bank (`customer_id`), or a name as it was given."""

    name: str
    function: str
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class Content:
    """What one version says. `met_time` is the bank's local time; `about_name`, `about_number`: the customer then."""

    channel: Channel
    met_on: date
    met_time: time
    place: str
    purpose: Purpose
    staff: tuple[int, ...]
    guests: tuple[Guest, ...]
    holdings: tuple[int, ...]
    said: str
    about_name: str | None = None
    about_number: str = ""

    def stored(self) -> dict[str, Any]:
        return {
            "channel": self.channel.value,
            "met_on": self.met_on.isoformat(),
            "met_time": self.met_time.isoformat("minutes"),
            "place": self.place,
            "purpose": self.purpose.value,
            "staff": list(self.staff),
            "guests": [
                [one.name, one.function, str(one.customer_id) if one.customer_id else None] for one in self.guests
            ],
            "holdings": list(self.holdings),
            "said": self.said,
            "about_name": self.about_name,
            "about_number": self.about_number,
        }

    @staticmethod
    def read(stored: dict[str, Any]) -> "Content":
        return Content(
            channel=Channel(stored["channel"]),
            met_on=date.fromisoformat(stored["met_on"]),
            met_time=time.fromisoformat(stored["met_time"]),
            place=stored["place"],
            purpose=Purpose(stored["purpose"]),
            staff=tuple(stored["staff"]),
            guests=tuple(Guest(name, what, UUID(known) if known else None) for name, what, known in stored["guests"]),
            holdings=tuple(stored["holdings"]),
            said=stored["said"],
            about_name=stored["about_name"],
            about_number=stored["about_number"],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done next, by whom, until when."""

    what: str
    staff_id: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that does not fit, in the words of `invalid_field`."""

    field: str
    code: str
    message: str


def readers_of(
    level: Level, *, author: int, attendees: Sequence[int], named: Sequence[int], doers: Sequence[int]
) -> set[int]:
    """Who may read besides those whom the level lets in by the customer's scope."""
    match level:
        case Level.NORMAL:
            return {author, *attendees, *doers}
        case Level.RESTRICTED:
            return {author, *attendees}
        case Level.PRIVATE:
            return {author, *named}


def find_fault(
    content: Content,
    steps: Sequence[Step],
    *,
    level: Level,
    named: Sequence[int],
    readers: Collection[int],
    manager: int,
    today: date,
) -> Fault | None:
    """Why this cannot be filed, or nothing. Whoever is to do a next step must be able to read why."""
    if not today - BACK <= content.met_on <= today:
        return Fault("met_on", "not_past", "within the last year, not after the bank's day")
    if named and level is not Level.PRIVATE:
        return Fault("reader_ids", "not_private", "readers are named for a private report only")
    if any(not today <= one.due_on <= today + AHEAD for one in steps):
        return Fault("steps", "due_on", "from the bank's day on, at most ten years ahead")
    may_read = {*readers, *([manager] if level is Level.RESTRICTED else [])}
    if level is not Level.NORMAL and any(one.staff_id not in may_read for one in steps):
        return Fault("steps", "not_a_reader", "only somebody who may read the report can be given a next step")
    return None


def moment_of(content: Content, *, today: date, now: datetime, time_zone: str) -> datetime:
    """When it was on the clock: as many days before now as the bank's day lies behind, at that time of day.

    The bank's day and the clock differ in a demonstration, where only the first one moves. Never after now.
    """
    local = now.astimezone(ZoneInfo(time_zone))
    day = local.date() - (today - content.met_on)
    return min(now, datetime.combine(day, content.met_time, tzinfo=local.tzinfo))
