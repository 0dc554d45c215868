"""The door of backoffice: facts of the bank's own systems, landed, and who wants to be filled with them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.masking import Address, BirthDate, IdNumber, Phone
from haoyou.kernel.port import Port

ROWS_MAX = 1_000  # of one batch to a sink: one short transaction


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One landed file of a dataset: immutable Parquet, known by run and hash. `path` is relative to the lake."""

    dataset: str
    bank_date: date
    run_id: str
    path: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class CustomerFact:
    code: str
    kind: str
    name: str | None
    institution_code: str
    line: str
    birth_date: BirthDate | None
    sex: str | None
    phone: Phone | None
    id_kind: str | None
    id_number: IdNumber | None
    uscc: str | None
    since: date
    address: Address | None = None
    occupation: str | None = None
    id_expires_on: date | None = None
    risk_level: int | None = None
    risk_until: date | None = None


@dataclass(frozen=True, slots=True)
class RelationshipFact:
    """`kind` as in docs/door.md, read from one end to the other; `share_ppm` of an owner, parts per million."""

    from_code: str
    to_code: str
    kind: str
    share_ppm: int | None
    from_date: date
    to_date: date | None


@dataclass(frozen=True, slots=True)
class AssignmentFact:
    customer_code: str
    staff_code: str
    kind: str
    from_date: date
    to_date: date | None


@dataclass(frozen=True, slots=True)
class AccountFact:
    code: str
    customer_code: str
    kind: str
    currency: str
    product: str | None
    principal_minor: int | None
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class TermFact:
    """What a deposit, a loan or a card says besides: one shape for the three.

    `matures_on`: a deposit's maturity, the day a loan is due, the last day of a card. `status`: whether a deposit is
    renewed (`renews`, `ends`), a loan's class, a card's state.
    """

    account_code: str
    rate_ppm: int | None
    matures_on: date | None
    limit_minor: int | None
    status: str | None


@dataclass(frozen=True, slots=True)
class BalanceFact:
    account_code: str
    bank_date: date
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a batch comes from; the natural key of a row is source + its code, the version is (bank date, known at)."""

    source: str
    bank_date: date
    known_at: datetime
    run_id: str
    currency: str


class FactSink(Port):
    """A room that keeps its own rows of what the bank's systems say. Every batch (≤ 1,000 rows) may come twice.

    A row older than what the sink holds changes nothing. The order is customers, relationships, assignments, accounts,
    terms, balances.
    """

    @staticmethod
    async def take_customers(ctx: Ctx, *, stamp: Stamp, rows: tuple[CustomerFact, ...]) -> None:
        raise NotImplementedError

    @staticmethod
    async def take_relationships(ctx: Ctx, *, stamp: Stamp, rows: tuple[RelationshipFact, ...]) -> None:
        raise NotImplementedError

    @staticmethod
    async def take_assignments(ctx: Ctx, *, stamp: Stamp, rows: tuple[AssignmentFact, ...]) -> None:
        raise NotImplementedError

    @staticmethod
    async def take_accounts(ctx: Ctx, *, stamp: Stamp, rows: tuple[AccountFact, ...]) -> None:
        raise NotImplementedError

    @staticmethod
    async def take_terms(ctx: Ctx, *, stamp: Stamp, rows: tuple[TermFact, ...]) -> None:
        raise NotImplementedError

    @staticmethod
    async def take_balances(ctx: Ctx, *, stamp: Stamp, rows: tuple[BalanceFact, ...]) -> None:
        raise NotImplementedError


class BackofficePort(Port):
    room: ClassVar[str] = "backoffice"

    @staticmethod
    async def list_snapshots(ctx: Ctx, *, until: date) -> tuple[Snapshot, ...]:
        """The files of all datasets that count, with a bank date up to `until`. Rooms only: facts carry no scope.

        The facts of a day that was restated are those of its highest version; reference rows of every version count,
        the one known last for its day standing.
        """
        raise NotImplementedError

    @staticmethod
    async def list_snapshots_known(ctx: Ctx, *, until: date, at: datetime) -> tuple[Snapshot, ...]:
        """The files that counted at an instant: what the house believed then, before what it has learned since."""
        raise NotImplementedError
