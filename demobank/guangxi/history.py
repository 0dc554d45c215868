# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""The years before the opening day, made for many customers at a time.

What customers do and what their contracts bring is proposed first, without looking at a balance. Then each customer is
given as much at the start as keeps the account from ever being overdrawn, interest is reckoned on the evenings that
follow from it, and the entries are booked. So the history needs no walk through its days.
"""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from duckdb import DuckDBPyConnection

from demobank.guangxi import events, needs
from demobank.guangxi.chart import (
    CARRIED,
    CASH,
    CLEARING,
    DEMAND,
    INTEREST_EARNED,
    INTEREST_PAID,
    KIND_STEP,
    SETTLEMENT,
    WEALTH_INCOME,
)
from demobank.guangxi.shape import Shape
from demobank.guangxi.sql import quoted
from demobank.guangxi.words import KIND, SELF

INTEREST_MONTHS = (3, 6, 9, 12)
INTEREST_DAY = 21
INTEREST_DAYS_A_YEAR = 360

_MINE = "account >= acc(1, 0, 0) AND owner(account) >= $first AND owner(account) < $end"
_INTO = "INSERT INTO proposed (entry, bank_date, debit, credit, amount_fen, kind, party) "
_DEMAND_OF = f"acc({DEMAND}, idx, 0)"


def entry(word: str, day: str, debit: str | int, credit: str | int, amount: str, party: int = 0) -> str:
    """An insert into `proposed` for rows that have `idx` and `account`; a FROM clause must follow."""
    number = f"entry_no({day}, idx, {KIND[word]}, slot(account))"
    return f"{_INTO} SELECT {number}, {day}, {debit}, {credit}, {amount}, {KIND[word]}, {party} "


# What contracts brought: those from before the first day are carried in, the others opened, run on and end.
_CONTRACTS = (
    entry("carried", "$first_day::DATE", CARRIED, "account", "principal_fen")
    + "FROM mine WHERE kind = 'term' AND opened_on < $first_day",
    entry("term_in", "opened_on", _DEMAND_OF, "account", "principal_fen")
    + "FROM mine WHERE kind = 'term' AND opened_on >= $first_day",
    entry("term_interest", "ended_on", INTEREST_PAID, _DEMAND_OF, "term_interest(principal_fen, rate, months)")
    + "FROM mine_ended WHERE $opening >= ended_on AND ended_on >= $first_day",
    entry("term_out", "closed_on", "account", _DEMAND_OF, "principal_fen")
    + "FROM mine WHERE kind = 'term' AND closed_on >= $first_day AND $opening IS NOT NULL",
    entry("wealth_in", "opened_on", _DEMAND_OF, "account", "principal_fen")
    + "FROM mine WHERE kind = 'wealth' AND opened_on >= $first_day AND $opening IS NOT NULL",
    entry("wealth_out", "closed_on", "account", _DEMAND_OF, "principal_fen")
    + "FROM mine WHERE kind = 'wealth' AND closed_on >= $first_day AND $opening IS NOT NULL",
    entry("wealth_income", "closed_on", WEALTH_INCOME, _DEMAND_OF,
          "wealth_income(principal_fen, rate, closed_on - opened_on)")
    + "FROM mine WHERE kind = 'wealth' AND closed_on >= $first_day AND $opening IS NOT NULL",
    entry("carried", "$first_day::DATE", "account", CARRIED,
          "owed_after(repayment, principal_fen, rate, months, least(paid, dues_by(opened_on, $first_day::DATE - 1)))")
    + "FROM mine WHERE kind = 'loan' AND opened_on < $first_day",
    # A mortgage is paid to the seller of the house, other loans to the borrower.
    entry("loan_out", "opened_on", "account", f"if(product_id = 'P401', {CLEARING}, {_DEMAND_OF})", "principal_fen")
    + "FROM mine WHERE kind = 'loan' AND opened_on >= $first_day",
    entry("loan_spent", "opened_on", _DEMAND_OF, CLEARING, "principal_fen")
    + "FROM mine WHERE kind = 'loan' AND opened_on >= $first_day AND product_id <> 'P401'",
)  # fmt: skip

_INSTALMENTS = """
CREATE OR REPLACE TEMP TABLE instalments AS
SELECT account, idx, plus_months(opened_on, k::INTEGER) AS due_on,
       owed_after(repayment, principal_fen, rate, months, k - 1) - owed_after(repayment, principal_fen, rate, months, k)
           AS principal_part,
       month_interest(owed_after(repayment, principal_fen, rate, months, k - 1), rate) AS interest_part
FROM (SELECT *, unnest(generate_series(1, paid)) AS k FROM mine WHERE kind = 'loan' AND paid > 0)
WHERE plus_months(opened_on, k::INTEGER) >= $first_day
"""

# A card is repaid in full once a month, what was spent up to the evening before.
_CARD_REPAYMENTS = (
    entry("card_repaid", "repaid_on", _DEMAND_OF, "account", "sum(amount_fen)::BIGINT")
    + f"""FROM (SELECT a.idx, a.account, p.amount_fen,
               if(day(p.bank_date) < a.due_dom, make_date(year(p.bank_date), month(p.bank_date), a.due_dom),
                  plus_months(make_date(year(p.bank_date), month(p.bank_date), a.due_dom), 1)) AS repaid_on
        FROM proposed p JOIN mine a ON a.account = p.debit WHERE p.kind = {KIND["card_purchase"]})
        WHERE repaid_on <= $opening GROUP BY idx, account, repaid_on"""
)

MACROS = f"""
CREATE TEMP MACRO term_interest(principal, rate, months) AS
    (principal::HUGEINT * (rate * 10000)::BIGINT * months // 12000000)::BIGINT;
CREATE TEMP MACRO wealth_income(principal, rate, days) AS
    (principal::HUGEINT * (rate * 10000)::BIGINT * days // 365000000)::BIGINT;
CREATE TEMP MACRO month_interest(owed, rate) AS (owed::HUGEINT * (rate * 10000)::BIGINT // 12000000)::BIGINT;
CREATE TEMP MACRO demand_interest(base, rate) AS
    (base::HUGEINT * (rate * 10000)::BIGINT // {INTEREST_DAYS_A_YEAR * 1_000_000})::BIGINT;
"""

_START = f"""
WITH nets AS (
    SELECT account, bank_date, sum(amount_fen) AS net
    FROM (SELECT credit AS account, bank_date, amount_fen FROM proposed
          UNION ALL SELECT debit, bank_date, -amount_fen FROM proposed)
    WHERE account BETWEEN acc({DEMAND}, $first, 0) AND acc({DEMAND}, $end, 0) - 1 GROUP BY ALL),
lows AS (
    SELECT account, least(0, min(evening)) AS low
    FROM (SELECT account, sum(net) OVER (PARTITION BY account ORDER BY bank_date) AS evening
        FROM nets) GROUP BY account),
started AS (
    SELECT c.idx, since, coalesce(-low, 0)::BIGINT + (CASE
        WHEN active THEN part(income_fen, 0.5, 6, 'start', c.idx, 0)
        WHEN below(100, 'nearly empty', c.idx, 0) < 62 THEN below(900, 'start', c.idx, 0) + 1
        ELSE (30000000 * pow(chance('start', c.idx, 0), 6))::BIGINT + 10000 END) AS amount
    FROM customers c LEFT JOIN lows ON lows.account = acc({DEMAND}, c.idx, 0)
    WHERE c.idx >= $first AND c.idx < $end)
{_INTO}
SELECT entry_no(day, idx, kind, 99), day, own, {_DEMAND_OF}, amount, kind, 0
FROM (SELECT *, greatest(since, $first_day::DATE) AS day,
             if(since < $first_day, {KIND["carried"]}, {KIND["first_deposit"]}) AS kind,
             if(since < $first_day, {CARRIED}, {CASH}) AS own FROM started)
"""

_NETS = f"""
CREATE OR REPLACE TEMP TABLE nets AS
SELECT account, bank_date, sum(amount_fen)::BIGINT AS net
FROM (SELECT credit AS account, bank_date, amount_fen FROM proposed
      UNION ALL SELECT debit, bank_date, -amount_fen FROM proposed)
WHERE account >= {KIND_STEP} GROUP BY ALL
"""

# Evening balances times the days they stood, per quarter: what moved in a quarter counts from its day on, what was
# there before for the whole of it. The quarter that is still running has no paid_on and is kept for later.
_INTEREST_BASES = f"""
CREATE OR REPLACE TEMP TABLE bases AS
WITH moved AS (
    SELECT account, q.bound, sum(net) AS net, sum(net * (q.upto - n.bank_date)) AS weighted
    FROM (SELECT * FROM nets WHERE account < {2 * KIND_STEP}) n ASOF JOIN quarters q ON n.bank_date < q.bound
    GROUP BY ALL),
grid AS (
    SELECT m.account, q.paid_on, q.upto - q.from_day AS days, coalesce(v.net, 0) AS net, coalesce(v.weighted,
        0) AS weighted,
           q.bound
    FROM mine m JOIN quarters q ON m.kind = 'demand' AND q.bound > m.opened_on
    LEFT JOIN moved v ON v.account = m.account AND v.bound = q.bound)
SELECT account, paid_on,
       (weighted + days * coalesce(sum(net) OVER (PARTITION BY account ORDER BY bound
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::BIGINT AS base
FROM grid
"""

# Money that came in and was not kept by anybody's word leaves again, as it does later: see `day`.
_LEFT = f"""
CREATE OR REPLACE TEMP TABLE leaving AS
SELECT *, row_number() OVER (PARTITION BY idx, due_on ORDER BY need, piece) AS number
FROM (SELECT need, idx, piece, (decides_on + piece * 3)::DATE AS due_on, (whole // pieces)::BIGINT AS amount_fen
      FROM (SELECT *, unnest(range(pieces))::INTEGER AS piece
            FROM (SELECT need, idx, decides_on, leaving_pieces(need) AS pieces, leaving_part(need, amount_fen) AS whole
                  FROM ({needs.INFLOWS.format(source="proposed")}) WHERE decides_on <= $opening AND leaves(need))))
"""
_LEFT_BOOKED = f"""{_INTO}
SELECT entry_no(due_on, idx, {KIND["leave"]}, number), due_on, {_DEMAND_OF}, {CLEARING}, amount_fen, {KIND["leave"]},
    {SELF}
FROM leaving WHERE due_on <= $opening
"""
_LEFT_PLANNED = f"""
INSERT INTO plans SELECT idx, due_on, need, amount_fen, {KIND["leave"]} FROM leaving
    WHERE due_on > $opening ORDER BY need, due_on
"""

_INTEREST = (
    entry("interest", "paid_on", INTEREST_PAID, _DEMAND_OF, "demand_interest(base, rate)")
    + """FROM (SELECT b.*, owner(b.account) AS idx, r.rate
               FROM (SELECT b.*, m.product_id FROM bases b JOIN mine m USING (account) WHERE b.paid_on IS NOT NULL) b
               ASOF JOIN rates r ON b.product_id = r.product_id AND b.paid_on >= r.from_date)
        WHERE demand_interest(base, rate) > 0"""
)


def quarter_days(first: date, last: date) -> list[date]:
    """The days on which demand deposits are paid their interest."""
    years = range(first.year, last.year + 1)
    days = (date(year, month, INTEREST_DAY) for year in years for month in INTEREST_MONTHS)
    return [day for day in days if first <= day <= last]


def make_history(
    books: DuckDBPyConnection, *, first: int, end: int, shape: Shape, opening: date, evenings: Path
) -> None:
    """Book all entries of customers from `first` to before `end`; their evening balances go to the file `evenings`."""
    first_day = opening - timedelta(days=shape.history_days - 1)
    chunk = {"first": first, "end": end}
    span = {"first_day": first_day, "opening": opening}
    events.propose(books, first=first, end=end, shape=shape)
    books.execute(f"CREATE OR REPLACE TEMP TABLE mine AS SELECT * FROM accounts WHERE {_MINE} ORDER BY account", chunk)
    books.execute(
        """CREATE OR REPLACE TEMP TABLE mine_ended AS
           SELECT *, plus_months(opened_on, (months * k)::INTEGER) AS ended_on
           FROM (SELECT *, unnest(generate_series(1, 14)) AS k FROM mine WHERE kind = 'term')
           WHERE renews OR k = 1""",
    )
    for statement in _CONTRACTS:
        books.execute(statement, {name: value for name, value in span.items() if f"${name}" in statement})
    books.execute(_INSTALMENTS, {"first_day": first_day})
    for statement in instalment_entries():
        books.execute(statement)
    books.execute(_CARD_REPAYMENTS, {"opening": opening})
    books.execute("DELETE FROM proposed WHERE amount_fen <= 0 OR bank_date > $opening", {"opening": opening})
    for statement in (_LEFT, _LEFT_BOOKED, _LEFT_PLANNED):
        books.execute(statement, {"opening": opening})
    books.execute(_START, chunk | {"first_day": first_day})
    _pay_interest(books, first_day, opening)
    books.execute("INSERT INTO journal SELECT * FROM proposed")
    _settle(books, opening, evenings)


def instalment_entries() -> list[str]:
    """What `instalments` says, as one payment of the customer and as the bank divides it."""
    return [
        entry("instalment", "due_on", _DEMAND_OF, SETTLEMENT, "principal_part + interest_part") + "FROM instalments",
        entry("loan_principal", "due_on", SETTLEMENT, "account", "principal_part") + "FROM instalments",
        entry("loan_interest", "due_on", SETTLEMENT, INTEREST_EARNED, "interest_part") + "FROM instalments",
    ]


def _pay_interest(books: DuckDBPyConnection, first_day: date, opening: date) -> None:
    days = quarter_days(first_day, opening)
    books.execute("CREATE OR REPLACE TEMP TABLE quarters (paid_on DATE, from_day DATE, upto DATE, bound DATE)")
    for start, end in pairwise([first_day, *days]):
        books.execute("INSERT INTO quarters VALUES (?, ?, ?, ?)", [end, start, end, end])
    bound = opening + timedelta(days=1)
    books.execute("INSERT INTO quarters VALUES (NULL, ?, ?, ?)", [[first_day, *days][-1], opening, bound])
    books.execute(_NETS)
    books.execute(_INTEREST_BASES)
    books.execute(_INTEREST)


def _settle(books: DuckDBPyConnection, opening: date, target: Path) -> None:
    """Add up the evenings: those on which something moved go to the feed, the last one into the accounts."""
    books.execute(_NETS)
    books.execute(
        """CREATE OR REPLACE TEMP TABLE evenings AS
           SELECT account, bank_date,
                  sum(net) OVER (PARTITION BY account ORDER BY bank_date)::BIGINT AS balance_fen
           FROM (SELECT account, bank_date, sum(net) AS net
                 FROM (SELECT * FROM nets
                       UNION ALL SELECT account, $opening::DATE, 0 FROM mine WHERE closed_on IS NULL) GROUP BY ALL)""",
        {"opening": opening},
    )
    evenings = "SELECT * FROM evenings ORDER BY account, bank_date"
    books.execute(f"COPY ({evenings}) TO {quoted(target)} (FORMAT parquet, COMPRESSION lz4)")
    books.execute(
        """UPDATE accounts SET balance_fen = e.balance_fen
           FROM (SELECT account, arg_max(balance_fen, bank_date) AS balance_fen FROM evenings GROUP BY account) e
           WHERE accounts.account = e.account"""
    )
    books.execute(
        """UPDATE accounts SET interest_base = b.base FROM bases b
           WHERE accounts.account = b.account AND b.paid_on IS NULL"""
    )
