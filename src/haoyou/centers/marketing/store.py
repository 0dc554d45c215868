"""Every SQL statement of marketing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers.contract import Assigned, ContactOutcome
from haoyou.centers.insight.contract import Figure
from haoyou.centers.marketing import rules, tables
from haoyou.centers.marketing.contract import Arm, ResultKind, RuleCode, Status, SuppressedReason
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.scope import narrow, one_of
from haoyou.kernel.money import Money
from haoyou.kernel.principal import Scope
from haoyou.lake.discovery.definition import DEFINITIONS
from haoyou.lake.query import Lake

_O, _R, _A = tables.opportunity, tables.result, tables.assignment

_WITH_RESULT = _O.outerjoin(_R, _R.c.opportunity_id == _O.c.id)

_QUEUE = text("select pg_advisory_xact_lock(hashtextextended('marketing.reactions', 0))")
_RESTAMP = (
    "update marketing.{table} t set institution_id = n.institution_id, manager_id = n.manager_id,"
    " line = coalesce(n.line, t.line)"
)
_NEW = "unnest(cast(:numbers as int[]), cast(:institutions as int[]), cast(:managers as int[]), cast(:lines as text[]))"
_RESTAMP_OPPORTUNITIES = text(
    f"{_RESTAMP.format(table='opportunity')} from {_NEW} as n (customer_no, institution_id, manager_id, line)"
    " where t.customer_no = n.customer_no"
)
_RESTAMP_PARTS = tuple(
    # Found through the opportunity: only its table has an index by customer.
    text(
        f"{_RESTAMP.format(table=table.name)} from marketing.opportunity n"
        " where t.opportunity_id = n.id and n.customer_no = any(cast(:numbers as int[]))"
    )
    for table in tables.SCOPED
    if table is not _O
)
_OPENED = "SELECT account_id, kind, opened_on FROM accounts WHERE list_contains($accounts, account_id)"


IS_SHOWN = _O.c.arm == Arm.TREATED


def _mine(scope: Scope) -> ColumnElement[bool]:
    """What this scope may see; whoever is held out is nobody's to see."""
    within = narrow(scope, unit=_O.c.institution_id, owner=_O.c.manager_id, line=_O.c.line, row=_O.c.customer_no)
    return and_(IS_SHOWN, within)


def place_of(opportunity: rules.Opportunity) -> dict[str, Any]:
    """The scope columns of a row about this opportunity."""
    return {
        "customer_no": opportunity.customer_no,
        "institution_id": opportunity.institution_id,
        "manager_id": opportunity.manager_id,
        "line": opportunity.line,
    }


def _opportunities() -> Select[Any]:
    result = (_R.c.kind, _R.c.held_share_bps, _R.c.held_minor, _R.c.products, _R.c.booked_on)
    version = _R.c.version.label("result_version")
    return select(_O, *result, version).join_from(_O, _R, _R.c.opportunity_id == _O.c.id, isouter=True)


def _read(row: Row[Any]) -> rules.Opportunity:
    return rules.Opportunity(
        id=row.id,
        customer_no=row.customer_no,
        institution_id=row.institution_id,
        manager_id=row.manager_id,
        line=row.line,
        rule=row.rule,
        rule_version=row.rule_version,
        account_code=row.account_code,
        raised_by=row.raised_by,
        raised_on=row.raised_on,
        expires_on=row.expires_on,
        value=Money(row.value_minor, row.currency),
        facts=rules.Facts(tuple(Figure(name, value) for name, value in row.facts.items())),
        status=Status(row.status),
        suppressed_reason=row.suppressed_reason and SuppressedReason(row.suppressed_reason),
        task_id=row.task_id,
        contacted_at=row.contacted_at,
        last_outcome=row.last_outcome and ContactOutcome(row.last_outcome),
        version=row.version,
        arm=Arm(row.arm),
        factors=rules.Factors(**row.factors) if row.factors else None,
        outscored_by=row.outscored_by,
        result=_read_result(row) if row.kind else None,
    )


def _read_result(row: Row[Any]) -> rules.Result:
    products = [rules.ProductOpened(one["kind"], date.fromisoformat(one["opened_on"])) for one in row.products]
    return rules.Result(
        kind=ResultKind(row.kind),
        held_share_bps=row.held_share_bps,
        held=Money(row.held_minor, row.currency),
        products=tuple(products),
        booked_on=row.booked_on,
        version=row.result_version,
    )


async def queue_reactions(tx: Tx) -> None:
    """One reaction of this room at a time, on all machines: each decides from what the one before left."""
    await tx.run(_QUEUE)


async def list_opportunities(
    tx: Tx,
    scope: Scope,
    *,
    status: Status | None,
    rule: RuleCode | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[rules.Opportunity]:
    """The newest first."""
    query = _opportunities().where(_mine(scope)).order_by(_O.c.raised_on.desc(), _O.c.id).limit(limit)
    if rule:
        query = query.where(_O.c.rule == rule)
    if status:
        query = query.where(_O.c.status == status)
    if after:
        day, last = after
        query = query.where(_O.c.raised_on <= day, or_(_O.c.raised_on < day, _O.c.id > last))
    return [_read(row) for row in await tx.all(query)]


async def list_of_customer(tx: Tx, scope: Scope, *, customer_no: int, limit: int) -> list[rules.Opportunity]:
    """Dispatched ones of one customer, the live ones first."""
    pressing = func.array_position(literal([*rules.LIVE, Status.CLOSED], ARRAY(Text)), _O.c.status)
    query = (
        _opportunities()
        .where(_mine(scope), _O.c.customer_no == customer_no, _O.c.status != Status.SUPPRESSED)
        .order_by(pressing, _O.c.raised_on.desc(), _O.c.id)
        .limit(limit)
    )
    return [_read(row) for row in await tx.all(query)]


async def find_opportunity(tx: Tx, scope: Scope, *, opportunity_id: UUID) -> rules.Opportunity | None:
    row = await tx.first(_opportunities().where(_mine(scope), _O.c.id == opportunity_id))
    return _read(row) if row else None


async def find_for_update(tx: Tx, scope: Scope, *, opportunity_id: UUID) -> rules.Opportunity | None:
    row = await tx.first(_opportunities().where(_mine(scope), _O.c.id == opportunity_id).with_for_update(of=_O))
    return _read(row) if row else None


async def list_known_signals(tx: Tx, *, signal_ids: Iterable[UUID]) -> set[UUID]:
    rows = await tx.all(select(_O.c.signal_id).where(one_of(_O.c.signal_id, signal_ids)))
    return {row.signal_id for row in rows}


async def list_live(tx: Tx, *, customers: Collection[int], since: date) -> list[rules.LiveOne]:
    """Of both arms: who is held out must be treated by the same rules, or the arms could not be compared."""
    unbooked = (_O.c.status.in_([*rules.LIVE, Status.CONTROL]), _R.c.opportunity_id.is_(None))
    mine = (one_of(_O.c.customer_no, customers), _O.c.raised_on >= since, *unbooked)
    query = select(_O.c.id, _O.c.customer_no, _O.c.rule, _O.c.raised_on).select_from(_WITH_RESULT).where(*mine)
    rows = await tx.all(query.order_by(_O.c.raised_on, _O.c.id))
    return [rules.LiveOne(row.id, row.customer_no, row.rule, row.raised_on) for row in rows]


async def add_opportunities(tx: Tx, raised: Sequence[tuple[UUID, rules.Opportunity]]) -> None:
    """Each with the signal that raised it; a signal that already did changes nothing."""
    values = [
        place_of(one)
        | {
            "id": one.id,
            "signal_id": signal_id,
            "rule": one.rule,
            "rule_version": one.rule_version,
            "account_code": one.account_code,
            "raised_by": one.raised_by,
            "raised_on": one.raised_on,
            "expires_on": one.expires_on,
            "value_minor": one.value.minor,
            "currency": one.value.currency,
            "facts": {each.name: each.value for each in one.facts.figures},
            "status": one.status,
            "suppressed_reason": one.suppressed_reason,
            "task_id": one.task_id,
            "version": one.version,
            "arm": one.arm,
            "score": one.factors and one.factors.score,
            "factors": one.factors and asdict(one.factors),
            "outscored_by": one.outscored_by,
        }
        for signal_id, one in raised
    ]
    await tx.run(insert(_O).on_conflict_do_nothing(index_elements=[_O.c.signal_id]), values)


async def list_stamps(tx: Tx, *, customers: Collection[int]) -> list[rules.Stamp]:
    """How many live opportunities these customers have, with a version that only rises.

    Every change of a row adds one to its version and rows are only added, so their sum rises with every change. Whoever
    tells the stamp holds the queue of reactions: two sums never cross.
    """
    query = (
        select(
            _O.c.customer_no,
            func.count().filter(_O.c.status.in_(rules.LIVE)).label("live"),
            func.sum(_O.c.version).label("version"),
        )
        .where(one_of(_O.c.customer_no, customers))
        .group_by(_O.c.customer_no)
        .order_by(_O.c.customer_no)
    )
    return [rules.Stamp(row.customer_no, row.live, int(row.version)) for row in await tx.all(query)]


async def add_assignments(tx: Tx, changes: Iterable[Assigned]) -> list[Assigned]:
    """Remember who looks after these customers; answers those not older than what was heard before.

    Two changes of one bank day carry one version; they come in the order they were told.
    """
    values = [
        {"customer_no": one.customer_no, "institution_id": one.institution_id, "manager_id": one.manager_id or 0}
        | {"version": one.version, "line": one.line}
        for one in changes
    ]
    statement = insert(_A)
    changed: dict[str, Any] = {name: statement.excluded[name] for name in ("institution_id", "manager_id", "version")}
    changed["line"] = func.coalesce(statement.excluded.line, _A.c.line)
    newer = statement.on_conflict_do_update(
        index_elements=[_A.c.customer_no], set_=changed, where=statement.excluded.version >= _A.c.version
    ).returning(_A)
    return [_assigned(row) for row in await tx.all(newer, values)]


def _assigned(row: Row[Any]) -> Assigned:
    return Assigned(row.customer_no, row.institution_id, row.manager_id or None, row.version, row.line)


async def list_assignments(tx: Tx, *, customers: Collection[int]) -> dict[int, Assigned]:
    rows = await tx.all(select(_A).where(one_of(_A.c.customer_no, customers)))
    return {row.customer_no: _assigned(row) for row in rows}


async def list_managers(tx: Tx, *, customers: Collection[int]) -> set[int]:
    """Whoever has opportunities of these customers on their list."""
    rows = await tx.all(select(_O.c.manager_id).where(one_of(_O.c.customer_no, customers)).distinct())
    return {row.manager_id for row in rows}


async def restamp(tx: Tx, changes: Sequence[Assigned]) -> None:
    """Move every row of these customers into the new scope."""
    values = {
        "numbers": [one.customer_no for one in changes],
        "institutions": [one.institution_id for one in changes],
        "managers": [one.manager_id or 0 for one in changes],
        "lines": [one.line for one in changes],
    }
    await tx.run(_RESTAMP_OPPORTUNITIES, values)
    for statement in _RESTAMP_PARTS:
        await tx.run(statement, {"numbers": values["numbers"]})


async def list_due(tx: Tx, *, on: date, limit: int) -> list[rules.Opportunity]:
    """Opportunities, suppressed and held out ones too, whose day of judgement has come and that have no result."""
    query = (
        _opportunities()
        .where(_O.c.expires_on <= on, _R.c.opportunity_id.is_(None))
        .order_by(_O.c.expires_on, _O.c.id)
        .limit(limit)
    )
    return [_read(row) for row in await tx.all(query)]


def list_opened(lake: Lake, *, accounts: Sequence[str]) -> dict[str, rules.ProductOpened]:
    """Kind and opening day of these accounts, as the lake knows them."""
    rows = lake.rows(_OPENED, {"accounts": list(accounts)})
    return {account: rules.ProductOpened(kind, opened_on) for account, kind, opened_on in rows}


async def add_results(tx: Tx, booked: Sequence[tuple[rules.Opportunity, rules.Result]]) -> set[UUID]:
    """Answers those that had none before: a result is booked once."""
    values = [
        place_of(opportunity)
        | {
            "opportunity_id": opportunity.id,
            "kind": result.kind,
            "held_share_bps": result.held_share_bps,
            "held_minor": result.held.minor,
            "products": [{"kind": one.kind, "opened_on": one.opened_on.isoformat()} for one in result.products],
            "booked_on": result.booked_on,
            "version": result.version,
            "arm": opportunity.arm,
        }
        for opportunity, result in booked
    ]
    statement = insert(_R).on_conflict_do_nothing(index_elements=[_R.c.opportunity_id]).returning(_R.c.opportunity_id)
    rows = await tx.all(statement, values)
    return {row.opportunity_id for row in rows}


async def close_live(tx: Tx, *, ids: Iterable[UUID]) -> set[UUID]:
    """Close those that were dispatched; answers which."""
    statement = (
        update(_O)
        .where(one_of(_O.c.id, ids), _O.c.status.in_(rules.LIVE))
        .values(status=Status.CLOSED, version=_O.c.version + 1)
        .returning(_O.c.id)
    )
    return {row.id for row in await tx.all(statement)}


def _of_period(period: rules.Period) -> tuple[ColumnElement[bool], ...]:
    conditions = [_O.c.raised_on >= period.first] if period.first else []
    conditions += [_O.c.raised_on <= period.last] if period.last else []
    return tuple(conditions)


def _of_board(scope: Scope, period: rules.Period) -> tuple[ColumnElement[bool], ...]:
    return _mine(scope), *_of_period(period)


_TAKEN = _O.c.status != Status.SUPPRESSED
_IN_MONEY = [one.code for one in DEFINITIONS if not one.by_opening]
_CONTACTED = _O.c.contacted_at.is_not(None)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(_TAKEN, *conditions)


def _sum(amount: ColumnElement[Any], currency: str) -> ColumnElement[int]:
    counted = (_R.c.kind.is_not(None), _O.c.currency == currency, _O.c.rule.in_(_IN_MONEY))
    return func.coalesce(func.sum(amount).filter(_TAKEN, *counted), 0)


async def get_totals(tx: Tx, scope: Scope, *, period: rules.Period, currency: str) -> rules.Totals:
    booked, won = _R.c.kind.is_not(None), _R.c.kind.in_(rules.WON)
    query = select(
        func.count(),
        _count(),
        func.count().filter(~_TAKEN),
        _count(_CONTACTED),
        _count(booked),
        _count(_R.c.kind == ResultKind.HELD),
        _count(_R.c.kind == ResultKind.PRODUCT),
        _count(_R.c.kind == ResultKind.LEFT),
        _count(booked, _CONTACTED),
        _count(won, _CONTACTED),
        _count(won, ~_CONTACTED),
        _sum(_O.c.value_minor, currency),
        _sum(_R.c.held_minor, currency),
    ).select_from(_WITH_RESULT)
    row = await tx.first(query.where(*_of_board(scope, period)))
    assert row is not None
    return rules.Totals(*(int(value) for value in row))


async def list_suppressed(tx: Tx, scope: Scope, *, period: rules.Period) -> list[tuple[SuppressedReason, int]]:
    query = (
        select(_O.c.suppressed_reason.label("reason"), func.count().label("number"))
        .where(*_of_board(scope, period), ~_TAKEN)
        .group_by(_O.c.suppressed_reason)
        .order_by(func.count().desc(), _O.c.suppressed_reason)
    )
    return [(SuppressedReason(row.reason), row.number) for row in await tx.all(query)]


async def list_standings(
    tx: Tx, scope: Scope, *, period: rules.Period, currency: str, limit: int
) -> list[rules.Standing]:
    query = (
        select(
            _O.c.institution_id,
            _O.c.manager_id,
            _count(),
            _count(_CONTACTED),
            _count(_R.c.kind.is_not(None)),
            _count(_R.c.kind.in_(rules.WON)),
            _sum(_R.c.held_minor, currency),
        )
        .select_from(_WITH_RESULT)
        .where(*_of_board(scope, period), _TAKEN)
        .group_by(_O.c.institution_id, _O.c.manager_id)
        .order_by(_O.c.institution_id, _O.c.manager_id)
        .limit(limit)
    )
    return [rules.Standing(*(int(value) for value in row)) for row in await tx.all(query)]


async def list_booked(tx: Tx, scope: Scope, *, period: rules.Period, limit: int) -> list[rules.Opportunity]:
    """Dispatched opportunities with their results, the newest first."""
    query = (
        _opportunities()
        .where(*_of_board(scope, period), _TAKEN, _R.c.kind.is_not(None))
        .order_by(_O.c.raised_on.desc(), _O.c.id)
        .limit(limit)
    )
    return [_read(row) for row in await tx.all(query)]


async def list_arms(tx: Tx, *, period: rules.Period, currency: str) -> list[rules.ArmTotals]:
    """Both arms of every rule, over the whole bank; only sums leave this question."""
    query = (
        select(
            _O.c.rule,
            _O.c.arm,
            func.count(),
            _count(),
            func.count().filter(~_TAKEN),
            _count(_R.c.kind.is_not(None)),
            _count(_R.c.kind.in_(rules.WON)),
            _sum(_R.c.held_minor, currency),
        )
        .select_from(_WITH_RESULT)
        .where(*_of_period(period))
        .group_by(_O.c.rule, _O.c.arm)
        .order_by(_O.c.rule, _O.c.arm)
    )
    rows = [(row.rule, row.arm, *row[2:]) for row in await tx.all(query)]
    return [rules.ArmTotals(rule, Arm(arm), *(int(value) for value in figures)) for rule, arm, *figures in rows]
