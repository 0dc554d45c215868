"""Pure decisions of marketing: which signal becomes work, what a card says, when a contact needs a next day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from haoyou.centers.customers.contract import Card, Channel, ContactOutcome
from haoyou.centers.insight.contract import Signal
from haoyou.centers.marketing.contract import ResultKind, Status, SuppressedReason
from haoyou.kernel.errors import Conflict, Json, NotFound
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name

LIVES_DAYS = 30  # the result is judged from the facts of the thirtieth day; nothing said later can change it
QUIET_DAYS = 30  # a customer has one live opportunity of a rule at a time
TASK_DUE_DAYS = 2
NEXT_ON_BEYOND_DAYS_MAX = 60  # how long after the expiry a follow-up may still be promised
LIVE = (Status.OPEN, Status.CONTACTED)
WON = (ResultKind.HELD, ResultKind.PRODUCT)

_OPPORTUNITIES = uuid5(NAMESPACE_URL, "urn:haoyou:marketing:opportunity")
_TASKS = uuid5(NAMESPACE_URL, "urn:haoyou:marketing:task")


class AlreadyClosed(Conflict):
    code = "marketing.already_closed"
    title = "The result of this opportunity is already booked"


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures behind an opportunity, kept as they were on the day it was raised."""

    history_count: int
    history_sum_minor: int
    balance_before_minor: int
    counterparty: str | None


@dataclass(frozen=True, slots=True)
class ProductOpened:
    """A loan or card opened after the inflow and before the day of judgement."""

    kind: Literal["loan", "card"]
    opened_on: date


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an inflow; `held_share_bps` is the share of it still there, in hundredths of a percent."""

    kind: ResultKind
    held_share_bps: int
    held: Money
    products: tuple[ProductOpened, ...]
    booked_on: date


@dataclass(frozen=True, slots=True)
class Opportunity:
    """`manager_id` is 0 where nobody manages the customer."""

    id: UUID
    customer_no: int
    institution_id: int
    manager_id: int
    line: str
    rule: str
    rule_version: int
    account_code: str
    transaction_code: str
    raised_on: date
    expires_on: date
    value: Money
    facts: Facts
    status: Status
    suppressed_reason: SuppressedReason | None
    task_id: UUID
    contacted_at: datetime | None
    last_outcome: ContactOutcome | None
    version: int
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    id: UUID
    staff_id: int
    channel: Channel
    outcome: ContactOutcome
    note: str
    made_at: datetime
    bank_date: date
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Leave:
    """The governor's leave for one person to contact a customer once through one channel."""

    reservation_id: UUID
    staff_id: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact somebody has begun to write down; version 0 is the empty sheet."""

    channel: Channel | None = None
    outcome: ContactOutcome | None = None
    note: str | None = None
    next_on: date | None = None
    reservation_id: UUID | None = None
    version: int = 0
    saved_at: datetime | None = None

    def body(self) -> dict[str, Json]:
        """What was typed, as it is stored."""
        return {
            "channel": self.channel,
            "outcome": self.outcome,
            "note": self.note,
            "next_on": self.next_on.isoformat() if self.next_on else None,
            "reservation_id": str(self.reservation_id) if self.reservation_id else None,
        }

    def as_json(self) -> dict[str, Json]:
        """The whole draft, for whoever began from an older one."""
        saved_at = self.saved_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if self.saved_at else None
        return self.body() | {"version": self.version, "saved_at": saved_at}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A signal with the customer it is about, or None where no customer answers to the number."""

    signal: Signal
    customer: Card | None


@dataclass(frozen=True, slots=True)
class LiveOne:
    """A dispatched opportunity that is not closed."""

    customer_no: int
    rule: str
    raised_on: date


@dataclass(frozen=True, slots=True)
class Decision:
    candidate: Candidate
    suppressed: SuppressedReason | None


def decide(candidates: Sequence[Candidate], *, live: Iterable[LiveOne]) -> list[Decision]:
    """Which candidates somebody should work on: the largest first, at most one live per customer and rule."""
    known = set(live)
    decisions: list[Decision] = []
    for one in sorted(candidates, key=lambda one: (-one.signal.amount_minor, one.signal.transaction_code)):
        reason = _reason(one, known)
        decisions.append(Decision(one, reason))
        if reason is None:
            known.add(LiveOne(one.signal.customer_no, one.signal.rule, one.signal.bank_date))
    return decisions


def _reason(one: Candidate, live: set[LiveOne]) -> SuppressedReason | None:
    if one.customer is None:
        return SuppressedReason.UNKNOWN_CUSTOMER
    if not one.customer.manager_id:
        return SuppressedReason.NO_MANAGER
    since = quiet_since(one.signal.bank_date)
    mine = (one.signal.customer_no, one.signal.rule)
    if any((other.customer_no, other.rule) == mine and other.raised_on >= since for other in live):
        return SuppressedReason.ALREADY_OPEN
    return None


def quiet_since(bank_date: date) -> date:
    """The first day whose live opportunities keep a signal of `bank_date` from becoming another one."""
    return bank_date - timedelta(days=QUIET_DAYS)


def opportunity_id(signal_id: UUID) -> UUID:
    return uuid5(_OPPORTUNITIES, str(signal_id))


def task_id(opportunity: UUID) -> UUID:
    return uuid5(_TASKS, str(opportunity))


def act_id(opportunity: UUID, key: UUID, what: str) -> UUID:
    """The lasting name of what one act makes: a request that is sent again makes nothing new."""
    return uuid5(opportunity, f"{key}/{what}")


def check_workable(status: Status) -> None:
    """A suppressed opportunity is nobody's work: it looks absent. A closed one has its result."""
    if status is Status.SUPPRESSED:
        raise NotFound()
    if status is Status.CLOSED:
        raise AlreadyClosed()


def asks_for_next(outcome: ContactOutcome) -> bool:
    return outcome in (ContactOutcome.NOT_REACHED, ContactOutcome.INTERESTED)


@dataclass(frozen=True, slots=True)
class FieldFault:
    code: str
    message: str


def find_next_on_fault(
    outcome: ContactOutcome, next_on: date | None, *, today: date, expires_on: date
) -> FieldFault | None:
    """What is wrong with the promised day, or nothing."""
    if next_on is None:
        return (
            FieldFault("required", "say when the customer will be contacted again") if asks_for_next(outcome) else None
        )
    if next_on < today:
        return FieldFault("in_the_past", f"not before the bank's day, {today}")
    latest = expires_on + timedelta(days=NEXT_ON_BEYOND_DAYS_MAX)
    return FieldFault("too_late", f"not after {latest}") if next_on > latest else None


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: Name


@dataclass(frozen=True, slots=True)
class RuleText:
    """What staff read of a rule. A change of words is a new version, so that old cards keep theirs."""

    name: Name
    need: Name
    task_title: Name
    script: Name
    product: Product


RULES: dict[tuple[str, int], RuleText] = {
    ("large_inflow", 1): RuleText(
        name=Name("大额资金流入", "Large inflow"),
        need=Name("资金承接", "Keep the money with us"),
        task_title=Name("联系客户：大额资金流入", "Call: large inflow"),
        script=Name(
            "您好，我是您的客户经理。近日您的账户有一笔较大的资金入账，想了解一下您近期的用款安排。"
            "如果这笔资金暂时不用，可以考虑三个月定期存款：本金有保障，到期可以自动转存；"
            "提前支取也可以，只是提前支取的部分按活期计息。您现在方便听我介绍两分钟吗？"
            "如果不方便，我们另约时间，也可以不再为此打扰您。",
            "Good day, I am your relationship manager. A larger amount has recently come into your account, and I"
            " would like to ask how you plan to use it. If you do not need it for now, a three-month term deposit may"
            " suit you: the principal is safe and it can renew by itself; you may withdraw early, but what you withdraw"
            " early earns the demand rate only. Do you have two minutes now? If not, we can find another time, or I"
            " will not bother you about this again.",
        ),
        product=Product("TERM-3M", Name("三个月定期存款", "Three-month term deposit")),
    )
}


def text_of(rule: str, version: int) -> RuleText:
    """A signal of a rule without words must not become a card: a programmer forgot them."""
    assert (rule, version) in RULES, f"no texts for rule {rule} version {version}"
    return RULES[rule, version]


def product_order(one: ProductOpened) -> tuple[date, str]:
    return one.opened_on, one.kind


SYMBOLS = {"CNY": "¥"}
"""Currencies that staff know by a sign; the others are named by their code."""


def money_text(money: Money) -> str:
    return f"{SYMBOLS.get(money.currency, money.currency + ' ')}{money.amount:,f}"


def why(value: Money, facts: Facts) -> Name:
    """One line for the to-do list. The ratio is cut after its first decimal, so it never says more than there is."""
    amount = money_text(value)
    if facts.history_sum_minor <= 0:
        return Name(f"入账 {amount}", f"{amount} came in")
    tenths = value.minor * facts.history_count * 10 // facts.history_sum_minor
    times = f"{tenths // 10}.{tenths % 10}"
    return Name(
        f"入账 {amount}，约为近半年单笔平均的 {times} 倍",
        f"{amount} came in, about {times} times the average credit of the last half year",
    )


def why_again(outcome: ContactOutcome, next_on: date) -> Name:
    """Why a task has moved to another day."""
    if outcome is ContactOutcome.NOT_REACHED:
        return Name(f"上次未联系上，{next_on} 再联系", f"Not reached last time; try again on {next_on}")
    return Name(f"客户有意向，{next_on} 跟进", f"The customer is interested; follow up on {next_on}")


@dataclass(frozen=True, slots=True)
class Evidence:
    label: Name
    kind: Literal["money", "date", "number", "text"]
    value: str
    money: Money | None = None


def evidence(value: Money, raised_on: date, facts: Facts) -> list[Evidence]:
    """The figures that raised an opportunity, as the card lists them."""
    lines = [
        _money_line(Name("入账金额", "Amount that came in"), value),
        Evidence(Name("入账日期", "Date"), "date", raised_on.isoformat()),
    ]
    if facts.history_count > 0:
        mean = Money(facts.history_sum_minor // facts.history_count, value.currency)
        lines.append(_money_line(Name("近 180 天平均每笔入账", "Average credit of the last 180 days"), mean))
    lines.append(
        Evidence(Name("近 180 天入账笔数", "Credits in the last 180 days"), "number", str(facts.history_count))
    )
    lines.append(_money_line(Name("入账前余额", "Balance before"), Money(facts.balance_before_minor, value.currency)))
    if facts.counterparty:
        lines.append(Evidence(Name("对方", "Counterparty"), "text", facts.counterparty))
    return lines


def _money_line(label: Name, money: Money) -> Evidence:
    return Evidence(label, "money", money_text(money), money)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What lists show of a customer; `version` only rises."""

    customer_no: int
    live: int
    version: int


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which opportunities were raised, both included; None is without an end."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The board's figures; `inflow_minor` and `held_minor` are of booked dispatched opportunities in one currency."""

    raised: int
    dispatched: int
    suppressed: int
    contacted: int
    booked: int
    held: int
    product: int
    left: int
    booked_contacted: int
    won_contacted: int
    won_untouched: int
    inflow_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one manager's dispatched opportunities in one institution."""

    institution_id: int
    manager_id: int
    dispatched: int
    contacted: int
    booked: int
    won: int
    held_minor: int


RESULTS_DEFINITION = Name(
    "转化只看银行账务事实，不看员工填报：入账后第 30 天，入账的钱至少一半仍在该账户即“留存”；期间新开贷款或卡即“成交”；"
    "其余为“流失”。转化率 = （留存 + 成交）÷ 已到期入账结果的派发商机，按到期前是否联系过分开计算。"
    "流入与留存金额只计已有结果的派发商机，且只计本行货币。",
    "Success is read from the bank's own facts, never from what staff report: on the 30th day after the inflow, at"
    " least half of it still in the account is “held”; a loan or card opened meanwhile is “product”; all else “left”."
    " Rate = (held + product) / dispatched opportunities with a booked result, separately for those contacted before"
    " and those never contacted. Amounts count dispatched opportunities with a booked result, in the bank's own"
    " currency.",
)
