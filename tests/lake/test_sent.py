"""The ways a file may be sent: a plain CSV file, any other CSV file, and Parquet, all judged alike."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest

from haoyou.lake.feed import FeedError
from haoyou.lake.landing import land
from tests.lake.feeds import DAY, KNOWN_AT, Feed, land_here, paths_of, row

HEADER = "account_id,bank_date,balance\n"
BALANCE = "'A1' AS account_id, DATE '2026-11-20' AS bank_date, CAST(1.5 AS DECIMAL(18, 4)) AS balance"


def stored(path: Path, columns: str = "account_id, balance_minor, source_row") -> list[tuple[object, ...]]:
    with duckdb.connect(":memory:") as connection:
        return connection.execute(f"SELECT {columns} FROM read_parquet('{path}')").fetchall()


def reasons(path: Path | None) -> list[tuple[str, str]]:
    assert path is not None
    with path.open(newline="", encoding="utf-8") as file:
        return [(each["line"], each["reason"]) for each in csv.DictReader(file)]


ROWS = ("A1,2026-11-20,1.50", "", "A2,2026-11-20,x", "A3,2026-11-20", "南 ,2026-11-20,2,more,yet", "A5,2026-11-20,3")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "line_end"])
def test_a_plain_file_and_a_quoted_one_say_the_same(tmp_path: Path, line_end: str, last: str) -> None:
    """One quote sends the file through the other reader; every row, line and reason must be the same."""
    found: list[object] = []
    for number, account in enumerate(("A5", '"A5"')):
        text = HEADER + "\n".join(ROWS).replace("A5", account) + ("\n" if last else "")
        feed = Feed(tmp_path / f"feed{number}").put_bytes("balances", text.replace("\n", line_end).encode(), rows=5)
        landed = land_here(feed.write(), tmp_path / str(number)).datasets[0]
        assert landed.errors is not None
        counts = (landed.rows_in, landed.accepted, landed.rejected, landed.reasons)
        found.append((stored(landed.path), landed.errors.read_bytes(), counts))
    assert found[0] == found[1]
    assert found[0] == (
        [("A1", 150, 2), ("A5", 300, 7)],
        "line,reason,account_id,bank_date,balance\n4,balance:bad_money,A2,2026-11-20,x\n"
        "5,row:wrong_width,A3,2026-11-20,\n"
        '6,row:wrong_width,南 ,2026-11-20,"2,more,yet"\n'.encode(),
        (5, 2, 3, (("row:wrong_width", 2), ("balance:bad_money", 1))),
    )


@pytest.mark.parametrize(
    "content",
    [
        HEADER.encode() + b"A1,2026-11-20,1\rA2,2026-11-20,2\n",  # a carriage return alone
        HEADER.replace("\n", "\r\n").encode() + b"A1,2026-11-20,1\nA2,2026-11-20,2\n",  # both kinds of line end
        HEADER.encode() + b"A1,2026-11-20,1\nA\x1f2,2026-11-20,2\n",  # a control character
    ],
)
def test_what_is_not_plain_goes_the_careful_way(tmp_path: Path, content: bytes) -> None:
    folder = Feed(tmp_path / "feed").put_bytes("balances", content, rows=2).write()
    try:
        landed = land_here(folder, tmp_path).datasets[0]
    except FeedError as error:
        assert (error.code, b"\r" in content) == ("not_csv", True)
    else:
        assert [number for *_, number in stored(landed.path)] == [2, 3]


def test_lines_keep_their_order_and_number_in_a_large_file(tmp_path: Path) -> None:
    count = 300_000
    text = HEADER + "".join(f"A{number:06},2026-11-20,{number}\n" for number in range(count))
    landed = land_here(Feed(tmp_path / "feed").put_bytes("balances", text.encode(), rows=count).write(), tmp_path)
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE account_id = printf('A%06d', source_row - 2)),"
            " count(*) FILTER (WHERE balance_minor = (source_row - 2) * 100)"
            f" FROM read_parquet('{landed.datasets[0].path}')"
        ).fetchone()
    assert found == (count, count, count)


@pytest.mark.parametrize(
    "select",
    [
        f"SELECT {BALANCE}, [1, 2] AS passed_over",
        "SELECT 1.5 AS balance, 'A1 ' AS account_id, '2026-11-20' AS bank_date",
        "SELECT '1.50' AS balance, 'A1' AS account_id, '2026-11-20' AS bank_date",
    ],
)
def test_parquet_lands_like_csv(tmp_path: Path, select: str) -> None:
    landed = land_here(Feed(tmp_path / "feed").put_parquet("balances", select).write(), tmp_path).datasets[0]
    assert (landed.accepted, landed.agrees) == (1, True)
    assert stored(landed.path, "account_id, bank_date, balance_minor, source_row") == [("A1", DAY, 150, 1)]


def test_parquet_rows_are_judged_by_the_same_rules(tmp_path: Path) -> None:
    select = (
        "SELECT 'A' || i AS account_id, DATE '2026-11-20' + CAST(i = 3 AS INTEGER) AS bank_date,"
        " CASE WHEN i = 2 THEN NULL WHEN i = 4 THEN 1.234 ELSE 7 END AS balance FROM range(1, 6) t(i)"
    )
    landed = land_here(Feed(tmp_path / "feed").put_parquet("balances", select, rows=5).write(), tmp_path).datasets[0]
    assert (landed.rows_in, landed.accepted) == (5, 2)
    assert reasons(landed.errors) == [
        ("2", "balance:required"),
        ("3", "bank_date:after_feed"),
        ("4", "balance:bad_money"),
    ]


@pytest.mark.parametrize(
    ("select", "code"),
    [
        ("SELECT 'A1' AS account_id, DATE '2026-11-20' AS bank_date", "missing_column"),
        ("SELECT 'A1' AS account_id, DATE '2026-11-20' AS bank_date, CAST(1 AS DOUBLE) AS balance", "wrong_type"),
        ("SELECT 17 AS account_id, DATE '2026-11-20' AS bank_date, 1.5 AS balance", "wrong_type"),
        ("SELECT 'A1' AS account_id, TIMESTAMP '2026-11-20' AS bank_date, 1.5 AS balance", "wrong_type"),
        (f"SELECT {BALANCE}, " + ", ".join(f"1 AS c{number}" for number in range(41)), "not_parquet"),
    ],
)
def test_parquet_that_is_no_table_of_ours_is_refused(tmp_path: Path, select: str, code: str) -> None:
    folder = Feed(tmp_path / "feed").put_parquet("balances", select).write()
    with pytest.raises(FeedError) as caught:
        land_here(folder, tmp_path)
    assert caught.value.code == code


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_parquet_cut_off_is_refused(tmp_path: Path, keep: int) -> None:
    feed = Feed(tmp_path / "feed").put_parquet("balances", f"SELECT {BALANCE} FROM range(1000)")
    feed.put_bytes("balances", feed.files["balances"][:keep])
    with pytest.raises(FeedError) as caught:
        land_here(feed.write(), tmp_path)
    assert caught.value.code == "not_parquet"
    assert not (tmp_path / "lake" / "base").exists()


def test_totals_stand_beside_the_banks_by_day_word_and_product(tmp_path: Path) -> None:
    accounts = [row("accounts", product="P1"), row("accounts", account_id="A2", kind="term", product="P2")]
    moved = [
        row("transactions", amount="1.00"),
        row("transactions", transaction_id="T2", account_id="A2", amount="2.00", bank_date="2026-11-19"),
        row("transactions", transaction_id="T3", account_id="A2", amount="4.00", direction="debit"),
        row("transactions", transaction_id="T4", amount="8.00", category="?"),
    ]
    said: list[dict[str, object]] = [
        {"by": {"bank_date": "2026-11-20"}, "rows": 3, "amount": "13.00"},
        {"by": {"bank_date": "2026-11-19"}, "rows": 1, "amount": "2.00"},
        {"by": {"product": "P1"}, "rows": 1},
        {"by": {"product": "P9"}, "rows": 2, "amount": "5.00"},
        {"by": {"direction": "credit", "bank_date": "2026-11-19"}, "rows": 1, "amount": "2.00"},
    ]
    feed = Feed(tmp_path / "feed", said_of={"transactions": {"totals": said}})
    landed = land_here(feed.put("accounts", *accounts).put("transactions", *moved).write(), tmp_path).datasets[1]
    told = [
        (dict(one.by), one.bank_rows, one.rows, one.bank_amount_minor, one.amount_minor, one.agrees)
        for one in landed.totals
    ]
    assert told == [
        ({"bank_date": "2026-11-19"}, 1, 1, 200, 200, True),
        ({"bank_date": "2026-11-20"}, 3, 2, 1_300, 500, False),
        ({"product": "P1"}, 1, 1, None, 100, True),
        ({"product": "P2"}, None, 2, None, 600, False),
        ({"product": "P9"}, 2, 0, 500, 0, False),
        ({"bank_date": "2026-11-19", "direction": "credit"}, 1, 1, 200, 200, True),
        ({"bank_date": "2026-11-20", "direction": "credit"}, None, 1, None, 100, False),
        ({"bank_date": "2026-11-20", "direction": "debit"}, None, 1, None, 400, False),
    ]
    assert not landed.agrees
    assert landed.reasons == (("category:bad_code", 1),)


@pytest.mark.parametrize(
    "totals",
    [
        {},
        [{"rows": 1}],
        [{"by": {"counterparty": "x"}, "rows": 1}],
        [{"by": {"direction": "credit"}, "rows": -1}],
        [{"by": {"direction": "credit"}, "rows": 1, "amount": "a"}],
        [{"by": {"direction": "credit"}, "rows": 1}, {"by": {"direction": "credit"}, "rows": 2}],
        [{"by": {"bank_date": str(number)}, "rows": 1} for number in range(1_001)],
    ],
)
def test_totals_that_cannot_be_compared_are_refused(tmp_path: Path, totals: object) -> None:
    feed = Feed(tmp_path / "feed", said_of={"transactions": {"totals": totals}}).put(
        "transactions", row("transactions")
    )
    with pytest.raises(FeedError) as caught:
        land_here(feed.write(), tmp_path)
    assert caught.value.code == "bad_manifest"


def test_orphans_land_and_are_counted_against_all_that_is_known(tmp_path: Path) -> None:
    opening = Feed(tmp_path / "one").put("institutions", row("institutions")).put("customers", row("customers"))
    first = land_here(opening.write(), tmp_path)
    feed = Feed(tmp_path / "two")
    feed.put("accounts", row("accounts"), row("accounts", account_id="A2", customer_id="NOBODY"))
    feed.put("balances", row("balances"), row("balances", account_id="A9"), row("balances", account_id="A2"))
    accounts, balances = land_here(feed.write(), tmp_path, run_id="run2", known=paths_of(first)).datasets
    assert (accounts.accepted, accounts.orphans) == (2, (("customer_id", 1),))
    assert (balances.accepted, balances.orphans) == (3, (("account_id", 1),))


@pytest.mark.parametrize(
    ("kind", "accepted"), [("demand", True), ("card", True), ("term", False), ("wealth", False), ("loan", False)]
)
def test_a_balance_below_zero_where_none_can_be_is_set_aside(tmp_path: Path, kind: str, accepted: bool) -> None:
    first = land_here(Feed(tmp_path / "one").put("accounts", row("accounts", kind=kind)).write(), tmp_path)
    rows = [
        row("balances", balance="-0.01"),
        row("balances", balance="0"),
        row("balances", account_id="A9", balance="-1"),
    ]
    feed = Feed(tmp_path / "two").put("balances", *rows)
    landed = land_here(feed.write(), tmp_path, run_id="run2", known=paths_of(first)).datasets[0]
    other = ("3", "account_id+bank_date:duplicate_key")
    assert reasons(landed.errors) == [other if accepted else ("2", "balance:negative")]
    assert landed.accepted == 2


def test_an_account_is_of_the_kind_the_bank_said_last(tmp_path: Path) -> None:
    day = date(2026, 11, 19)
    old = Feed(tmp_path / "one", day=day).put("accounts", row("accounts", kind="term"))
    first = land_here(old.write(), tmp_path, run_id="run1")
    new = Feed(tmp_path / "two").put("accounts", row("accounts", kind="demand"))
    second = land_here(new.put("balances", row("balances", balance="-1")).write(), tmp_path, run_id="run2",
                       known=paths_of(first))  # fmt: skip
    assert second.datasets[1].accepted == 1


def test_progress_of_a_careful_reading_is_told_by_bytes(tmp_path: Path) -> None:
    text = HEADER + "".join(f'"A{number}",2026-11-20,1\n' for number in range(120_000))
    feed = Feed(tmp_path / "feed").put("accounts", row("accounts")).put_bytes("balances", text.encode(), rows=120_000)
    told: list[tuple[str, int, int]] = []
    land(
        feed=feed.write(), lake=tmp_path / "lake", run_id="r", known_at=KNOWN_AT, errors=tmp_path / "errors",
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert [(name, rows) for name, rows, _ in told] == [
        ("accounts", 1), ("balances", 50_000), ("balances", 100_000), ("balances", 120_000),
    ]  # fmt: skip
    percents = [percent for *_, percent in told]
    assert percents == sorted(percents)
    assert (0 <= percents[0] < 40 < percents[1] < 80 < percents[2] <= percents[3]) and percents[3] == 100
