"""What became of the money: results booked from the bank's facts, and the board that shows them."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import contract as customers
from haoyou.centers.identity import contract as identity
from haoyou.centers.marketing import dispatch, rules, service, store
from haoyou.centers.marketing.contract import ResultKind, SuppressedReason
from haoyou.centers.tasks import contract as tasks
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.money import Money
from haoyou.kernel.web.problem import invalid_field
from haoyou.lake import inflow
from haoyou.lake.query import Lake

log = logging.getLogger(__name__)

BOOKED_PER_DAY_MAX = 5_000  # one write; what is beyond waits for the next bank day, its verdict is the same then
OUTCOMES_PER_QUESTION = 500
STANDINGS_MAX = 1_000
BOARD_OPPORTUNITIES_MAX = 200


async def book_results(ctx: Ctx, *, on: date) -> None:
    """Book what became of every inflow that falls due on a bank day, suppressed ones too, and close the dispatched."""
    raised_until = on - timedelta(days=inflow.JUDGED_AFTER_DAYS)
    async with ctx.read() as tx:
        due = await store.list_due(tx, raised_until=raised_until, limit=BOOKED_PER_DAY_MAX + 1)
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
    by_transaction = {one.transaction_code: _query(one, cards) for one in due}
    items = list(by_transaction.values())
    with Lake.open(paths) as lake:
        found: dict[str, inflow.Outcome] = {}
        for start in range(0, len(items), OUTCOMES_PER_QUESTION):
            part = inflow.outcomes(lake, items=items[start : start + OUTCOMES_PER_QUESTION], on=on)
            found |= {one.transaction_id: one for one in part}
        opened = store.list_opened(lake, accounts=[a for one in found.values() for a in (*one.loans, *one.cards)])
    return [(one, _result(one, found[one.transaction_code], opened, on)) for one in due]


def _query(one: rules.Opportunity, cards: Mapping[int, customers.Card]) -> inflow.OutcomeQuery:
    """A customer nobody knows has opened nothing we could know of."""
    customer = cards.get(one.customer_no)
    return inflow.OutcomeQuery(
        transaction_id=one.transaction_code,
        account_id=one.account_code,
        customer_id=customer.code if customer else "",
        inflow_date=one.raised_on,
        amount_minor=one.value.minor,
    )


def _result(
    one: rules.Opportunity, outcome: inflow.Outcome, opened: Mapping[str, rules.ProductOpened], on: date
) -> rules.Result:
    return rules.Result(
        kind=ResultKind(outcome.kind.value),
        held_share_bps=outcome.held_share_bps,
        held=Money(outcome.held_minor, one.value.currency),
        products=tuple(sorted((opened[a] for a in (*outcome.loans, *outcome.cards)), key=rules.product_order)),
        booked_on=on,
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


async def get_board(ctx: Ctx, *, first: date | None, last: date | None) -> Board:
    """What became of the opportunities raised from `first` to `last`, both included."""
    if first and last and first > last:
        raise invalid_field("to", "before_from", "not before the first day")
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
