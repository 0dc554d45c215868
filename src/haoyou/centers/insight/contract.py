"""The door of insight: signals, each with the facts that raised it."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from haoyou.kernel.message import Message

SIGNALS_MAX = 1_000  # of one message


@dataclass(frozen=True, slots=True)
class Signal:
    """Something in a customer's facts that a person should know. `id` follows from rule and fact: it never doubles."""

    id: UUID
    rule: str
    rule_version: int
    customer_no: int
    account_code: str
    transaction_code: str
    bank_date: date
    amount_minor: int
    currency: str
    history_count: int
    history_sum_minor: int
    balance_before_minor: int
    counterparty: str | None


@dataclass(frozen=True, slots=True)
class SignalsRaised(Message):
    """What the rules found in the facts of one bank day."""

    message: ClassVar[str] = "insight.SignalsRaised"
    bank_date: date
    signals: tuple[Signal, ...]

    @property
    def key(self) -> str:
        return "bank-day"
