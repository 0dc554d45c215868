# ruff: noqa: S608 - these statements are put together from the bank's own words and numbers
"""What customers are about to decide, and what being talked to changes.

Needs arise from what happened (money came in, a deposit is about to end) or of themselves. Each is decided once. The
bank learns that somebody was contacted only from the files in its own inbox: see docs/operations/demobank.md.
"""

import csv
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from duckdb import DuckDBPyConnection

from demobank.guangxi.chart import DEMAND, KIND_STEP
from demobank.guangxi.sql import insert
from demobank.guangxi.truth import (
    ARISING,
    CHANCE_MAX,
    CHANNELS,
    EFFECTS,
    INFLOW_MIN_FEN,
    LEAVES_OF_HUNDRED,
    WEARY_CONTACTS,
    WEARY_DAYS,
    WINDOW_DAYS,
)
from demobank.guangxi.words import INFLOW_KINDS

CONTACT_COLUMNS = ("customer_id", "channel", "topic", "made_on")
CONTACT_ROWS_MAX = 200_000  # of one file: a bank whose staff make more contacts a day does not exist
TOPICS = tuple(EFFECTS)

_CUSTOMER = re.compile(r"C(\d{7,8})\Z")
_DATED_FILE = "????-??-??.csv"


def _window(topic: str) -> str:
    shortest, longest = WINDOW_DAYS[topic]
    return f"({shortest} + below({longest - shortest + 1}, '{topic} window', need, 0))::INTEGER"


_INTO = "INSERT INTO needs (need, idx, topic, opened_on, decides_on, amount_fen, account, luck) "

# Large inflows of persons among the entries of a relation like the journal, and when they make up their minds.
INFLOWS = f"""
SELECT need, idx, bank_date, bank_date + {_window("inflow")} AS decides_on, amount_fen, account
FROM (SELECT entry AS need, owner(credit) AS idx, bank_date, amount_fen, credit AS account FROM {{source}}
      WHERE kind IN {INFLOW_KINDS} AND amount_fen >= {INFLOW_MIN_FEN} AND credit < {2 * KIND_STEP})
JOIN (SELECT idx FROM customers WHERE kind = 'person') USING (idx)
"""

# Of those who have nobody's word to stay for: whether the money leaves, in how many pieces, and how much of it.
MACROS = f"""
CREATE TEMP MACRO leaving_pieces(need) AS 1 + below(3, 'pieces', need, 0);
CREATE TEMP MACRO leaving_part(need, amount) AS part(amount, 0.75, 1.0, 'leaving', need, 0);
CREATE TEMP MACRO lets_go(need) AS below(100, 'leaves', need, 0) < {LEAVES_OF_HUNDRED};
CREATE TEMP MACRO leaves(need) AS
    chance('inflow luck', need, 0) >= {EFFECTS["inflow"].base} AND lets_go(need);
"""

_FROM_INFLOWS = f"""{_INTO}
SELECT need, idx, 'inflow', bank_date, decides_on, amount_fen, account, chance('inflow luck', need, 0)
FROM ({INFLOWS.format(source="journal")}) WHERE bank_date BETWEEN $from_day AND $day AND decides_on > $day
"""

_FROM_MATURITIES = f"""{_INTO}
SELECT entry_no(matures_on, idx, 1, 50 + account % 50), idx, 'maturity', $day, matures_on, balance_fen, account,
       chance('maturity luck', account, dayno(matures_on))
FROM accounts
WHERE kind = 'term' AND closed_on IS NULL AND NOT renews AND matures_on > $from_day AND matures_on <= $until
"""

_ARISING = """{into}
SELECT need, idx, '{topic}', $day::DATE, $day::DATE + {window}, income_fen * 6, account, chance('{topic} luck', need, 0)
FROM (SELECT entry_no($day::DATE, idx, 2, {number}) AS need, idx, income_fen, acc({demand}, idx, 0) AS account
    FROM customers
      WHERE active AND {who} AND since < $day::DATE
        AND below(1000000, '{topic} arises', idx, dayno($day::DATE)) < {chance})
"""
_WHO_MAY = {
    "loan": "living IN ('worker', 'merchant')",
    "card": "living IN ('worker', 'merchant')",
    "retention": "living = 'worker' AND payroll_until IS NULL",
}

_CONTACTED = f"""
SELECT n.need, max(CASE k.channel {" ".join(f"WHEN '{word}' THEN {factor}" for word, factor in CHANNELS.items())} END)
       AS factor
FROM needs n JOIN contacts k ON k.idx = n.idx AND k.topic = n.topic AND k.made_on BETWEEN n.opened_on AND n.decides_on
WHERE n.decides_on = $day
  AND (SELECT count(*) FROM contacts o WHERE o.idx = n.idx AND o.made_on < k.made_on
       AND o.made_on >= k.made_on - {WEARY_DAYS}) < {WEARY_CONTACTS}
GROUP BY n.need
"""


def _by_topic(what: str) -> str:
    cases = " ".join(f"WHEN '{topic}' THEN {getattr(effect, what)}" for topic, effect in EFFECTS.items())
    return f"CASE topic {cases} END"


_DECIDE = f"""
UPDATE needs SET contacted = d.contacted, said_yes = d.said_yes
FROM (SELECT n.need, k.factor IS NOT NULL AS contacted,
             n.luck < least({CHANCE_MAX}, {_by_topic("base")} + coalesce(k.factor, 0) * {_by_topic("lift")}) AS said_yes
      FROM needs n LEFT JOIN ({_CONTACTED}) k ON k.need = n.need WHERE n.decides_on = $day) d
WHERE needs.need = d.need
"""


def open_needs_of_history(books: DuckDBPyConnection, opening: date) -> None:
    """What is undecided on the opening evening."""
    longest = WINDOW_DAYS["inflow"][1]
    books.execute(_FROM_INFLOWS, {"from_day": opening - timedelta(days=longest), "day": opening})
    until = opening + timedelta(days=WINDOW_DAYS["maturity"][0])
    books.execute(_FROM_MATURITIES, {"day": opening, "from_day": opening, "until": until})


def open_needs_of_morning(books: DuckDBPyConnection, day: date) -> None:
    """Deposits that end in a fortnight, and wishes that nobody can see coming."""
    until = day + timedelta(days=WINDOW_DAYS["maturity"][0])
    books.execute(_FROM_MATURITIES, {"day": day, "from_day": until - timedelta(days=1), "until": until})
    for number, (topic, chance) in enumerate(ARISING.items()):
        words = {"topic": topic, "window": _window(topic), "number": number, "who": _WHO_MAY[topic], "chance": chance}
        words["demand"] = DEMAND
        books.execute(_ARISING.format(into=_INTO, **words), {"day": day})


def open_needs_of_evening(books: DuckDBPyConnection, day: date) -> None:
    """Money that came in today."""
    books.execute(_FROM_INFLOWS, {"from_day": day, "day": day})


def decide(books: DuckDBPyConnection, day: date) -> None:
    """Everybody whose day it is makes up their mind."""
    books.execute(_DECIDE, {"day": day})


def take_contacts(books: DuckDBPyConnection, inbox: Path, day: date, say: Callable[[str], None]) -> None:
    """Read the contact files of days before `day` that were not read yet; what cannot be understood is counted."""
    known = {name for (name,) in books.execute("SELECT file FROM contact_files").fetchall()}
    for path in sorted(inbox.glob(_DATED_FILE)):
        if path.name in known or path.stem >= day.isoformat():
            continue
        rows, refused = _read_contacts(path, day)
        insert(books, "contacts", rows)
        insert(books, "contact_files", [(path.name, len(rows), refused)])
        if refused:
            say(f"{path.name}: {refused} contacts are not as described and were passed over, {len(rows)} taken")


def _read_contacts(path: Path, day: date) -> tuple[list[tuple[object, ...]], int]:
    rows: list[tuple[object, ...]] = []
    refused = 0
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        for number, fields in enumerate(csv.DictReader(file)):
            contact = _contact(fields, day) if number < CONTACT_ROWS_MAX else None
            refused += contact is None
            if contact:
                rows.append(contact)
    return rows, refused


def _contact(fields: dict[str, str], day: date) -> tuple[object, ...] | None:
    customer, channel, topic, made = (fields.get(name) or "" for name in CONTACT_COLUMNS)
    matched = _CUSTOMER.match(customer)
    try:
        made_on = date.fromisoformat(made)
    except ValueError:
        return None
    if not matched or channel not in CHANNELS or topic not in TOPICS or made_on >= day:
        return None
    return int(matched[1]) - 1, channel, topic, made_on
