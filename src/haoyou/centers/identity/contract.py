"""The door of identity: institutions, staff, posts and the bank's business date, as other rooms may know them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Unavailable
from haoyou.kernel.message import Message
from haoyou.kernel.names import Name
from haoyou.kernel.port import Port


class InstitutionKind(StrEnum):
    HEAD = "head"
    BRANCH = "branch"
    OUTLET = "outlet"


@dataclass(frozen=True, slots=True)
class Institution:
    id: int
    code: str
    name: Name
    kind: InstitutionKind
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class StaffCard:
    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Serving:
    """Somebody with a live post in a role: where, and which business lines they serve."""

    staff_id: int
    name: str
    institution_id: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here now: where, and the business lines of all their posts."""

    id: int
    code: str
    name: str
    institution_id: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BankDay:
    """The day the bank lives in. `opened_on` is the first day this house knew; `currency` the bank's own."""

    business_date: date
    opened_on: date
    currency: str


class NoBankDay(Unavailable):
    """Before the first import there is no day to live in."""

    code = "identity.no_bank_day"
    title = "The bank's first day has not been imported yet"


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """An institution as the bank's feed says it; parents come before their children."""

    code: str
    name: Name
    kind: InstitutionKind
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff as the bank's feed says it: one post; `left_on` once they are gone."""

    code: str
    name: str
    institution_code: str
    role: str
    lines: tuple[str, ...]
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Codes:
    """Our numbers for the bank's codes; codes we do not know are absent."""

    institutions: dict[str, int]
    staff: dict[str, int]


class IdentityPort(Port):
    room: ClassVar[str] = "identity"

    @staticmethod
    async def get_bank_day(ctx: Ctx) -> BankDay:
        raise NotImplementedError

    @staticmethod
    async def list_institutions(ctx: Ctx, *, ids: tuple[int, ...]) -> tuple[Institution, ...]:
        """Those of `ids` that exist; names are not secret inside the bank."""
        raise NotImplementedError

    @staticmethod
    async def list_staff(ctx: Ctx, *, ids: tuple[int, ...]) -> tuple[StaffCard, ...]:
        raise NotImplementedError

    @staticmethod
    async def find_codes(ctx: Ctx, *, institutions: tuple[str, ...], staff: tuple[str, ...]) -> Codes:
        raise NotImplementedError

    @staticmethod
    async def list_serving(ctx: Ctx, *, role: str, institutions: tuple[int, ...]) -> tuple[Serving, ...]:
        """Who holds a live post of this role in one of these institutions, by name (≤ 2,000)."""
        raise NotImplementedError

    @staticmethod
    async def list_colleagues(ctx: Ctx, *, ids: tuple[int, ...]) -> tuple[Colleague, ...]:
        """Those of `ids` (≤ 200) who hold a live post."""
        raise NotImplementedError

    @staticmethod
    async def find_colleagues(ctx: Ctx, *, words: str) -> tuple[Colleague, ...]:
        """Who holds a live post and has these words in name or staff number, by name (≤ 20)."""
        raise NotImplementedError

    @staticmethod
    async def apply_institutions(ctx: Ctx, *, rows: tuple[InstitutionRow, ...]) -> None:
        """Bring institutions to what the feed says (≤ 1,000 rows). Rooms only."""
        raise NotImplementedError

    @staticmethod
    async def apply_staff(ctx: Ctx, *, rows: tuple[StaffRow, ...]) -> None:
        """Bring staff and their posts to what the feed says (≤ 1,000 rows). Rooms only."""
        raise NotImplementedError


class ScopePart(Port):
    """What a room above adds to a person's data scope: single customers granted to them (assisting, shared)."""

    @staticmethod
    async def list_extra(ctx: Ctx, *, staff_id: int) -> tuple[int, ...]:
        """At most 500 customer numbers."""
        raise NotImplementedError


class PlacePart(Port):
    """What a room above keeps by institution; asked before an institution is moved or closed."""

    @staticmethod
    async def count_customers(ctx: Ctx, *, institution_ids: tuple[int, ...]) -> int:
        """How many customers belong to these institutions. A number only."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Holding:
    """How many things of one kind (customers, tasks, opportunities) a person holds."""

    kind: str
    count: int


class HandoverPart(Port):
    """What a room above holds in the name of a person; shown before they leave."""

    @staticmethod
    async def preview(ctx: Ctx, *, staff_id: int) -> tuple[Holding, ...]:
        """Numbers only."""
        raise NotImplementedError


class SubjectPart(Port):
    """What a room above knows by a number of its own: the audit is searched for that number."""

    @staticmethod
    async def find_numbers(ctx: Ctx, *, word: str) -> tuple[str, ...]:
        """The numbers as the audit writes them (≤ 10) of what people call by this id or code."""
        raise NotImplementedError


class ProviderUnavailable(Unavailable):
    code = "identity.provider_unavailable"
    title = "The bank's single sign-on does not answer, please try again later"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the single sign-on said to a code: status of HTTP and the text of a JSON document."""

    status: int
    body: str


class IdentityProvider(Port):
    """The bank's single sign-on: a system outside. Never asked inside a transaction, never waited for long."""

    @staticmethod
    async def read(ctx: Ctx, *, address: str) -> str:
        """A document the provider publishes (JSON text, ≤ 256 KiB). Raises ProviderUnavailable."""
        raise NotImplementedError

    @staticmethod
    async def redeem(ctx: Ctx, *, address: str, form: dict[str, str], authorization: str | None) -> Redeemed:
        """Give a code for tokens; once, never repeated. Raises ProviderUnavailable."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class BusinessDateAdvanced(Message):
    """A new bank day has begun: every fact of `business_date` has landed."""

    message: ClassVar[str] = "identity.BusinessDateAdvanced"
    business_date: date
    currency: str
    first: bool

    @property
    def key(self) -> str:
        return "bank-day"


@dataclass(frozen=True, slots=True)
class AdvanceBusinessDate(Message):
    """Asked of identity when a day's import is complete. Days only go forward; repeating one is harmless."""

    message: ClassVar[str] = "identity.AdvanceBusinessDate"
    business_date: date
    currency: str

    @property
    def key(self) -> str:
        return "bank-day"


@dataclass(frozen=True, slots=True)
class StaffLeft(Message):
    """This person has left the bank; their sessions are over."""

    message: ClassVar[str] = "identity.StaffLeft"
    staff_id: int

    @property
    def key(self) -> str:
        return f"staff:{self.staff_id}"
