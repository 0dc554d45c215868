# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""One bank day: what falls due and what customers do is proposed, what the accounts can bear is booked.

A day depends on the seed, its date, the books of the evening before and the contacts made by then, and on nothing
else, so that a day that was lost is made again as it was.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from demobank.guangxi import events, needs
from demobank.guangxi.accounts import DEMANDS
from demobank.guangxi.chart import (
    CARD,
    CASH,
    CLEARING,
    DEMAND,
    INTEREST_PAID,
    KIND_STEP,
    LOAN,
    TERM,
    WEALTH,
    WEALTH_INCOME,
)
from demobank.guangxi.history import entry, instalment_entries, quarter_days
from demobank.guangxi.people import add_customers, add_ties
from demobank.guangxi.shape import Shape
from demobank.guangxi.words import KIND, SELF

NEW_CUSTOMER_DAYS = 7_300  # so many customers bring one more a day

_DEMAND_OF = f"acc({DEMAND}, idx, 0)"
_FIRST_PAID = (KIND["instalment"], KIND["card_repaid"])  # the bank takes its own before the customer spends

_RETURNS = "account IN (SELECT account FROM ending WHERE NOT runs_on)"

# Deposits and products that end today; who does not renew automatically may have been talked into it.
_ENDING = """
CREATE OR REPLACE TEMP TABLE ending AS
SELECT a.*, a.kind = 'term' AND (coalesce(a.renews, false) OR coalesce(n.said_yes, false)) AS runs_on
FROM accounts a LEFT JOIN needs n ON n.account = a.account AND n.topic = 'maturity' AND n.decides_on = $day
WHERE a.kind IN ('term', 'wealth') AND a.closed_on IS NULL AND a.matures_on = $day
"""

_INSTALMENTS = """
CREATE OR REPLACE TEMP TABLE instalments AS
SELECT account, idx, $day::DATE AS due_on, least(owed, owed_after(repayment, principal_fen, rate, months, paid)
           - owed_after(repayment, principal_fen, rate, months, paid + 1)) AS principal_part,
       month_interest(owed, rate) AS interest_part
FROM (SELECT *, -balance_fen AS owed FROM accounts
      WHERE kind = 'loan' AND closed_on IS NULL AND dues_by(opened_on, $day::DATE) > paid AND paid < months
        AND (overdue_fen = 0 OR below(100, 'catches up', account, dayno($day::DATE)) < 6))
"""

# Somebody with the money at hand now and then pays a loan off at once.
_PAID_OFF = f"""FROM (SELECT l.idx, l.account, l.balance_fen FROM accounts l JOIN accounts d
    ON d.account = acc({DEMAND}, l.idx, 0)
      WHERE l.kind = 'loan' AND l.closed_on IS NULL AND l.balance_fen < 0 AND d.balance_fen > -l.balance_fen * 1.2
        AND below(1000, 'pays off', l.account, dayno($day::DATE)) < 4
        AND l.account NOT IN (SELECT account FROM instalments))"""

# Yes to a talk about money that came in: it stays, or part goes into a deposit or product, or a card or loan is taken.
_NEW_ACCOUNTS = f"""
CREATE OR REPLACE TEMP TABLE fresh AS
WITH yes AS (
    SELECT *, CASE topic WHEN 'card' THEN 'card' WHEN 'loan' THEN 'loan' ELSE
              CASE WHEN below(100, 'takes', need, 0) < 48 THEN NULL WHEN below(100, 'takes', need, 0) < 62 THEN 'term'
                   WHEN below(100, 'takes', need, 0) < 76 THEN 'wealth' WHEN below(100, 'takes', need, 0) < 90
                       THEN 'card'
                   ELSE 'loan' END END AS kind
    FROM needs WHERE decides_on = $day AND said_yes AND topic IN ('inflow', 'loan', 'card')),
one AS (
    SELECT kind, idx, min(need) AS need, arg_min(amount_fen, need) AS amount_fen FROM yes WHERE kind IS NOT NULL
    GROUP BY ALL),
known AS (
    SELECT one.*, living, coalesce(risk_level, '1') AS risk,
           coalesce((SELECT 1 + max(account % 10000) FROM accounts a WHERE a.idx = one.idx AND a.kind = one.kind), 0)
               AS number
    FROM one JOIN (SELECT idx, living, risk_level FROM customers) USING (idx)),
sized AS (
    SELECT *, CASE kind WHEN 'loan' THEN greatest(2, least(50, amount_fen // 1000000)) * 1000000
                        ELSE amount_fen * 7 // 1000000 * 100000 END::BIGINT AS size_fen,
           CASE kind WHEN 'card' THEN 'P501' WHEN 'loan' THEN if(living = 'merchant', 'P403', 'P402')
               WHEN 'term' THEN pick(['P201', 'P202', 'P203', 'P203', 'P205'], 'new term', need, 0)
               ELSE CASE risk WHEN '1' THEN 'P301' WHEN '2' THEN 'P302' WHEN '3' THEN 'P303' ELSE 'P304' END END
               AS product_id
    FROM known)
SELECT acc(CASE s.kind WHEN 'term' THEN {TERM} WHEN 'wealth' THEN {WEALTH} WHEN 'loan' THEN {LOAN} ELSE {CARD} END,
    idx, number)
           AS account, s.*, p.months AS runs, r.rate
FROM sized s JOIN products p ON p.product_id = s.product_id
LEFT JOIN (SELECT product_id, arg_max(rate, from_date) AS rate FROM rates WHERE from_date <= $day GROUP BY 1) r
       ON r.product_id = s.product_id
WHERE s.kind = 'card' OR size_fen > 0
ORDER BY account
"""

_OPEN_FRESH = """
INSERT INTO accounts
SELECT account, idx, kind, product_id, $day, NULL, 0, rate,
       CASE kind WHEN 'term' THEN runs WHEN 'loan' THEN 24 END,
       CASE kind WHEN 'term' THEN plus_months($day::DATE, runs) WHEN 'wealth' THEN $day::DATE + runs
                 WHEN 'loan' THEN plus_months($day::DATE, 24) ELSE plus_months($day::DATE, 60) END,
       if(kind = 'term', below(100, 'renews', account, 0) < 45, NULL), if(kind = 'card', NULL, size_fen),
       if(kind = 'loan', 'annuity', NULL), if(kind = 'loan', 0, NULL), if(kind = 'loan', 'normal', NULL),
       if(kind = 'loan', 0, NULL), if(kind = 'card', 2000000, NULL), if(kind = 'card', 18, NULL), 0, NULL, $day
FROM fresh
WHERE kind IN ('card', 'loan') OR account IN (SELECT credit FROM booked)
ORDER BY account
"""

# A working capital loan is prolonged by a year a month before it ends, where nothing is overdue; some are called in.
_PROLONG = """
UPDATE accounts SET months = months + 12, matures_on = plus_months(matures_on, 12), changed_on = $day
WHERE kind = 'loan' AND closed_on IS NULL AND repayment = 'interest_only' AND matures_on - 30 = $day AND overdue_fen = 0
  AND below(100, 'prolonged', account, dayno($day::DATE)) < 92
"""

# Money that leaves goes in up to three pieces, today and on later days.
_LEAVING = f"""
INSERT INTO plans
SELECT idx, $day::DATE + (piece * 3)::INTEGER, need, (whole // pieces)::BIGINT, {KIND["leave"]}
FROM (SELECT *, unnest(range(pieces)) AS piece
      FROM (SELECT need, idx, leaving_pieces(need) AS pieces,
                   CASE topic WHEN 'inflow' THEN leaving_part(need, amount_fen)
                        ELSE (SELECT balance_fen * 9 // 10 FROM accounts d WHERE d.account = n.account) END AS whole
            FROM needs n WHERE decides_on = $day AND NOT said_yes
              AND (topic = 'retention' OR (topic = 'inflow' AND lets_go(need)))))
WHERE whole // pieces > 0
"""

_PLANNED = f"""
INSERT INTO proposed
SELECT entry_no($day::DATE, idx, kind, row_number() OVER (PARTITION BY idx ORDER BY number)), $day::DATE, {_DEMAND_OF},
       {CLEARING}, amount_fen, kind, {SELF}
FROM plans WHERE due_on = $day
"""

_INTEREST = (
    entry("interest", "$day::DATE", INTEREST_PAID, "account", "demand_interest(base, rate)")
    + """FROM (SELECT a.account, a.idx, r.rate, interest_base + balance_fen * ($day::DATE - interest_day) AS base
               FROM accounts a JOIN (SELECT product_id, arg_max(rate, from_date) AS rate FROM rates
                                     WHERE from_date <= $day GROUP BY 1) r USING (product_id)
               WHERE a.kind = 'demand' AND a.closed_on IS NULL)
        WHERE demand_interest(base, rate) > 0"""
)

# What an account can bear: the morning's balance, in the order in which the bank books. What comes in serves tomorrow.
_BOOK = f"""
CREATE OR REPLACE TEMP TABLE booked AS
SELECT entry, bank_date, debit, credit, amount_fen, kind, party
FROM (SELECT p.*, a.balance_fen AS morning,
             sum(p.amount_fen) OVER (PARTITION BY p.debit ORDER BY p.kind NOT IN {_FIRST_PAID}, p.entry) AS asked
      FROM proposed p LEFT JOIN accounts a ON a.account = p.debit AND a.kind = 'demand')
WHERE debit NOT BETWEEN {DEMAND * KIND_STEP} AND {(DEMAND + 1) * KIND_STEP - 1} OR asked <= coalesce(morning, 0)
"""
_CARD_LIMIT = f"""
DELETE FROM proposed WHERE kind = {KIND["card_purchase"]}
AND debit IN (SELECT account FROM accounts WHERE kind = 'card' AND -balance_fen + 60000 > limit_fen)
"""


def live_day(
    books: DuckDBPyConnection, *, shape: Shape, day: date, opening: date, inbox: Path, say: Callable[[str], None]
) -> None:
    """Let one day pass in the books; the caller holds the transaction."""
    needs.take_contacts(books, inbox, day, say)
    count = _welcome(books, shape, day, opening)
    needs.open_needs_of_morning(books, day)
    needs.decide(books, day)
    events.make_days(books, day, day)
    events.propose(books, first=0, end=count, shape=shape)
    _propose_contracts(books, day)
    books.execute("DELETE FROM proposed WHERE amount_fen <= 0")
    books.execute(_BOOK)
    _divide_instalments(books)
    books.execute("INSERT INTO journal SELECT * FROM booked ORDER BY entry")
    books.execute(_OPEN_FRESH, {"day": day})
    _carry(books, day)
    _change_contracts(books, day)
    needs.open_needs_of_evening(books, day)
    books.execute("DELETE FROM plans WHERE due_on <= $day", {"day": day})
    books.execute("UPDATE evening SET bank_date = $day", {"day": day})


def _welcome(books: DuckDBPyConnection, shape: Shape, day: date, opening: date) -> int:
    """New customers of the day, with an account; answers how many customers there are then."""
    row = books.execute(
        """SELECT n, (n // $each + (below($each, 'newcomers', dayno($day::DATE), 0) < n % $each)::INTEGER)::INTEGER
           FROM (SELECT count(*)::INTEGER AS n FROM customers)""",
        {"each": NEW_CUSTOMER_DAYS, "day": day},
    ).fetchone()
    assert row
    first, end = int(row[0]), int(row[0]) + int(row[1])
    if end > first:
        add_customers(books, first=first, end=end, shape=shape, opening=opening, since=day, today=day)
        add_ties(books, first=first, end=end, today=day)
        books.execute(DEMANDS, {"first_idx": first, "end_idx": end, "today": day})
    return end


def _propose_contracts(books: DuckDBPyConnection, day: date) -> None:
    today = {"day": day}
    books.execute(_ENDING, today)
    books.execute(_INSTALMENTS, today)
    books.execute(_NEW_ACCOUNTS, today)
    books.execute(_LEAVING, today)
    books.execute(_PLANNED, today)
    if quarter_days(day, day):
        books.execute(_INTEREST, today)
    for statement in _contract_entries(books, day):
        books.execute(statement, today if "$day" in statement else None)
    books.execute(_CARD_LIMIT)


def _contract_entries(books: DuckDBPyConnection, day: date) -> list[str]:
    """The statements that have anything to propose today: each costs more to prepare than a small bank's day."""
    found = books.execute(
        """SELECT (SELECT count(*) FROM customers WHERE since = $day), (SELECT count(*) FROM ending
            WHERE kind = 'term'),
                  (SELECT count(*) FROM ending WHERE kind = 'wealth'), (SELECT count(*) FROM fresh),
                  (SELECT count(*) FROM instalments),
                  (SELECT count(*) FROM accounts WHERE kind = 'card' AND due_dom = day($day::DATE))""",
        {"day": day},
    ).fetchone()
    assert found
    on = "$day::DATE"
    term_gain = "term_interest(principal_fen, rate, months)"
    wealth_gain = "wealth_income(principal_fen, rate, $day::DATE - opened_on)"
    statements = (
        [
            entry("first_deposit", on, CASH, "account", "part(greatest(income_fen, 100000), 0.5, 3, 'start', idx, 0)")
            + f"FROM (SELECT idx, income_fen, {_DEMAND_OF} AS account FROM customers WHERE since = $day)"
        ],
        [
            entry("term_interest", on, INTEREST_PAID, _DEMAND_OF, term_gain) + "FROM ending WHERE kind = 'term'",
            entry("term_out", on, "account", _DEMAND_OF, "balance_fen")
            + "FROM ending WHERE kind = 'term' AND NOT runs_on",
        ],
        [
            entry("wealth_out", on, "account", _DEMAND_OF, "balance_fen") + "FROM ending WHERE kind = 'wealth'",
            entry("wealth_income", on, WEALTH_INCOME, _DEMAND_OF, wealth_gain) + "FROM ending WHERE kind = 'wealth'",
        ],
        [
            entry("term_in", on, _DEMAND_OF, "account", "size_fen") + "FROM fresh WHERE kind = 'term'",
            entry("wealth_in", on, _DEMAND_OF, "account", "size_fen") + "FROM fresh WHERE kind = 'wealth'",
            entry("loan_out", on, "account", _DEMAND_OF, "size_fen") + "FROM fresh WHERE kind = 'loan'",
        ],
        instalment_entries()[:1],
        [
            entry("card_repaid", on, _DEMAND_OF, "account", "-balance_fen")
            + "FROM accounts WHERE kind = 'card' AND due_dom = day($day::DATE) AND balance_fen < 0"
        ],
    )
    needed = [one for group, count in zip(statements, found, strict=True) if count for one in group]
    return [*needed, entry("paid_off", on, _DEMAND_OF, "account", "-balance_fen") + _PAID_OFF]


def _divide_instalments(books: DuckDBPyConnection) -> None:
    """An instalment that was paid is divided into principal and interest; one that was not is overdue."""
    books.execute(
        f"""DELETE FROM instalments WHERE entry_no(due_on, idx, {KIND["instalment"]}, slot(account)) NOT IN
            (SELECT entry FROM booked WHERE kind = {KIND["instalment"]})"""
    )
    books.execute("DELETE FROM proposed")
    for statement in instalment_entries()[1:]:
        books.execute(statement)
    books.execute("INSERT INTO booked SELECT * FROM proposed WHERE amount_fen > 0")


def _carry(books: DuckDBPyConnection, day: date) -> None:
    """The booked entries reach the balances; interest days are counted up to today where a balance changes."""
    books.execute(
        """CREATE OR REPLACE TEMP TABLE moved AS
           SELECT account, sum(amount_fen)::BIGINT AS net
           FROM (SELECT credit AS account, amount_fen FROM booked UNION ALL SELECT debit, -amount_fen FROM booked)
           GROUP BY account"""
    )
    if quarter_days(day, day):
        books.execute("UPDATE accounts SET interest_base = 0, interest_day = $day WHERE kind = 'demand'", {"day": day})
    else:
        books.execute(
            """UPDATE accounts SET interest_base = interest_base + balance_fen * ($day::DATE - interest_day),
                interest_day = $day
               FROM moved WHERE accounts.account = moved.account AND accounts.kind = 'demand'""",
            {"day": day},
        )
    books.execute(
        "UPDATE accounts SET balance_fen = balance_fen + net FROM moved WHERE accounts.account = moved.account"
    )
    books.execute(
        "UPDATE own_accounts SET balance_fen = balance_fen + net FROM moved WHERE own_accounts.account = moved.account"
    )


def _change_contracts(books: DuckDBPyConnection, day: date) -> None:
    """Renew, close, count instalments and what is overdue, and remember whose salary goes elsewhere now."""
    today = {"day": day}
    books.execute(
        """UPDATE accounts SET matures_on = plus_months($day::DATE, accounts.months), rate = r.rate, changed_on = $day
           FROM ending e, (SELECT product_id, arg_max(rate, from_date) AS rate FROM rates
               WHERE from_date <= $day GROUP BY 1) r
           WHERE accounts.account = e.account AND e.runs_on AND r.product_id = accounts.product_id""",
        today,
    )
    books.execute(f"UPDATE accounts SET closed_on = $day, changed_on = $day WHERE {_RETURNS}", today)
    books.execute("UPDATE accounts SET paid = paid + 1 WHERE account IN (SELECT account FROM instalments)")
    books.execute(
        """UPDATE accounts SET class = s.class, overdue_fen = s.overdue_fen, changed_on = $day
           FROM (SELECT account, loan_class(least(months, dues_by(opened_on, $day::DATE)) - paid) AS class,
                        greatest(0, least(months, dues_by(opened_on, $day::DATE)) - paid)
                        * instalment(repayment, principal_fen, rate, months) AS overdue_fen
                 FROM accounts WHERE kind = 'loan' AND closed_on IS NULL) s
           WHERE accounts.account = s.account
               AND (accounts.class <> s.class OR accounts.overdue_fen <> s.overdue_fen)""",
        today,
    )
    books.execute(
        """UPDATE accounts SET closed_on = $day, overdue_fen = 0, class = 'normal', changed_on = $day
           WHERE kind = 'loan' AND closed_on IS NULL AND balance_fen = 0 AND opened_on < $day""",
        today,
    )
    books.execute(_PROLONG, today)
    books.execute(
        """UPDATE customers SET payroll_until = $day WHERE idx IN
           (SELECT idx FROM needs WHERE decides_on = $day AND topic = 'retention' AND NOT said_yes)""",
        today,
    )
