"""Every SQL statement of insight."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers.contract import Card
from haoyou.centers.insight import contract, rules, tables
from haoyou.kernel.ctx import Tx


async def list_last_runs(tx: Tx, *, until: date) -> dict[str, date]:
    """The last day up to `until` that each rule has looked at."""
    t = tables.run
    query = select(t.c.rule, func.max(t.c.bank_date).label("last")).where(t.c.bank_date <= until).group_by(t.c.rule)
    return {row.rule: row.last for row in await tx.all(query)}


async def add_run(tx: Tx, run: rules.Run, *, version: int, at: datetime) -> None:
    values = {
        "rule": run.rule,
        "bank_date": run.bank_date,
        "rule_version": version,
        "found": run.found,
        "unknown": run.unknown,
        "missing": run.missing,
        "done_at": at,
    }
    await tx.run(tables.run.insert(), values)


async def add_signals(tx: Tx, signals: Sequence[tuple[contract.Finding, Card]]) -> set[UUID]:
    """Answers those that are new: a fact raises one signal per rule, however often it is looked at."""
    t = tables.signal
    values = [
        {
            "id": signal.id,
            "customer_no": card.no,
            "institution_id": card.institution_id,
            "manager_id": card.manager_id or 0,
            "line": card.line,
            "rule": signal.rule,
            "rule_version": signal.rule_version,
            "bank_date": signal.bank_date,
            "account_code": signal.account_code,
            "raised_by": signal.raised_by,
            "amount_minor": signal.amount_minor,
            "currency": signal.currency,
            "figures": {one.name: one.value for one in signal.figures},
        }
        for signal, card in signals
    ]
    if not values:
        return set()
    rows = await tx.all(insert(t).on_conflict_do_nothing().returning(t.c.id), values)
    return {row.id for row in rows}
