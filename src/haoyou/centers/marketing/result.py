"""What became of the money: results booked from the bank's facts, and the board that shows them."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import contract as customers
from haoyou.centers.identity import contract as identity
from haoyou.centers.marketing import dispatch, rules, service, store
from haoyou.centers.marketing.contract import ResultKind, SuppressedReason
from haoyou.centers.tasks import contract as tasks
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.money import Money
from haoyou.kernel.principal import Scope
from haoyou.kernel.web.problem import invalid_field
from haoyou.lake import inflow
from haoyou.lake.discovery.definition import BY_CODE, LARGE_INFLOW
from haoyou.lake.discovery.outcome import Outcome, Question, judge
from haoyou.lake.query import Lake

log = logging.getLogger(__name__)

BOOKED_PER_DAY_MAX = 5_000  # one write; what is beyond waits for the next bank day, its verdict is the same then
OUTCOMES_PER_QUESTION = 500
STANDINGS_MAX = 1_000
BOARD_OPPORTUNITIES_MAX = 200


async def book_results(ctx: Ctx, *, on: date) -> None:
    """Book what became of every opportunity that falls due on a bank day, of whatever status; close the dispatched."""
    async with ctx.read() as tx:
        due = await store.list_due(tx, on=on, limit=BOOKED_PER_DAY_MAX + 1)
    if len(due) > BOOKED_PER_DAY_MAX:
        log.warning("more than %d results fall due on %s; the rest waits for the next bank day", BOOKED_PER_DAY_MAX, on)
        due = due[:BOOKED_PER_DAY_MAX]
    if not due:
        return
    cards = await service.ask_cards(ctx, {one.customer_no for one in due})
    snapshots = await ctx.port(backoffice.BackofficePort).list_snapshots(ctx, until=on)
    judged = await asyncio.to_thread(_judge, ctx.house.settings.home / "lake", snapshots, due, cards, on)
    async with ctx.write() as tx:
        await store.queue_reactions(tx)
        booked = await store.add_results(tx, judged)
        closed_ids = await store.close_live(tx, ids=booked)
        closed = [one for one in due if one.id in closed_ids]
        for one in closed:
            tx.tell(tasks.CloseTask(task_id=one.task_id, result="booked", closed_by=0))
        await dispatch.tell_stamps(tx, {one.customer_no for one in closed})
        tx.refresh({one.manager_id for one in closed}, "tasks", "opportunities", "results")
        tx.audit("results_booked", ids=sorted(booked), closed=len(closed))


def _judge(
    home: Path,
    snapshots: Sequence[backoffice.Snapshot],
    due: Sequence[rules.Opportunity],
    cards: Mapping[int, customers.Card],
    on: date,
) -> list[tuple[rules.Opportunity, rules.Result]]:
    """Each with its result; runs in a thread of its own."""
    paths: dict[str, list[Path]] = defaultdict(list)
    for one in snapshots:
        paths[one.dataset].append(home / one.path)
    # Without a single movement known every customer would seem to have taken the money away.
    assert paths["transactions"], f"no transactions have landed until {on}"
    with Lake.open(paths) as lake:
        found: list[Outcome] = []
        for start in range(0, len(due), OUTCOMES_PER_QUESTION):
            found += _ask(lake, due[start : start + OUTCOMES_PER_QUESTION], cards, on)
        opened = store.list_opened(lake, accounts=[account for one in found for account in one.products])
    by_id = {one.id: one for one in found}
    return [(one, _result(one, by_id[str(one.id)], opened, on)) for one in due]


def _ask(lake: Lake, due: Sequence[rules.Opportunity], cards: Mapping[int, customers.Card], on: date) -> list[Outcome]:
    """A customer nobody knows has done nothing we could know of."""
    codes = {no: card.code for no, card in cards.items()}
    inflows = {one.raised_by: one for one in due if one.rule == LARGE_INFLOW}
    items = [_inflow_query(one, codes.get(one.customer_no, "")) for one in inflows.values()]
    judged = [_of_inflow(inflows[one.transaction_id], one) for one in inflow.outcomes(lake, items=items, on=on)]
    others = [one for one in due if one.rule != LARGE_INFLOW]
    return judged + judge(lake, questions=[_question(one, codes.get(one.customer_no, "")) for one in others])


def _inflow_query(one: rules.Opportunity, customer_code: str) -> inflow.OutcomeQuery:
    return inflow.OutcomeQuery(
        transaction_id=one.raised_by,
        account_id=one.account_code or "",
        customer_id=customer_code,
        inflow_date=one.raised_on,
        amount_minor=one.value.minor,
    )


def _of_inflow(one: rules.Opportunity, outcome: inflow.Outcome) -> Outcome:
    return Outcome(
        id=str(one.id),
        kind=outcome.kind,
        held_minor=outcome.held_minor,
        held_share_bps=outcome.held_share_bps,
        products=(*outcome.loans, *outcome.cards, *outcome.placements),
    )


def _question(one: rules.Opportunity, customer_code: str) -> Question:
    return Question(
        id=str(one.id),
        rule=one.rule,
        customer_id=customer_code,
        account_id=one.account_code or "",
        currency=one.value.currency,
        raised_on=one.raised_on,
        judged_on=one.expires_on,
        amount_minor=one.value.minor,
        before_minor=one.facts.number("before_average_minor"),
    )


def _result(
    one: rules.Opportunity, outcome: Outcome, opened: Mapping[str, rules.ProductOpened], on: date
) -> rules.Result:
    return rules.Result(
        kind=ResultKind(outcome.kind.value),
        held_share_bps=outcome.held_share_bps,
        held=Money(outcome.held_minor, one.value.currency),
        products=tuple(sorted((opened[account] for account in outcome.products), key=rules.product_order)),
        booked_on=on,
        version=BY_CODE[one.rule].result_version,
    )


@dataclass(frozen=True, slots=True)
class Row:
    standing: rules.Standing
    institution: identity.Institution | None
    staff: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """The figures of a period within the caller's scope."""

    as_of: date
    currency: str
    totals: rules.Totals
    suppressed: tuple[tuple[SuppressedReason, int], ...]
    rows: tuple[Row, ...]
    lines: tuple[service.Line, ...]


@dataclass(frozen=True, slots=True)
class Arms:
    """Both arms of every rule, over the whole bank."""

    as_of: date
    currency: str
    rows: tuple[rules.ArmTotals, ...]


async def get_arms(ctx: Ctx, *, first: date | None, last: date | None) -> Arms:
    """How dispatched and held-out opportunities of each rule ended. Sums only: no customer is told to anybody."""
    _check_period(first, last)
    day = await ctx.port(identity.IdentityPort).get_bank_day(ctx)
    # Row-level security shows the held-out rows to no person; whoever may ask this gets the sums over all of them.
    whole = replace(ctx, principal=replace(ctx.principal, scope=Scope(everything=True)))
    async with whole.read() as tx:
        rows = await store.list_arms(tx, period=rules.Period(first, last), currency=day.currency)
    return Arms(day.business_date, day.currency, tuple(rows))


def _check_period(first: date | None, last: date | None) -> None:
    if first and last and first > last:
        raise invalid_field("to", "before_from", "not before the first day")


async def get_board(ctx: Ctx, *, first: date | None, last: date | None) -> Board:
    """What became of the opportunities raised from `first` to `last`, both included."""
    _check_period(first, last)
    day = await ctx.port(identity.IdentityPort).get_bank_day(ctx)
    period, scope = rules.Period(first, last), ctx.principal.scope
    async with ctx.read() as tx:
        totals = await store.get_totals(tx, scope, period=period, currency=day.currency)
        suppressed = await store.list_suppressed(tx, scope, period=period)
        standings = await store.list_standings(tx, scope, period=period, currency=day.currency, limit=STANDINGS_MAX)
        booked = await store.list_booked(tx, scope, period=period, limit=BOARD_OPPORTUNITIES_MAX)
    institutions = await service.ask_institutions(ctx, {one.institution_id for one in standings})
    staff = await service.ask_staff(ctx, {one.manager_id for one in standings})
    return Board(
        as_of=day.business_date,
        currency=day.currency,
        totals=totals,
        suppressed=tuple(suppressed),
        rows=tuple(Row(one, institutions.get(one.institution_id), staff.get(one.manager_id)) for one in standings),
        lines=tuple(await service.add_customers(ctx, booked)),
    )
