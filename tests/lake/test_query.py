"""The views over landed files: the newest row of each key, and nothing of the machine beyond the files."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from haoyou.lake.query import Lake, LakeFileMissingError
from tests.lake.feeds import DAY, KNOWN_AT, Feed, land_here, paths_of, row


def land_day(root: Path, number: int, *, run_id: str, later_h: int = 0, **rows: list[dict[str, str]]):
    feed = Feed(root / f"feed-{run_id}", day=DAY + timedelta(days=number))
    for name, each in rows.items():
        feed.put(name, *each)
    return land_here(feed.write(), root, run_id=run_id, known_at=KNOWN_AT + timedelta(hours=later_h))


def test_the_row_known_last_is_the_one_shown(tmp_path: Path) -> None:
    opening = land_day(
        tmp_path,
        0,
        run_id="r0",
        customers=[row("customers", name="old"), row("customers", customer_id="C2", name="same")],
        balances=[row("balances", balance="1"), row("balances", account_id="A2", balance="5")],
    )
    second = land_day(tmp_path, 1, run_id="r1", later_h=1, customers=[row("customers", name="newer")])
    third = land_day(
        tmp_path,
        2,
        run_id="r2",
        later_h=2,
        customers=[row("customers", name="newest")],
        balances=[row("balances", balance="2")],
    )
    with Lake.open(paths_of(third, opening, second)) as lake:
        people = lake.rows("SELECT customer_id, name, run_id FROM customers ORDER BY customer_id")
        balances = lake.rows("SELECT account_id, balance_minor FROM balances ORDER BY account_id")
    assert people == [("C1", "newest", "r2"), ("C2", "same", "r0")]
    assert balances == [("A1", 200), ("A2", 500)]


def test_a_folder_landed_by_two_runs_counts_once(tmp_path: Path) -> None:
    rows = [row("transactions"), row("transactions", transaction_id="T2")]
    first = land_day(tmp_path, 0, run_id="r0", transactions=rows)
    again = land_day(tmp_path, 0, run_id="r1", later_h=1, transactions=rows)
    with Lake.open(paths_of(first, again)) as lake:
        assert lake.rows("SELECT count(*), sum(amount_minor), min(run_id) FROM transactions") == [(2, 2_468, "r1")]


def test_datasets_without_files_are_empty_and_have_their_columns() -> None:
    with Lake.open({}) as lake:
        assert lake.rows("SELECT amount_minor, bank_date, known_at, source_row FROM transactions") == []
        assert lake.rows("SELECT count(*) FROM institutions, staff, customers, assignments, accounts, balances") == [
            (0,)
        ]


def test_rows_come_in_chunks_and_parameters_are_bound(tmp_path: Path) -> None:
    rows = [row("balances", account_id=f"A{number}") for number in range(25)]
    landed = land_day(tmp_path, 0, run_id="r0", balances=rows)
    with Lake.open(paths_of(landed)) as lake:
        found = lake.iter_rows("SELECT account_id FROM balances WHERE account_id <> $id", {"id": "A3"}, chunk=4)
        assert len(list(found)) == 24
        assert lake.rows("SELECT count(*) FROM balances WHERE account_id = ?", ["A3' OR 1=1 --"]) == [(0,)]


def test_several_threads_may_ask_at_once(tmp_path: Path) -> None:
    landed = land_day(tmp_path, 0, run_id="r0", balances=[row("balances")])
    with Lake.open(paths_of(landed)) as lake, ThreadPoolExecutor(4) as pool:
        asked = pool.map(lambda number: lake.rows("SELECT balance_minor + ? FROM balances", [number]), range(40))
        assert list(asked) == [[(1_000 + number,)] for number in range(40)]


def test_a_promised_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(LakeFileMissingError):
        Lake.open({"balances": [tmp_path / "gone.parquet"]})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{other}')",
        "COPY (SELECT 1) TO '{other}'",
        "SET enable_external_access = true",
        "ATTACH '{other}' AS other",
    ],
)
def test_the_connection_reaches_no_other_file(tmp_path: Path, sql: str) -> None:
    landed = land_day(tmp_path, 0, run_id="r0", balances=[row("balances")])
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with Lake.open(paths_of(landed)) as lake, pytest.raises(duckdb.Error):
        lake.rows(sql.format(other=other))
    assert other.read_text() == "a\n1\n"
