"""The one opportunity rule: an unusually large inflow, and what became of the money thirty days later.

docs/how-to/inflow-rule.md says both to the last comparison and why each number is what it is. Whole numbers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from haoyou.lake.query import Lake

LOOKBACK_DAYS = 180
CREDITS_MIN = 5
TIMES = 3
JUDGED_AFTER_DAYS = 30
HELD_SHARE_BPS_MIN = 5_000
BPS = 10_000


@dataclass(frozen=True, slots=True)
class Inflow:
    """A large inflow and the figures that made it one. `balance_before_minor` is the balance before its day."""

    transaction_id: str
    account_id: str
    customer_id: str
    bank_date: date
    amount_minor: int
    history_count: int
    history_sum_minor: int
    balance_before_minor: int
    counterparty: str | None
    currency: str


class OutcomeKind(StrEnum):
    PRODUCT = "product"
    HELD = "held"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class OutcomeQuery:
    transaction_id: str
    account_id: str
    customer_id: str
    inflow_date: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an inflow, as on `judged_on`.

    `loans` and `cards` were opened meanwhile, `placements` are deposits and wealth products opened meanwhile that money
    of this account went into, all by number. `placed_minor`: what of that money is still in such accounts, new or old.
    """

    transaction_id: str
    judged_on: date
    kind: OutcomeKind
    held_minor: int
    held_share_bps: int
    balance_before_minor: int
    balance_end_minor: int
    loans: tuple[str, ...]
    cards: tuple[str, ...]
    placed_minor: int = 0
    placements: tuple[str, ...] = ()


_FIND = """
WITH large AS (
    SELECT t.transaction_id, t.account_id, a.customer_id, t.bank_date, t.amount_minor, t.counterparty, a.currency
    FROM transactions t JOIN accounts a USING (account_id)
    WHERE a.kind = 'demand' AND t.direction = 'credit' AND t.category <> 'interest'
      AND t.bank_date = $bank_date AND t.amount_minor >= $floor_minor),
past AS (
    SELECT account_id,
           count(*) FILTER (WHERE is_history) AS n,
           coalesce(sum(amount_minor) FILTER (WHERE is_history), 0) AS total,
           sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END) AS balance
    FROM (SELECT account_id, amount_minor, direction,
                 direction = 'credit' AND category <> 'interest' AND bank_date >= $first_day AS is_history
          FROM transactions SEMI JOIN large USING (account_id)
          WHERE bank_date < $bank_date)
    GROUP BY account_id)
SELECT transaction_id, account_id, customer_id, bank_date, amount_minor, n, CAST(total AS BIGINT),
       CAST(balance AS BIGINT), counterparty, currency
FROM large JOIN past USING (account_id)
WHERE n >= $min_credits AND CAST(amount_minor AS HUGEINT) * n >= $times * CAST(total AS HUGEINT)
ORDER BY transaction_id
"""

_OUTCOMES = """
WITH asked AS (
    SELECT unnest($transactions) AS transaction_id, unnest($accounts) AS account_id, unnest($customers) AS customer_id,
           unnest($dates) AS inflow_date, unnest($judged) AS judged_on),
moved AS (
    SELECT q.transaction_id,
           sum(CASE t.direction WHEN 'credit' THEN t.amount_minor ELSE -t.amount_minor END)
               FILTER (WHERE t.bank_date < q.inflow_date) AS before,
           sum(CASE t.direction WHEN 'credit' THEN t.amount_minor ELSE -t.amount_minor END) AS ending
    FROM asked q JOIN transactions t ON t.account_id = q.account_id AND t.bank_date <= q.judged_on
    GROUP BY q.transaction_id),
opened AS (
    SELECT q.transaction_id,
           list(a.account_id ORDER BY a.account_id) FILTER (WHERE a.kind = 'loan') AS loans,
           list(a.account_id ORDER BY a.account_id) FILTER (WHERE a.kind = 'card') AS cards
    FROM asked q JOIN accounts a ON a.customer_id = q.customer_id
    WHERE a.kind IN ('loan', 'card') AND a.opened_on > q.inflow_date AND a.opened_on <= q.judged_on
    GROUP BY q.transaction_id),
spent AS (
    SELECT DISTINCT q.transaction_id, t.bank_date, t.amount_minor, true AS is_spent
    FROM asked q JOIN transactions t ON t.account_id = q.account_id AND t.direction = 'debit'
         AND t.bank_date >= q.inflow_date AND t.bank_date <= q.judged_on),
own AS (
    SELECT q.transaction_id, a.account_id, a.opened_on >= q.inflow_date AS is_new, t.bank_date, t.amount_minor,
           t.direction
    FROM asked q JOIN accounts source ON source.account_id = q.account_id
    JOIN accounts a ON a.customer_id = q.customer_id AND a.currency = source.currency AND a.kind IN ('term', 'wealth')
    JOIN transactions t ON t.account_id = a.account_id AND t.bank_date >= q.inflow_date AND t.bank_date <= q.judged_on),
placed_in AS (
    SELECT transaction_id, account_id, is_new,
           least(coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit' AND is_spent), 0),
                 sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END)) AS part
    FROM own LEFT JOIN spent USING (transaction_id, bank_date, amount_minor)
    GROUP BY transaction_id, account_id, is_new HAVING part > 0),
placed AS (
    SELECT transaction_id, sum(part) AS placed, list(account_id ORDER BY account_id) FILTER (WHERE is_new) AS placements
    FROM placed_in GROUP BY transaction_id)
SELECT transaction_id, CAST(coalesce(before, 0) AS BIGINT), CAST(coalesce(ending, 0) AS BIGINT),
       coalesce(loans, []), coalesce(cards, []), CAST(coalesce(placed, 0) AS BIGINT), coalesce(placements, [])
FROM asked LEFT JOIN moved USING (transaction_id) LEFT JOIN opened USING (transaction_id)
     LEFT JOIN placed USING (transaction_id)
"""


def find_large_inflows(
    lake: Lake,
    *,
    bank_date: date,
    floor_minor: int,
    lookback_days: int = LOOKBACK_DAYS,
    min_credits: int = CREDITS_MIN,
    times: int = TIMES,
) -> list[Inflow]:
    """The large inflows of one bank day, by transaction number."""
    assert floor_minor > 0 and lookback_days > 0 and min_credits > 0 and times > 0, "the rule's numbers are above zero"
    rows = lake.rows(
        _FIND,
        {
            "bank_date": bank_date,
            "first_day": bank_date - timedelta(days=lookback_days),
            "floor_minor": floor_minor,
            "min_credits": min_credits,
            "times": times,
        },
    )
    return [Inflow(*row) for row in rows]


def outcomes(lake: Lake, *, items: Sequence[OutcomeQuery], on: date) -> list[Outcome]:
    """What became of those inflows that are due on bank day `on`, in the order asked; the others are not answered."""
    due = [item for item in items if judged_on(item.inflow_date) <= on]
    if not due:
        return []
    rows = lake.rows(
        _OUTCOMES,
        {
            "transactions": [item.transaction_id for item in due],
            "accounts": [item.account_id for item in due],
            "customers": [item.customer_id for item in due],
            "dates": [item.inflow_date for item in due],
            "judged": [judged_on(item.inflow_date) for item in due],
        },
    )
    found = {row[0]: row for row in rows}
    return [_judge(item, *found[item.transaction_id][1:]) for item in due]


def judged_on(inflow_date: date) -> date:
    """The day whose end decides what became of an inflow."""
    return inflow_date + timedelta(days=JUDGED_AFTER_DAYS)


def _judge(
    item: OutcomeQuery,
    before: int,
    ending: int,
    loans: list[str],
    cards: list[str],
    placed: int,
    placements: list[str],
) -> Outcome:
    held = min(item.amount_minor, max(0, ending - before + placed))
    share_bps = held * BPS // item.amount_minor
    if loans or cards or placed * BPS >= item.amount_minor * HELD_SHARE_BPS_MIN:
        kind = OutcomeKind.PRODUCT
    else:
        kind = OutcomeKind.HELD if share_bps >= HELD_SHARE_BPS_MIN else OutcomeKind.LEFT
    return Outcome(
        transaction_id=item.transaction_id,
        judged_on=judged_on(item.inflow_date),
        kind=kind,
        held_minor=held,
        held_share_bps=share_bps,
        balance_before_minor=before,
        balance_end_minor=ending,
        loans=tuple(loans),
        cards=tuple(cards),
        placed_minor=placed,
        placements=tuple(placements),
    )
