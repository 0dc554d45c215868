"""The door of customers: who the bank serves, who looks after them, and the one governor of every contact."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Conflict
from haoyou.kernel.masking import Phone
from haoyou.kernel.message import Message
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name
from haoyou.kernel.port import Port


class Channel(StrEnum):
    CALL = "call"
    VISIT = "visit"
    MESSAGE = "message"
    MEETING = "meeting"


class ContactOutcome(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    REFUSED = "refused"
    INTERESTED = "interested"
    AGREED = "agreed"


class ContactRefused(Conflict):
    """The governor said no; `reason` is no_consent, daily_cap, period_cap or quiet_hours."""

    code = "customers.contact_refused"
    title = "This customer may not be contacted now"


@dataclass(frozen=True, slots=True)
class Card:
    """Who a customer is, at a glance, and who may see them. `no` never leaves the house, `id` may."""

    no: int
    id: UUID
    code: str
    name: str | None
    kind: str
    line: str
    tier: str
    aum: Money
    institution_id: int
    manager_id: int | None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Leave to contact a customer once, for a quarter of an hour."""

    id: UUID
    channel: Channel
    expires_at: datetime
    phone: Phone | None


class CustomersPort(Port):
    room: ClassVar[str] = "customers"

    @staticmethod
    async def get_many(ctx: Ctx, *, numbers: tuple[int, ...]) -> tuple[Card, ...]:
        """Those of `numbers` (≤ 200) that the caller may see.

        Of a number that was merged into another customer: that customer's card, under the number asked for.
        """
        raise NotImplementedError

    @staticmethod
    async def find_customer(ctx: Ctx, *, customer_id: UUID) -> Card | None:
        raise NotImplementedError

    @staticmethod
    async def find_codes(ctx: Ctx, *, codes: tuple[str, ...]) -> tuple[Card, ...]:
        """By the bank's own customer numbers (≤ 1,000); of a merged one as `get_many`, under the code asked for."""
        raise NotImplementedError

    @staticmethod
    async def get_phone(ctx: Ctx, *, customer_no: int) -> Phone | None:
        """For showing masked; the clear number comes with a reservation only."""
        raise NotImplementedError

    @staticmethod
    async def reserve_contact(ctx: Ctx, *, reservation_id: UUID, customer_no: int, channel: Channel) -> Reservation:
        """Ask consent and the governor, once for every line and channel. Repeating an id answers the same reservation.

        Raises ContactRefused. For a call the answer carries the number in clear, and that is audited.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class PartLine:
    """One line that a room above contributes to a customer's page."""

    id: str
    title: Name
    detail: Name
    status: str
    on: date
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Part:
    kind: str
    lines: tuple[PartLine, ...]


class ProfilePart(Port):
    """What a room above shows on a customer's page."""

    @staticmethod
    async def get_part(ctx: Ctx, *, customer_no: int) -> Part:
        """At most 10 lines, the most pressing first."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RecordContact(Message):
    """Tell that a contact was made. `contact_id` is made by whoever tells, so telling twice records one contact."""

    message: ClassVar[str] = "customers.RecordContact"
    contact_id: UUID
    customer_no: int
    staff_id: int
    channel: Channel
    outcome: ContactOutcome
    note: str
    made_at: datetime
    bank_date: date
    next_on: date | None
    origin: str
    reservation_id: UUID | None

    @property
    def key(self) -> str:
        return f"customer:{self.customer_no}"


@dataclass(frozen=True, slots=True)
class StampListing(Message):
    """Tell what a room above knows of a customer that lists show. Only a newer version is applied."""

    message: ClassVar[str] = "customers.StampListing"
    customer_no: int
    open_opportunities: int
    version: int

    @property
    def key(self) -> str:
        return f"customer:{self.customer_no}"


@dataclass(frozen=True, slots=True)
class FollowUpWanted(Message):
    """Tell that somebody should do something about a customer by a day; the origin says what it is about.

    `follow_up_id` is made by this room, so telling twice asks once. `customer_no` 0: about whom is nobody else's
    business. `personal`: meant for this person, also when the customer changes hands.
    """

    message: ClassVar[str] = "customers.FollowUpWanted"
    follow_up_id: UUID
    origin_kind: str
    origin_id: str
    customer_no: int
    institution_id: int
    staff_id: int
    line: str
    title: Name
    why: Name
    due_on: date
    currency: str
    personal: bool = False

    @property
    def key(self) -> str:
        return f"follow-up:{self.follow_up_id}"


@dataclass(frozen=True, slots=True)
class FollowUpSettled(Message):
    """Tell that what a follow-up asked for has been done. `staff_id` 0: by the bank's own systems.

    `result` is `done`, or `withdrawn` when it is no longer wanted.
    """

    message: ClassVar[str] = "customers.FollowUpSettled"
    follow_up_id: UUID
    staff_id: int
    result: str = "done"

    @property
    def key(self) -> str:
        return f"follow-up:{self.follow_up_id}"


@dataclass(frozen=True, slots=True)
class RemindOfDocuments(Message):
    """Asked of ourselves on a new bank day, and again while there is more than one batch to remind of."""

    message: ClassVar[str] = "customers.RemindOfDocuments"
    business_date: date
    currency: str

    @property
    def key(self) -> str:
        return "documents"


@dataclass(frozen=True, slots=True)
class Assigned:
    customer_no: int
    institution_id: int
    manager_id: int | None
    version: int
    line: str | None = None
    """The business line; None from a time when it was not told: it stays."""


@dataclass(frozen=True, slots=True)
class AssignmentChanged(Message):
    """These customers (≤ 1,000) now belong to other staff, another institution or another line."""

    message: ClassVar[str] = "customers.AssignmentChanged"
    changes: tuple[Assigned, ...]

    @property
    def key(self) -> str:
        return "assignments"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of one kind (open to-dos) goes along when customers change hands."""

    kind: str
    count: int


class MovePart(Port):
    """What a room above says before customers change hands."""

    @staticmethod
    async def count_waiting(ctx: Ctx, *, customers: tuple[int, ...]) -> Waiting:
        """Of at most 10,000 customers, as far as the caller sees it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class FollowDay(Message):
    """Told by customers to itself: go on with what a new bank day changes, after this customer number."""

    message: ClassVar[str] = "customers.FollowDay"
    step: str
    business_date: date
    since: date
    after: int

    @property
    def key(self) -> str:
        return f"customers-day:{self.step}"


@dataclass(frozen=True, slots=True)
class CarryMove(Message):
    """Told by customers to itself: carry out the next batch of a large move."""

    message: ClassVar[str] = "customers.CarryMove"
    move_id: UUID
    undo: bool

    @property
    def key(self) -> str:
        return f"customers-move:{self.move_id}"


@dataclass(frozen=True, slots=True)
class LookForDuplicates(Message):
    """Told by customers to itself: these customers (≤ 1,000) are new or changed; are they customers already?"""

    message: ClassVar[str] = "customers.LookForDuplicates"
    customers: tuple[int, ...]
    bank_date: date

    @property
    def key(self) -> str:
        return "customers-duplicates"
