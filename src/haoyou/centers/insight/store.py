"""Every SQL statement of insight."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from haoyou.centers.customers.contract import Card
from haoyou.centers.insight import contract, rules, tables
from haoyou.kernel.ctx import Tx


async def was_run(tx: Tx, *, rule: rules.Rule, bank_date: date) -> bool:
    t = tables.run
    return await tx.first(select(t.c.rule).where(t.c.rule == rule.code, t.c.bank_date == bank_date)) is not None


async def add_run(tx: Tx, *, rule: rules.Rule, bank_date: date, found: int, unknown: int, at: datetime) -> None:
    values = {
        "rule": rule.code,
        "bank_date": bank_date,
        "rule_version": rule.version,
        "found": found,
        "unknown": unknown,
        "done_at": at,
    }
    await tx.run(tables.run.insert(), values)


async def add_signals(tx: Tx, signals: Sequence[tuple[contract.Signal, Card]]) -> None:
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
            "transaction_code": signal.transaction_code,
            "amount_minor": signal.amount_minor,
            "currency": signal.currency,
        }
        for signal, card in signals
    ]
    if values:
        await tx.run(insert(tables.signal).on_conflict_do_nothing(), values)
