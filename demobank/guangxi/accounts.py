# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""What customers had before the bank opened: deposits, wealth products, loans and cards, with the terms they run on.

An account's state is as of the opening evening; the entries that led there are made from it in `events` and
`contracts`. Deposits and products that ran out before the history began are not told.
"""

from datetime import date, timedelta

from duckdb import DuckDBPyConnection

from demobank.guangxi.chart import CARD, DEMAND, LOAN, TERM, WEALTH

_COLUMNS = """INSERT INTO accounts (account, idx, kind, product_id, opened_on, closed_on, balance_fen, rate, months,
    matures_on, renews, principal_fen, repayment, paid, class, overdue_fen, limit_fen, due_dom, interest_base,
    interest_day, changed_on) """

DEMANDS = f"""{_COLUMNS}
SELECT acc({DEMAND}, idx, 0), idx, 'demand', if(kind = 'person', 'P101', 'P102'), since, NULL, 0, NULL, NULL, NULL,
    NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, $today::DATE, $today::DATE
FROM customers WHERE idx >= $first_idx AND idx < $end_idx ORDER BY idx
"""

# A deposit that renews runs on until today; one that does not ended at its first maturity and was paid out.
TERMS = f"""{_COLUMNS}
WITH wanted AS (
    SELECT c.idx, n::INTEGER AS n, c.living,
           pick(['P201', 'P202', 'P203', 'P203', 'P203', 'P204', 'P205', 'P205'], 'term', idx, n) AS product_id,
           greatest(c.since, $opening::DATE - below(1100, 'term since', idx, n)::INTEGER) AS opened_on,
           below(100, 'renews', idx, n) < 45 AS renews,
           yuan(1, CASE living WHEN 'company' THEN 120 WHEN 'pensioner' THEN 30 ELSE 45 END, 'term of', idx, n) * 5000
               AS principal_fen
    FROM customers c, range(2) t(n)
    WHERE idx >= $first_idx AND idx < $end_idx AND since < $opening
      AND below(1000, 'has term', idx, n) < if(active, CASE living WHEN 'pensioner' THEN 520 ELSE 360 END, 90)),
termed AS (
    SELECT w.*, p.months, plus_months(opened_on, p.months) AS first_end
    FROM wanted w JOIN products p USING (product_id)),
living AS (
    SELECT *, NOT renews AND first_end <= $opening AS is_over,
           if(renews, list_filter(generate_series(0, 14), lambda k: plus_months(opened_on,
               (months * k)::INTEGER) <= $opening)[-1],
              0)::INTEGER AS cycles
    FROM termed WHERE opened_on < $opening AND (renews OR first_end >= $first_day))
SELECT acc({TERM}, idx, n), idx, 'term', l.product_id, opened_on, if(is_over, first_end, NULL),
       if(is_over, 0, principal_fen), r.rate, months, plus_months(opened_on, (months * (cycles + 1))::INTEGER), renews,
       principal_fen, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, $today::DATE
FROM (SELECT *, plus_months(opened_on, (months * cycles)::INTEGER) AS rated_on FROM living) l
ASOF JOIN rates r ON l.product_id = r.product_id AND l.rated_on >= r.from_date
ORDER BY idx, n
"""

# Somebody who buys wealth products buys the same again a week after the last one ran out.
WEALTHS = f"""{_COLUMNS}
WITH wanted AS (
    SELECT idx, since, risk_level,
           CASE risk_level WHEN '1' THEN 'P301' WHEN '2' THEN 'P302' WHEN '3' THEN 'P303' ELSE 'P304' END AS product_id,
           yuan(1, 20, 'wealth of', idx, 0) * 10000 AS principal_fen
    FROM customers
    WHERE idx >= $first_idx AND idx < $end_idx AND risk_level IS NOT NULL AND below(100, 'has wealth', idx, 0) < 35),
bought AS (
    SELECT w.*, n::INTEGER AS n, p.months AS days,
           $first_day::DATE + (below(200, 'wealth since', idx, 0) + n * (p.months + 7))::INTEGER AS opened_on
    FROM wanted w JOIN products p USING (product_id), range(12) t(n))
SELECT acc({WEALTH}, idx, n), idx, 'wealth', b.product_id, opened_on, if(opened_on + days <= $opening,
    opened_on + days, NULL),
       if(opened_on + days <= $opening, 0, principal_fen), r.rate, NULL, opened_on + days, NULL, principal_fen,
       NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, $today::DATE
FROM bought b ASOF JOIN rates r ON b.product_id = r.product_id AND b.opened_on >= r.from_date
WHERE opened_on >= since AND opened_on < $opening
ORDER BY idx, n
"""

# `months` instalments from the month after the loan was granted; some have missed the last few.
LOANS = f"""{_COLUMNS}
WITH wanted AS (
    SELECT idx, since, living, income_fen,
           CASE living WHEN 'company' THEN 'P404' WHEN 'merchant' THEN 'P403'
                WHEN 'worker' THEN if(below(10, 'loan kind', idx, 0) < 6, 'P401', 'P402') END AS product_id
    FROM customers
    WHERE idx >= $first_idx AND idx < $end_idx AND since < $opening AND living <> 'pensioner'
      AND below(1000, 'has loan', idx, 0) < CASE living WHEN 'worker' THEN if(active, 110, 12)
          WHEN 'merchant' THEN if(active, 160, 20) ELSE if(active, 300, 30) END),
sized AS (
    SELECT *, CASE product_id WHEN 'P401' THEN pick([180, 240, 300, 360], 'loan term', idx, 0)
                  WHEN 'P402' THEN pick([12, 24, 36], 'loan term', idx, 0)
                  WHEN 'P403' THEN pick([12, 24, 36], 'loan term', idx, 0) ELSE 12 END AS months,
           greatest(CASE product_id WHEN 'P401' THEN income_fen * 32 WHEN 'P402' THEN income_fen * 4
               WHEN 'P403' THEN income_fen * 60 ELSE income_fen * 18 END // 1000000,
                   1)::BIGINT * 1000000 AS principal_fen
    FROM wanted WHERE product_id IS NOT NULL),
granted AS (
    SELECT *, greatest(since, $opening::DATE - below(least(months * 28, 2400), 'granted', idx,
        0)::INTEGER) AS granted_on
    FROM sized),
due AS (
    SELECT g.*, r.rate, if(g.product_id = 'P404', 'interest_only', 'annuity') AS repayment,
           dues_by(granted_on, $opening) AS dues,
           if(below(1000, 'bad payer', idx, 0) < 30, 1 + below(5, 'missed', idx, 0), 0) AS missed
    FROM granted g ASOF JOIN rates r ON g.product_id = r.product_id AND g.granted_on >= r.from_date
    WHERE granted_on < $opening)
SELECT acc({LOAN}, idx, 0), idx, 'loan', product_id, granted_on, NULL,
       -owed_after(repayment, principal_fen, rate, months, paid), rate, months, plus_months(granted_on, months), NULL,
       principal_fen, repayment, paid, loan_class(dues - paid),
       (dues - paid) * instalment(repayment, principal_fen, rate, months), NULL, NULL, 0, NULL, $today::DATE
FROM (SELECT *, greatest(dues - missed, 0)::INTEGER AS paid FROM due WHERE dues < months)
ORDER BY idx
"""

CARDS = f"""{_COLUMNS}
SELECT acc({CARD}, idx, 0), idx, 'card', 'P501', greatest(since, $opening::DATE - below(1500, 'card since', idx,
    0)::INTEGER),
       NULL, 0, NULL, NULL,
       plus_months($opening, 3 + below(56, 'card until', idx, 0)::INTEGER), NULL, NULL, NULL, NULL, NULL, NULL,
       pick([5000, 10000, 10000, 20000, 30000, 50000], 'limit', idx, 0) * 100::BIGINT,
       pick([3, 7, 11, 18, 22, 26], 'card due', idx, 0)::TINYINT, 0, NULL, $today::DATE
FROM customers
WHERE idx >= $first_idx AND idx < $end_idx AND kind = 'person' AND living <> 'pensioner' AND since < $opening - 30
  AND below(1000, 'has card', idx, 0) < if(active, 200, 15)
ORDER BY idx
"""

# Of a loan: how many instalments fell due by a day, what each comes to, what is owed after so many, and its class.
MACROS = """
CREATE TEMP MACRO dues_by(granted_on, day) AS greatest(0, (datediff('month', granted_on, day)
    - (plus_months(granted_on, datediff('month', granted_on, day)::INTEGER) > day)::INTEGER))::INTEGER;
CREATE TEMP MACRO grown(rate, n) AS pow(1 + rate::DOUBLE / 1200, n);
CREATE TEMP MACRO instalment(repayment, principal, rate, months) AS CASE repayment
    WHEN 'annuity' THEN round(principal * (rate::DOUBLE / 1200) * grown(rate, months) / (grown(rate,
        months) - 1))::BIGINT
    ELSE round(principal * rate::DOUBLE / 1200)::BIGINT END;
CREATE TEMP MACRO owed_after(repayment, principal, rate, months, n) AS CASE
    WHEN n >= months THEN 0 WHEN repayment = 'interest_only' OR n = 0 THEN principal
    ELSE round(principal * (grown(rate, months) - grown(rate, n)) / (grown(rate, months) - 1))::BIGINT END::BIGINT;
CREATE TEMP MACRO loan_class(missed) AS CASE WHEN missed <= 1 THEN 'normal' WHEN missed <= 3 THEN 'special_mention'
    WHEN missed <= 6 THEN 'substandard' WHEN missed <= 12 THEN 'doubtful' ELSE 'loss' END;
"""


def add_accounts(books: DuckDBPyConnection, *, first: int, end: int, opening: date, history_days: int) -> None:
    """All accounts that customers of the history have on the opening evening, or had while it lasted."""
    bounds: dict[str, object] = {"first_idx": first, "end_idx": end, "today": opening}
    books.execute(DEMANDS, bounds)
    with_opening = bounds | {"opening": opening}
    with_first = with_opening | {"first_day": opening - timedelta(days=history_days - 1)}
    books.execute(TERMS, with_first)
    books.execute(WEALTHS, with_first)
    books.execute(LOANS, with_opening)
    books.execute(CARDS, with_opening)
