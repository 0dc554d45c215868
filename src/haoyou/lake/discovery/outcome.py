# ruff: noqa: S608 - what is put into these statements are constants of this package
"""What became of a finding, from the facts of its window only. (Large inflows are judged by haoyou.lake.inflow.)

An answer is as of the end of the day of judgement, whenever it is asked; of contracts the row known last counts.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from haoyou.lake.discovery import definition as rules
from haoyou.lake.discovery.definition import BPS, BY_CODE
from haoyou.lake.inflow import OutcomeKind
from haoyou.lake.query import Lake


@dataclass(frozen=True, slots=True)
class Question:
    """`before_minor`: the average that a runoff is measured by; `account_id` is empty where none is meant."""

    id: str
    rule: str
    customer_id: str
    account_id: str
    currency: str
    raised_on: date
    judged_on: date
    amount_minor: int
    before_minor: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`products`: the accounts, by number, that were opened meanwhile and count."""

    id: str
    kind: OutcomeKind
    held_minor: int
    held_share_bps: int
    products: tuple[str, ...] = ()


_ASKED = """asked AS (
    SELECT unnest($ids) AS id, unnest($customers) AS customer_id, unnest($accounts) AS account_id,
           unnest($currencies) AS currency, unnest($raised) AS raised_on, unnest($judged) AS judged_on)"""

# Money in deposits and products of the customer's own at this bank: what came to each, less what left it again.
_PLACED = f"""
WITH {_ASKED},
flows AS (
    SELECT q.id, a.account_id, a.opened_on > q.raised_on AS is_new,
           sum(CASE t.direction WHEN 'credit' THEN t.amount_minor ELSE -t.amount_minor END) AS net
    FROM asked q JOIN accounts a ON a.customer_id = q.customer_id AND a.currency = q.currency
         AND a.account_id <> q.account_id AND a.kind IN ('term', 'wealth')
    JOIN transactions t ON t.account_id = a.account_id AND t.bank_date > q.raised_on AND t.bank_date <= q.judged_on
    GROUP BY ALL HAVING net > 0)
SELECT id, CAST(sum(net) AS BIGINT), coalesce(list(account_id ORDER BY account_id) FILTER (WHERE is_new), [])
FROM flows GROUP BY id
"""

_KEPT = f"""
WITH {_ASKED}
SELECT q.id, arg_max(b.balance_minor, b.bank_date)
FROM asked q JOIN accounts a ON a.account_id = q.account_id AND (a.closed_on IS NULL OR a.closed_on > q.judged_on)
JOIN balances b ON b.account_id = q.account_id AND b.bank_date <= q.judged_on
GROUP BY q.id
"""

_AVERAGE = f"""
WITH {_ASKED},
mine AS (
    SELECT q.id, q.judged_on, a.account_id FROM asked q JOIN accounts a
    ON a.customer_id = q.customer_id AND a.currency = q.currency AND a.kind IN ('demand', 'term', 'wealth')),
stood AS (
    SELECT id, account_id, arg_max(balance_minor, b.bank_date) AS balance
    FROM mine JOIN balances b USING (account_id) WHERE b.bank_date <= judged_on GROUP BY ALL),
moved AS (
    SELECT id, account_id, sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END
           * (bank_date - (judged_on - $days + 1))) AS weight
    FROM mine JOIN transactions t USING (account_id)
    WHERE t.bank_date > judged_on - $days + 1 AND t.bank_date <= judged_on GROUP BY ALL)
SELECT id, CAST((sum(balance) * $days - sum(coalesce(weight, 0))) // $days AS BIGINT)
FROM stood LEFT JOIN moved USING (id, account_id) GROUP BY id
"""

_PAID = f"""
WITH {_ASKED}
SELECT q.id, CAST(sum(t.amount_minor) AS BIGINT)
FROM asked q JOIN accounts a ON a.customer_id = q.customer_id AND a.currency = q.currency AND a.kind = 'demand'
JOIN transactions t ON t.account_id = a.account_id AND t.category = 'salary' AND t.direction = 'credit'
    AND t.bank_date > q.raised_on AND t.bank_date <= q.judged_on
GROUP BY q.id
"""

_OPENED = f"""
WITH {_ASKED}
SELECT q.id, list(a.account_id ORDER BY a.account_id)
FROM asked q JOIN accounts a ON a.customer_id = q.customer_id AND a.account_id <> q.account_id
    AND list_contains($kinds, a.kind) AND a.opened_on > q.raised_on AND a.opened_on <= q.judged_on
GROUP BY q.id
"""


def judge(lake: Lake, *, questions: Sequence[Question]) -> list[Outcome]:
    """What became of each; the questions of one rule are asked together."""
    by_rule: dict[str, list[Question]] = defaultdict(list)
    for one in questions:
        by_rule[one.rule].append(one)
    return [outcome for rule, asked in by_rule.items() for outcome in _JUDGES[rule](lake, asked)]


def _params(asked: Sequence[Question]) -> dict[str, object]:
    return {
        "ids": [one.id for one in asked],
        "customers": [one.customer_id for one in asked],
        "accounts": [one.account_id for one in asked],
        "currencies": [one.currency for one in asked],
        "raised": [one.raised_on for one in asked],
        "judged": [one.judged_on for one in asked],
    }


def _of_share(one: Question, held_minor: int, whole_minor: int, kind: OutcomeKind, products: list[str]) -> Outcome:
    """`kind` where the share is enough, else left."""
    held = min(whole_minor, max(0, held_minor))
    share_bps = held * BPS // whole_minor if whole_minor > 0 else 0
    won = share_bps >= BY_CODE[one.rule].won_share_bps and held > 0
    return Outcome(one.id, kind if won else OutcomeKind.LEFT, held, share_bps, tuple(products) if won else ())


def _judge_maturing(lake: Lake, asked: Sequence[Question]) -> list[Outcome]:
    """Renewed where it stands, or placed anew in deposits and products of the customer's own."""
    placed = {row[0]: (row[1], row[2]) for row in lake.rows(_PLACED, _params(asked))}
    kept = {row[0]: row[1] for row in lake.rows(_KEPT, _params(asked))}

    def outcome(one: Question) -> Outcome:
        anew, products = placed.get(one.id, (0, []))
        is_product = anew * BPS >= one.amount_minor * BY_CODE[one.rule].won_share_bps
        kind = OutcomeKind.PRODUCT if is_product else OutcomeKind.HELD
        return _of_share(one, kept.get(one.id, 0) + anew, one.amount_minor, kind, products)

    return [outcome(one) for one in asked]


def _judge_idle(lake: Lake, asked: Sequence[Question]) -> list[Outcome]:
    """Put to work: half or more of it in deposits and products of the customer's own."""
    placed = {row[0]: (row[1], row[2]) for row in lake.rows(_PLACED, _params(asked))}

    def outcome(one: Question) -> Outcome:
        anew, products = placed.get(one.id, (0, []))
        return _of_share(one, anew, one.amount_minor, OutcomeKind.PRODUCT, products)

    return [outcome(one) for one in asked]


def _judge_runoff(lake: Lake, asked: Sequence[Question]) -> list[Outcome]:
    """Come back: the average of the last days is three quarters or more of what it was before the runoff."""
    days = BY_CODE[rules.BALANCE_RUNOFF].window_days
    averages = dict(lake.rows(_AVERAGE, _params(asked) | {"days": days}))
    return [_of_share(one, averages.get(one.id, 0), one.before_minor, OutcomeKind.HELD, []) for one in asked]


def _judge_salary(lake: Lake, asked: Sequence[Question]) -> list[Outcome]:
    """A salary again, whatever its size; the amount told is at most one usual salary."""
    paid = dict(lake.rows(_PAID, _params(asked)))
    return [_of_share(one, paid.get(one.id, 0), one.amount_minor, OutcomeKind.HELD, []) for one in asked]


def _judge_by_opening(*kinds: str) -> Callable[[Lake, Sequence[Question]], list[Outcome]]:
    """A contract of one of these kinds was opened meanwhile."""

    def judge_opened(lake: Lake, asked: Sequence[Question]) -> list[Outcome]:
        opened = dict(lake.rows(_OPENED, _params(asked) | {"kinds": list(kinds)}))
        found = [(one, tuple(opened.get(one.id, ()))) for one in asked]
        return [Outcome(q.id, OutcomeKind.PRODUCT if new else OutcomeKind.LEFT, 0, 0, new) for q, new in found]

    return judge_opened


_JUDGES: dict[str, Callable[[Lake, Sequence[Question]], list[Outcome]]] = {
    rules.DEPOSIT_MATURING: _judge_maturing,
    rules.BALANCE_RUNOFF: _judge_runoff,
    rules.SALARY_MOVED: _judge_salary,
    rules.IDLE_BALANCE: _judge_idle,
    rules.LOAN_ENDING: _judge_by_opening("loan"),
    rules.BUSINESS_GROWTH: _judge_by_opening("loan", "term", "wealth", "card"),
}
