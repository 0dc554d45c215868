# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""Who the bank serves, who works there, and who belongs to whom.

Customers come in blocks of twenty at one outlet: couples, a family of three, pensioners, single people, and an owner
with their firm. Where in a block somebody stands says what they are to the others, so that relationships need no
search; everything else about them is drawn from their number.
"""

from datetime import date
from random import Random

from duckdb import DuckDBPyConnection

from demobank.guangxi.places import HEAD_ID, STREETS, Map
from demobank.guangxi.shape import Shape
from demobank.guangxi.sql import insert, sql_list
from demobank.guangxi.words import EMPLOYERS_FROM, EMPLOYERS_PER_PREFECTURE, OCCUPATIONS
from demobank.names import COMPANY_FORMS, COMPANY_TRADES, COMPANY_WORDS, FEMALE, MALE, SURNAMES_AS_OFTEN, staff_name

BLOCK = 20
HEAD_OFFICE_STAFF = 3
CORPORATE_TEAM_MIN = 40  # an outlet with so many firms has managers for them alone
FIRMS_PER_MANAGER = 100


_TWO_WORDS = f"pick({sql_list(COMPANY_WORDS)}, 'word', idx, 1) || pick({sql_list(COMPANY_WORDS)}, 'word', idx, 2)"
_COMPANY = f"""place || {_TWO_WORDS} || pick({sql_list(COMPANY_TRADES)}, 'trade', idx, 0)
    || pick({sql_list((COMPANY_FORMS[0],) * 8 + (COMPANY_FORMS[1],) * 2 + COMPANY_FORMS[2:])}, 'form', idx, 0)"""

CUSTOMERS = f"""
INSERT INTO customers
WITH numbered AS (
    SELECT i::INTEGER AS idx, (i % {BLOCK})::INTEGER AS pos, i // {BLOCK} AS block
    FROM range($first_idx::BIGINT, $end_idx::BIGINT) t(i)),
placed AS (
    SELECT n.*, o.institution_id AS outlet, o.place, o.prefecture,
           CASE WHEN pos = 19 THEN 'company' WHEN pos = 18 THEN 'merchant' WHEN pos IN (5, 6, 7) THEN 'pensioner'
                WHEN pos = 4 OR below(100, 'living', idx, 0) < 78 THEN 'worker' ELSE 'merchant' END AS living,
           CASE WHEN pos IN (0, 2, 5, 6) THEN 'm' WHEN pos IN (1, 3, 7) THEN 'f'
                WHEN below(2, 'sex', idx, 0) = 0 THEN 'm' ELSE 'f' END AS sex,
           CASE pos WHEN 1 THEN idx - 1 WHEN 3 THEN idx - 1 WHEN 4 THEN idx - 2 WHEN 7 THEN idx - 1
               ELSE idx END AS home,
           CASE pos WHEN 4 THEN idx - 2 WHEN 5 THEN idx - 5 ELSE idx END AS family,
           CASE WHEN pos IN (5, 6, 7) THEN 61 + below(24, 'age', idx, 0)
                WHEN pos IN (2, 3) THEN 48 + below(11, 'age', idx, 0)
                WHEN pos = 4 THEN 21 + below(7, 'age', idx, 0)
                WHEN pos = 0 THEN 28 + below(10, 'age', idx, 0)
                ELSE 23 + below(36, 'age', idx, 0) END AS age
    FROM numbered n JOIN outlets o
      ON o.number = below((SELECT count(*) FROM outlets), 'outlet', n.block, 0)),
dated AS (
    SELECT *, ($opening::DATE - (age * 365 + below(365, 'born', idx, 0))::INTEGER) AS born,
           living = 'company' AS is_firm,
           below(10000, 'active', idx, 0) < $active_bps * CASE living WHEN 'company' THEN 1.25 ELSE 1 END AS active,
           coalesce($since::DATE, $opening::DATE - CASE WHEN below(100, 'new', idx, 0) < 5
               THEN 1 + below($history_days - 2, 'since', idx, 0)
               ELSE $history_days + below(4500, 'since', idx, 0) END::INTEGER) AS since
    FROM placed),
paid AS (
    SELECT *, CASE living
               WHEN 'worker' THEN (350000 + 1150000 * pow(chance('income', idx, 0), 2))::BIGINT // 100 * 100
               WHEN 'pensioner' THEN yuan(1800, 4800, 'income', idx, 0)
               WHEN 'merchant' THEN yuan(300, 2600, 'income', idx, 0)
               ELSE yuan(8000, 90000, 'income', idx, 0) END AS income,
           CASE living WHEN 'worker' THEN 800 + below(1200, 'spend', idx, 0)
                       WHEN 'pensioner' THEN 400 + below(500, 'spend', idx, 0)
                       WHEN 'merchant' THEN 600 + below(900, 'spend', idx, 0) ELSE 0 END AS often
    FROM dated)
SELECT idx, if(is_firm, 'organisation', 'person'), living, active, since, income,
       pick([5, 8, 10, 15, 20, 25], 'payday', idx, 0)::TINYINT,
       if(living = 'worker' AND below(100, 'left', idx, 0) < 3,
          $opening::DATE - below($history_days, 'left', idx, 1)::INTEGER, NULL),
       {EMPLOYERS_FROM} + c.prefecture * {EMPLOYERS_PER_PREFECTURE} + below({EMPLOYERS_PER_PREFECTURE}, 'employer',
           idx, 0),
       often, if(often = 0, 0, (income * if(living = 'merchant', 2.4, 0.72)) * 10000 / (30 * often))::BIGINT,
       outlet, if(is_firm, 'corporate', 'retail'),
       if(is_firm, {_COMPANY},
          pick({sql_list(SURNAMES_AS_OFTEN)}, 'surname', family, 0)
          || if(sex = 'm', pick({sql_list(MALE)}, 'given', idx, 1), pick({sql_list(FEMALE)}, 'given', idx, 1))
          || if(below(100, 'two', idx, 0) >= 82, '',
                if(sex = 'm', pick({sql_list(MALE)}, 'given', idx, 2), pick({sql_list(FEMALE)}, 'given', idx, 2)))),
       if(is_firm, NULL, born), if(is_firm, NULL, sex), mobile(idx),
       if(is_firm, NULL, '居民身份证'), if(is_firm, NULL, id_number(idx, born, sex)),
       if(is_firm, credit_code(idx), NULL),
       t.name || pick({sql_list(zh for zh, _ in STREETS)}, 'street', home, 0) || (1 + below(180, 'house', home,
           0)) || '号'
       || if(is_firm, '', (1 + below(18, 'floor', home, 0)) || '0' || (1 + below(4, 'door', home, 0)) || '室'),
       CASE living WHEN 'worker' THEN pick({sql_list(OCCUPATIONS["worker"])}, 'job', idx, 0)
                   WHEN 'pensioner' THEN pick({sql_list(OCCUPATIONS["pensioner"])}, 'job', idx, 0)
                   WHEN 'merchant' THEN pick({sql_list(OCCUPATIONS["merchant"])}, 'job', idx, 0) END,
       if(is_firm, NULL, $opening::DATE - 90 + below(6200, 'expires', idx, 0)::INTEGER),
       if(has_risk, pick(['1', '2', '2', '2', '3', '3', '4', '5'], 'risk', idx, 0), NULL),
       if(has_risk, $opening::DATE - 60 + below(425, 'risk until', idx, 0)::INTEGER, NULL), $today::DATE
FROM (SELECT *, NOT is_firm AND below(100, 'assessed', idx, 0) < if(active, 45, 5) AS has_risk,
             below((SELECT count(*) FROM towns w WHERE w.prefecture = paid.prefecture), 'town', home, 0) AS town
      FROM paid) c
JOIN towns t ON t.prefecture = c.prefecture AND t.number = c.town
ORDER BY idx
"""

# from, to, kind, how many of a hundred blocks have it, share.
_TIES = (
    (0, 1, "spouse", 100, None),
    (0, 1, "household", 100, None),
    (2, 3, "spouse", 100, None),
    (2, 3, "household", 100, None),
    (2, 4, "parent", 100, None),
    (3, 4, "parent", 100, None),
    (2, 4, "household", 100, None),
    (5, 0, "parent", 100, None),
    (6, 7, "spouse", 100, None),
    (6, 7, "household", 100, None),
    (18, 19, "owner", 100, 60),
    (18, 19, "legal_representative", 85, None),
    (17, 19, "owner", 40, 40),
    (17, 19, "legal_representative", 0, None),
    (18, 19, "guarantor", 30, None),
    (19, 39, "group", 8, 51),
)

RELATIONSHIPS = f"""
INSERT INTO relationships
SELECT a.idx, b.idx, t.kind, t.share, greatest(a.since, b.since), $today::DATE
FROM (VALUES {", ".join(f"({a}, {b}, '{kind}', {of}, {share or 'NULL'})" for a, b, kind, of, share in _TIES)})
     t(a, b, kind, of_hundred, share)
JOIN customers a ON a.idx % {BLOCK} = t.a
JOIN customers b ON b.idx = a.idx - t.a + t.b
WHERE below(100, t.kind, a.idx // {BLOCK}, t.a) < t.of_hundred
  AND greatest(a.idx, b.idx) >= $first_idx AND greatest(a.idx, b.idx) < $end_idx
ORDER BY a.idx, b.idx, t.kind
"""

# Each outlet's managers in turn; a few customers belong to nobody yet, a few are looked after by two.
ASSIGNMENTS = """
INSERT INTO assignments
WITH ranked AS (
    SELECT idx, outlet, line, since, row_number() OVER (PARTITION BY outlet, line ORDER BY idx) - 1 AS turn
    FROM customers),
dealt AS (
    SELECT r.*, t.staff_id, t.turn AS seat, t.size
    FROM ranked r JOIN teams t ON t.outlet = r.outlet AND t.line = r.line AND t.turn = r.turn % t.size
    WHERE r.idx >= $first_idx AND r.idx < $end_idx AND below(100, 'open pool', r.idx, 0) >= 2)
SELECT idx, staff_id, 'primary', since, $today::DATE FROM dealt
UNION ALL
SELECT d.idx, t.staff_id, 'assisting', d.since, $today::DATE
FROM dealt d JOIN teams t ON t.outlet = d.outlet AND t.line = d.line AND t.turn = (d.seat + 1) % d.size
WHERE d.size > 1 AND below(100, 'assisted', d.idx, 0) < 5
ORDER BY 1, 3 DESC
"""


def add_customers(
    books: DuckDBPyConnection, *, first: int, end: int, shape: Shape, opening: date, since: date | None, today: date
) -> None:
    """Customers numbered from `first` up to before `end`; `since` is None for the history, where it is drawn."""
    values = {"first_idx": first, "end_idx": end, "opening": opening, "active_bps": shape.active_bps}
    values |= {"history_days": shape.history_days, "since": since, "today": today}
    books.execute(CUSTOMERS, values)


def add_ties(books: DuckDBPyConnection, *, first: int, end: int, today: date) -> None:
    """Relationships and managers of these customers, who must be in the books; teams must be too."""
    values = {"first_idx": first, "end_idx": end, "today": today}
    books.execute(RELATIONSHIPS, values)
    books.execute(ASSIGNMENTS, values)


def add_staff(books: DuckDBPyConnection, *, drawn: Map, shape: Shape, seed: int, today: date) -> None:
    """Posts at the head office, branches and outlets, and as many managers as each outlet's customers need."""
    counts: dict[tuple[str, str], int] = {}
    for outlet, line, count in books.execute("SELECT outlet, line, count(*) FROM customers GROUP BY ALL").fetchall():
        counts[outlet, line] = count
    both = "retail;corporate"
    posts = [(f"{HEAD_ID}-{n + 1:02d}", HEAD_ID, "head_office", both) for n in range(HEAD_OFFICE_STAFF)]
    posts.append((f"{HEAD_ID}-A", HEAD_ID, "administrator", both))
    posts += [(f"{branch}-M", branch, "branch_manager", both) for branch in drawn.branch_ids]
    teams: list[tuple[str, str, int, int, str]] = []
    for outlet in drawn.outlets:
        place = outlet.institution_id
        people, firms = counts.get((place, "retail"), 0), counts.get((place, "corporate"), 0)
        retail = [f"{place}-{n + 1:02d}" for n in range(max(1, -(-people // shape.customers_per_manager)))]
        own_team = -(-firms // FIRMS_PER_MANAGER) if firms >= CORPORATE_TEAM_MIN else 0
        corporate = [f"{place}-C{n + 1:02d}" for n in range(own_team)] or retail[:1]
        posts += [(f"{place}-M", place, "branch_manager", both), (f"{place}-L", place, "lobby_manager", both)]
        posts += [(who, place, "relationship_manager", both if who in corporate else "retail") for who in retail]
        posts += [(who, place, "relationship_manager", "corporate") for who in corporate if who not in retail]
        for line, team in (("retail", retail), ("corporate", corporate)):
            teams += [(place, line, turn, len(team), who) for turn, who in enumerate(team)]
    random = Random(f"demo:{seed}:staff")  # noqa: S311 - an invented world must come out the same again
    staff = [
        (who, staff_name(random), place, role, lines, f"161{random.randrange(10**8):08d}", today)
        for who, place, role, lines in posts
    ]
    insert(books, "staff", staff)
    insert(books, "teams", teams)
