"""The use case of insight so far: look at the facts of a day and say what a person should know."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import contract as customers
from haoyou.centers.insight import contract, rules, store
from haoyou.kernel.ctx import Ctx
from haoyou.lake.inflow import Inflow, find_large_inflows
from haoyou.lake.query import Lake


async def discover(ctx: Ctx, *, bank_date: date) -> None:
    """Find the large inflows of a day and tell them, once; a day looked at before is left alone."""
    async with ctx.read() as tx:
        if await store.was_run(tx, rule=rules.LARGE_INFLOW, bank_date=bank_date):
            return
    snapshots = await ctx.port(backoffice.BackofficePort).list_snapshots(ctx, until=bank_date)
    found = await asyncio.to_thread(_look, ctx, snapshots, bank_date)
    codes = tuple(sorted({inflow.customer_id for inflow in found}))
    cards = {card.code: card for card in await _cards(ctx, codes)}
    signals = [
        (_signal(inflow, cards[inflow.customer_id]), cards[inflow.customer_id])
        for inflow in found
        if inflow.customer_id in cards
    ]
    async with ctx.write() as tx:
        unknown = len(found) - len(signals)
        await store.add_run(
            tx, rule=rules.LARGE_INFLOW, bank_date=bank_date, found=len(found), unknown=unknown, at=ctx.now
        )
        await store.add_signals(tx, signals)
        for start in range(0, len(signals), contract.SIGNALS_MAX):
            part = tuple(signal for signal, _ in signals[start : start + contract.SIGNALS_MAX])
            tx.tell(contract.SignalsRaised(bank_date=bank_date, signals=part))


def _look(ctx: Ctx, snapshots: Sequence[backoffice.Snapshot], bank_date: date) -> list[Inflow]:
    lake = ctx.house.settings.home / "lake"
    paths: dict[str, list[Path]] = defaultdict(list)
    for one in snapshots:
        paths[one.dataset].append(lake / one.path)
    floor = ctx.house.settings.large_inflow_floor_minor
    with Lake.open(paths) as facts:
        return find_large_inflows(facts, bank_date=bank_date, floor_minor=floor)


async def _cards(ctx: Ctx, codes: Sequence[str]) -> list[customers.Card]:
    cards: list[customers.Card] = []
    for start in range(0, len(codes), backoffice.ROWS_MAX):
        part = tuple(codes[start : start + backoffice.ROWS_MAX])
        cards += await ctx.port(customers.CustomersPort).find_codes(ctx, codes=part)
    return cards


def _signal(inflow: Inflow, card: customers.Card) -> contract.Signal:
    rule = rules.LARGE_INFLOW
    return contract.Signal(
        id=rules.signal_id(rule, inflow.transaction_id),
        rule=rule.code,
        rule_version=rule.version,
        customer_no=card.no,
        account_code=inflow.account_id,
        transaction_code=inflow.transaction_id,
        bank_date=inflow.bank_date,
        amount_minor=inflow.amount_minor,
        currency=inflow.currency,
        history_count=inflow.history_count,
        history_sum_minor=inflow.history_sum_minor,
        balance_before_minor=inflow.balance_before_minor,
        counterparty=inflow.counterparty,
    )
