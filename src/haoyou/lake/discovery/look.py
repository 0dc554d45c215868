# ruff: noqa: S608 - what is put into these statements are constants of this package
"""What the rules find in the facts of a bank day. (The large inflow is found by haoyou.lake.inflow.)

Two kinds of question. What ends (deposits, loans) is read from the contracts, of which a bank has few. What needs a
window of movements is asked of a twenty-eighth of the customers each day, by a fixed hash of their number: everybody is
looked at once a month, no day carries more than its part, and the work lists do not fill up on the first of the month.
Findings have natural keys (`raised_by`): whoever looks at a day again finds the same names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from haoyou.lake.discovery import definition as rules
from haoyou.lake.discovery.definition import BY_CODE
from haoyou.lake.query import Lake, Row

SLOTS = 28  # days of a month on which customers are looked at; every month has them

Figure = int | str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. `figures` are those it was found by, named as the rule's texts expect them."""

    rule: str
    raised_by: str
    customer_id: str
    account_id: str | None
    bank_date: date
    amount_minor: int
    currency: str
    figures: tuple[tuple[str, Figure], ...]
    ends_on: date | None = None


_PROBES = {
    "transactions": "SELECT 1 FROM transactions LIMIT 1",
    "balances": "SELECT 1 FROM balances LIMIT 1",
    "deposits": "SELECT 1 FROM deposits WHERE matures_on IS NOT NULL LIMIT 1",
    "loans": "SELECT 1 FROM loans LIMIT 1",
    "salaries": "SELECT 1 FROM transactions WHERE category = 'salary' LIMIT 1",
    "firms": "SELECT 1 FROM customers WHERE kind = 'organisation' LIMIT 1",
}


def find_missing(lake: Lake, *, rule: str) -> str | None:
    """The first kind of facts that a rule needs and the bank does not send."""
    return next((need for need in BY_CODE[rule].needs if not lake.rows(_PROBES[need])), None)


def look(lake: Lake, *, rule: str, after: date, on: date) -> list[Finding]:
    """What a rule finds on bank day `on`; `after` is the last day it looked at before."""
    assert after < on, "a day is looked at after the one before"
    return _FINDERS[rule](lake, after, on)


def slots_between(after: date, on: date) -> list[int]:
    """The slots whose day of the month lies after `after` and not after `on`; all of them after a month's absence."""
    days = (on - timedelta(days=back) for back in range(min((on - after).days, 31)))
    return sorted({day.day for day in days if day.day <= SLOTS})


_LOOKED_AT = f"""looked_at AS (
    SELECT account_id, customer_id, kind, currency FROM accounts
    WHERE (closed_on IS NULL OR closed_on > $on)
      AND list_contains($slots, CAST(1 + md5_number_lower(customer_id) % {SLOTS} AS INTEGER)))"""

_MATURING = """
WITH due AS (
    SELECT d.account_id, d.matures_on, d.rate_ppm, a.customer_id, a.currency
    FROM deposits d JOIN accounts a USING (account_id)
    WHERE a.kind IN ('term', 'wealth') AND (a.closed_on IS NULL OR a.closed_on > $on)
      AND d.matures_on > $on AND d.matures_on <= $until AND coalesce(d.renews, 'no') = 'no'),
stood AS (
    SELECT account_id, arg_max(balance_minor, bank_date) AS balance
    FROM balances SEMI JOIN due USING (account_id) WHERE bank_date <= $on GROUP BY account_id)
SELECT account_id, customer_id, balance, currency, matures_on, matures_on - $on, rate_ppm
FROM due JOIN stood USING (account_id) WHERE balance >= $floor
ORDER BY account_id
"""


def _find_maturing(lake: Lake, _after: date, on: date) -> list[Finding]:
    rule = BY_CODE[rules.DEPOSIT_MATURING]
    rows = lake.rows(_MATURING, {"on": on, "until": on + timedelta(days=rule.window_days), "floor": rule.floor_minor})

    def finding(row: Row) -> Finding:
        account, customer, balance, currency, matures_on, days_left, rate_ppm = row
        figures = (("matures_on", matures_on.isoformat()), ("days_left", days_left), ("rate_ppm", rate_ppm))
        raised_by = f"{account}/{matures_on}"
        return Finding(rule.code, raised_by, customer, account, on, balance, currency, figures, matures_on)

    return [finding(row) for row in rows]


# The balance of a day is that of today less what has moved since; so one pass over the movements of the window gives
# both averages: a movement counts for the days before it.
_RUNOFF = f"""
WITH {_LOOKED_AT},
mine AS (SELECT * FROM looked_at WHERE kind IN ('demand', 'term', 'wealth')),
stood AS (
    SELECT account_id, arg_max(balance_minor, bank_date) AS balance
    FROM balances SEMI JOIN mine USING (account_id) WHERE bank_date <= $on GROUP BY account_id),
moved AS (
    SELECT account_id,
           sum(net * (bank_date - $recent_first)) FILTER (WHERE bank_date > $recent_first) AS recent,
           sum(net * least(bank_date - $before_first, $before_days)) AS before
    FROM (SELECT account_id, bank_date, CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END AS net
          FROM transactions SEMI JOIN mine USING (account_id)
          WHERE bank_date > $before_first AND bank_date <= $on)
    GROUP BY account_id),
averages AS (
    SELECT customer_id, currency,
           CAST((sum(balance) * $recent_days - sum(coalesce(recent, 0))) // $recent_days AS BIGINT) AS recent,
           CAST((sum(balance) * $before_days - sum(coalesce(before, 0))) // $before_days AS BIGINT) AS before
    FROM mine JOIN stood USING (account_id) LEFT JOIN moved USING (account_id)
    GROUP BY customer_id, currency)
SELECT customer_id, currency, recent, before FROM averages
WHERE before >= $floor AND recent * {rules.BPS} < before * {rules.RUNOFF_SHARE_BPS}
ORDER BY customer_id, currency
"""


def _find_runoff(lake: Lake, after: date, on: date) -> list[Finding]:
    rule = BY_CODE[rules.BALANCE_RUNOFF]
    recent_first = on - timedelta(days=rule.window_days - 1)
    values = {
        "on": on,
        "slots": slots_between(after, on),
        "recent_first": recent_first,
        "recent_days": rule.window_days,
        "before_first": recent_first - timedelta(days=rules.RUNOFF_BEFORE_DAYS),
        "before_days": rules.RUNOFF_BEFORE_DAYS,
        "floor": rule.floor_minor,
    }

    def finding(row: Row) -> Finding:
        customer, currency, recent, before = row
        figures = (("recent_average_minor", recent), ("before_average_minor", before))
        raised_by = f"{customer}/{currency}/{_quarter(on)}"
        return Finding(rule.code, raised_by, customer, None, on, before - recent, currency, figures)

    return [finding(row) for row in lake.rows(_RUNOFF, values)]


_SALARY = f"""
WITH {_LOOKED_AT},
paid AS (
    SELECT t.account_id, count(DISTINCT date_trunc('month', t.bank_date)) AS months, max(t.bank_date) AS last_on,
           CAST(sum(t.amount_minor) AS BIGINT) AS total
    FROM transactions t SEMI JOIN looked_at USING (account_id)
    WHERE t.category = 'salary' AND t.direction = 'credit' AND t.bank_date >= $first AND t.bank_date <= $on
    GROUP BY t.account_id),
newest AS (
    SELECT customer_id, max(last_on) AS last_on FROM paid JOIN looked_at USING (account_id) GROUP BY customer_id)
SELECT account_id, customer_id, currency, total // months AS average, months, last_on
FROM paid JOIN looked_at USING (account_id) JOIN newest USING (customer_id, last_on)
WHERE kind = 'demand' AND months >= {rules.SALARY_MONTHS_MIN}
  AND $on - last_on > $gone_days AND $on - last_on <= {rules.SALARY_GONE_DAYS_MAX} AND total // months >= $floor
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY total DESC, account_id) = 1
ORDER BY account_id
"""


def _find_salary_moved(lake: Lake, after: date, on: date) -> list[Finding]:
    rule = BY_CODE[rules.SALARY_MOVED]
    values = {
        "on": on,
        "slots": slots_between(after, on),
        "first": on - timedelta(days=rules.SALARY_LOOKBACK_DAYS),
        "gone_days": rule.window_days,
        "floor": rule.floor_minor,
    }

    def finding(row: Row) -> Finding:
        account, customer, currency, average, months, last_on = row
        figures = (("last_on", last_on.isoformat()), ("days_since", (on - last_on).days), ("months", months))
        return Finding(rule.code, f"{account}/{last_on}", customer, account, on, average, currency, figures)

    return [finding(row) for row in lake.rows(_SALARY, values)]


_IDLE = f"""
WITH {_LOOKED_AT},
stood AS (
    SELECT account_id, arg_max(balance_minor, bank_date) AS balance
    FROM balances SEMI JOIN (SELECT * FROM looked_at WHERE kind = 'demand') USING (account_id)
    WHERE bank_date <= $on GROUP BY account_id HAVING arg_max(balance_minor, bank_date) >= $floor),
touched AS (
    SELECT account_id, max(bank_date) AS last_on FROM transactions SEMI JOIN stood USING (account_id)
    WHERE category NOT IN ('interest', 'fee') AND bank_date <= $on GROUP BY account_id)
SELECT account_id, customer_id, currency, balance, last_on
FROM stood JOIN looked_at USING (account_id) JOIN touched USING (account_id)
WHERE $on - last_on >= $idle_days
ORDER BY account_id
"""


def _find_idle(lake: Lake, after: date, on: date) -> list[Finding]:
    rule = BY_CODE[rules.IDLE_BALANCE]
    slots = slots_between(after, on)
    values = {"on": on, "slots": slots, "idle_days": rule.window_days, "floor": rule.floor_minor}

    def finding(row: Row) -> Finding:
        account, customer, currency, balance, last_on = row
        figures = (("last_on", last_on.isoformat()), ("days_since", (on - last_on).days))
        return Finding(rule.code, f"{account}/{last_on}", customer, account, on, balance, currency, figures)

    return [finding(row) for row in lake.rows(_IDLE, values)]


_ENDING = """
SELECT l.account_id, a.customer_id, a.currency, a.principal_minor, l.due_on, a.closed_on
FROM loans l JOIN accounts a USING (account_id)
WHERE a.kind = 'loan' AND l.class = 'normal' AND coalesce(l.overdue_minor, 0) = 0 AND a.principal_minor >= $floor
  AND CASE WHEN a.closed_on IS NULL OR a.closed_on > $on THEN l.due_on > $on AND l.due_on <= $until
           ELSE a.closed_on > $after END
ORDER BY l.account_id
"""


def _find_ending(lake: Lake, after: date, on: date) -> list[Finding]:
    rule = BY_CODE[rules.LOAN_ENDING]
    until = on + timedelta(days=rule.window_days)
    rows = lake.rows(_ENDING, {"on": on, "after": after, "until": until, "floor": rule.floor_minor})

    def finding(row: Row) -> Finding:
        account, customer, currency, principal, due_on, closed_on = row
        paid_off = closed_on.isoformat() if closed_on and closed_on <= on else None
        figures = (("due_on", due_on.isoformat()), ("paid_off_on", paid_off))
        return Finding(rule.code, f"{account}/{due_on}", customer, account, on, principal, currency, figures)

    return [finding(row) for row in rows]


_GROWTH = f"""
WITH {_LOOKED_AT},
firms AS (SELECT l.* FROM looked_at l SEMI JOIN (SELECT customer_id FROM customers WHERE kind = 'organisation')
          USING (customer_id) WHERE l.kind = 'demand'),
came AS (
    SELECT f.customer_id, f.currency,
           CAST(coalesce(sum(t.amount_minor) FILTER (WHERE t.bank_date >= $recent_first), 0) AS BIGINT) AS recent,
           CAST(coalesce(sum(t.amount_minor) FILTER (WHERE t.bank_date < $recent_first), 0) AS BIGINT) AS before
    FROM transactions t JOIN firms f USING (account_id)
    WHERE t.direction = 'credit' AND t.category NOT IN ('interest', 'loan')
      AND t.bank_date >= $before_first AND t.bank_date <= $on
    GROUP BY f.customer_id, f.currency)
SELECT customer_id, currency, recent, before FROM came
WHERE before >= $floor AND recent * {rules.BPS} >= before * {rules.GROWTH_BPS}
ORDER BY customer_id, currency
"""


def _find_growth(lake: Lake, after: date, on: date) -> list[Finding]:
    rule = BY_CODE[rules.BUSINESS_GROWTH]
    recent_first = on - timedelta(days=rule.window_days - 1)
    values = {
        "on": on,
        "slots": slots_between(after, on),
        "recent_first": recent_first,
        "before_first": recent_first - timedelta(days=rule.window_days),
        "floor": rule.floor_minor,
    }

    def finding(row: Row) -> Finding:
        customer, currency, recent, before = row
        figures = (("recent_minor", recent), ("before_minor", before))
        raised_by = f"{customer}/{currency}/{_quarter(on)}"
        return Finding(rule.code, raised_by, customer, None, on, recent - before, currency, figures)

    return [finding(row) for row in lake.rows(_GROWTH, values)]


def _quarter(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


_FINDERS: dict[str, Callable[[Lake, date, date], list[Finding]]] = {
    rules.DEPOSIT_MATURING: _find_maturing,
    rules.BALANCE_RUNOFF: _find_runoff,
    rules.SALARY_MOVED: _find_salary_moved,
    rules.IDLE_BALANCE: _find_idle,
    rules.LOAN_ENDING: _find_ending,
    rules.BUSINESS_GROWTH: _find_growth,
}
