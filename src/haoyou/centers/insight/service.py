"""The use case of insight so far: look at the facts of a day and say what a person should know."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import contract as customers
from haoyou.centers.insight import contract, rules, store
from haoyou.kernel.ctx import Ctx
from haoyou.lake.discovery.definition import BY_CODE, DEFINITIONS, LARGE_INFLOW
from haoyou.lake.discovery.look import Finding, find_missing, look
from haoyou.lake.inflow import Inflow, find_large_inflows
from haoyou.lake.query import Lake


@dataclass(frozen=True, slots=True)
class Looked:
    """What one rule found in a day, or which facts it would need."""

    rule: str
    missing: str | None
    found: tuple[Finding, ...]


async def discover(ctx: Ctx, *, bank_date: date) -> None:
    """Let every rule look at a day and tell what is new, once; a rule that has looked at the day is left alone."""
    async with ctx.read() as tx:
        last_runs = await store.list_last_runs(tx, until=bank_date)
    wanted = {
        one.code: last_runs.get(one.code, bank_date - timedelta(days=1))
        for one in DEFINITIONS
        if last_runs.get(one.code) != bank_date
    }
    if not wanted:
        return
    snapshots = await ctx.port(backoffice.BackofficePort).list_snapshots(ctx, until=bank_date)
    looked = await asyncio.to_thread(_look, ctx, snapshots, wanted, bank_date)
    codes = tuple(sorted({one.customer_id for each in looked for one in each.found}))
    cards = {card.code: card for card in await _cards(ctx, codes)}
    async with ctx.write() as tx:
        fresh: list[contract.Finding] = []
        for each in looked:
            known = [(one, cards[one.customer_id]) for one in each.found if one.customer_id in cards]
            signals = [(_signal(one, card), card) for one, card in known]
            run = rules.Run(each.rule, bank_date, len(each.found), len(each.found) - len(known), each.missing)
            await store.add_run(tx, run, version=BY_CODE[each.rule].version, at=ctx.now)
            added = await store.add_signals(tx, signals)
            fresh += [signal for signal, _ in signals if signal.id in added]
        for part in rules.parts_of(fresh):
            tx.tell(contract.SignalsFound(bank_date=bank_date, signals=part))


def _look(
    ctx: Ctx, snapshots: Sequence[backoffice.Snapshot], wanted: Mapping[str, date], bank_date: date
) -> list[Looked]:
    """Each wanted rule, with the day it looked at last; runs in a thread of its own."""
    lake = ctx.house.settings.home / "lake"
    paths: dict[str, list[Path]] = defaultdict(list)
    for one in snapshots:
        paths[one.dataset].append(lake / one.path)
    floor = ctx.house.settings.large_inflow_floor_minor
    with Lake.open(paths) as facts:
        return [_look_by(facts, rule, after, bank_date, floor) for rule, after in wanted.items()]


def _look_by(facts: Lake, rule: str, after: date, bank_date: date, inflow_floor_minor: int) -> Looked:
    missing = find_missing(facts, rule=rule)
    if missing:
        return Looked(rule, missing, ())
    if rule == LARGE_INFLOW:
        inflows = find_large_inflows(facts, bank_date=bank_date, floor_minor=inflow_floor_minor)
        return Looked(rule, None, tuple(_of_inflow(one) for one in inflows))
    return Looked(rule, None, tuple(look(facts, rule=rule, after=after, on=bank_date)))


def _of_inflow(one: Inflow) -> Finding:
    return Finding(
        rule=LARGE_INFLOW,
        raised_by=one.transaction_id,
        customer_id=one.customer_id,
        account_id=one.account_id,
        bank_date=one.bank_date,
        amount_minor=one.amount_minor,
        currency=one.currency,
        figures=(
            ("history_count", one.history_count),
            ("history_sum_minor", one.history_sum_minor),
            ("balance_before_minor", one.balance_before_minor),
            ("counterparty", one.counterparty),
        ),
    )


async def _cards(ctx: Ctx, codes: Sequence[str]) -> list[customers.Card]:
    cards: list[customers.Card] = []
    for start in range(0, len(codes), backoffice.ROWS_MAX):
        part = tuple(codes[start : start + backoffice.ROWS_MAX])
        cards += await ctx.port(customers.CustomersPort).find_codes(ctx, codes=part)
    return cards


def _signal(one: Finding, card: customers.Card) -> contract.Finding:
    definition = BY_CODE[one.rule]
    return contract.Finding(
        id=rules.signal_id(one.rule, one.raised_by),
        rule=one.rule,
        rule_version=definition.version,
        customer_no=card.no,
        account_code=one.account_id,
        raised_by=one.raised_by,
        bank_date=one.bank_date,
        judged_on=definition.judged_on(one.bank_date, one.ends_on),
        amount_minor=one.amount_minor,
        currency=one.currency,
        figures=tuple(contract.Figure(name, value) for name, value in one.figures),
    )
