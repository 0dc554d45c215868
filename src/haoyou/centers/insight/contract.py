"""The door of insight: signals, each with the facts that raised it."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from haoyou.kernel.message import Message

SIGNALS_MAX = 1_000  # of one message


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the facts behind a signal; what its name means stands with the rule's texts."""

    name: str
    value: int | str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal: something in a customer's facts that a person should know.

    `raised_by` names what raised it (a transaction, a contract and the day it ends, a customer and a quarter); `id`
    follows from the rule and from that, so it never doubles. `judged_on` is the day whose facts say what became of it.
    """

    id: UUID
    rule: str
    rule_version: int
    customer_no: int
    account_code: str | None
    raised_by: str
    bank_date: date
    judged_on: date
    amount_minor: int
    currency: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class SignalsFound(Message):
    """What the rules found in the facts of one bank day; all signals of a customer come together."""

    message: ClassVar[str] = "insight.SignalsFound"
    bank_date: date
    signals: tuple[Finding, ...]

    @property
    def key(self) -> str:
        return "bank-day"


@dataclass(frozen=True, slots=True)
class Signal:
    """A large inflow as it was told while there was no other rule; nobody tells it any more (see Finding)."""

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
    """The older form of SignalsFound: it may still lie in an outbox when the house is brought to a new version."""

    message: ClassVar[str] = "insight.SignalsRaised"
    bank_date: date
    signals: tuple[Signal, ...]

    @property
    def key(self) -> str:
        return "bank-day"
