"""The invented bank: its books are right, its days come out the same again, whatever interrupts them."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from demobank.feed import BankError, FeedWriter
from demobank.guangxi.shape import draw_shape
from tests.demobank.banks import check_books, check_manifest, digest, folders, minor, open_demo, rows, run


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_books_balance_every_day_and_the_manifests_are_true(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    open_demo(tmp_path)
    assert run(tmp_path, "advance", "--days", "30") == 0  # past the interest day in December
    found = folders(tmp_path)
    days = [(date(2026, 11, 20) + timedelta(days=n)).isoformat() for n in range(31)]
    assert [folder.name for folder in found] == days
    for folder in found:
        check_manifest(folder)
    assert check_books(found) > 10_000
    owed = {row["account_id"] for row in rows(found[0], "accounts") if row["kind"] in ("loan", "card")}
    held = [row for folder in found for row in rows(folder, "balances") if row["account_id"] not in owed]
    assert min(minor(row["balance"]) for row in held) >= 0
    capsys.readouterr()
    assert run(tmp_path, "check") == 0
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 7
    assert all(line.endswith(" compared, 0 wrong") for line in said)
    assert not any(" 0 compared" in line for line in said)


def test_the_proof_finds_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    open_demo(tmp_path, customers=60)
    with duckdb.connect(str(tmp_path / "state.books.duckdb")) as books:
        books.execute("UPDATE journal SET amount_fen = amount_fen + 1 WHERE entry = (SELECT min(entry) FROM journal)")
    assert run(tmp_path, "check") == 1
    wrong = [line for line in capsys.readouterr().err.splitlines() if " compared, " in line and ", 0 wrong" not in line]
    assert [line.split(": ")[1] for line in wrong] == [
        "accounts whose balance is the sum of their entries",
        "told days whose transactions are those of the journal",
    ]


def test_totals_by_product_add_up_to_the_whole(tmp_path: Path) -> None:
    open_demo(tmp_path, customers=100)
    (opening,) = folders(tmp_path)
    product = {row["account_id"]: row["product"] for row in rows(opening, "accounts")}
    sums: Counter[str] = Counter()
    for row in rows(opening, "balances"):
        sums[product[row["account_id"]]] += minor(row["balance"])
    entry = json.loads((opening / "manifest.json").read_text())["datasets"]["balances"]
    assert {total["by"]["product"]: minor(total["amount"]) for total in entry["totals"]} == dict(sums)


def test_the_same_seed_is_the_same_bank_and_another_is_not(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        open_demo(tmp_path / name, customers=60, seed=seed)
    assert run(tmp_path / "a", "advance", "--days", "4") == 0
    for _ in range(4):  # a day at a time, read back from the books each time
        assert run(tmp_path / "b", "advance", "--days", "1") == 0
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert (tmp_path / "a/state.json").read_text() == (tmp_path / "b/state.json").read_text()
    assert digest(tmp_path / "a")["2026-11-20/customers.csv"] != digest(tmp_path / "c")["2026-11-20/customers.csv"]


def test_parquet_says_what_csv_says(tmp_path: Path) -> None:
    for name, form in (("c", "csv"), ("p", "parquet")):
        open_demo(tmp_path / name, customers=60, form=form)
        assert run(tmp_path / name, "advance", "--days", "1") == 0
    for ours, theirs in zip(folders(tmp_path / "p"), folders(tmp_path / "c"), strict=True):
        told = json.loads((ours / "manifest.json").read_text())["datasets"]
        plain = json.loads((theirs / "manifest.json").read_text())["datasets"]
        assert [(name, entry["rows"], entry.get("totals")) for name, entry in told.items()] == [
            (name, entry["rows"], entry.get("totals")) for name, entry in plain.items()
        ]
        for name, entry in told.items():
            assert entry["file"] == f"{name}.parquet"
            assert _texts(_parquet(ours / entry["file"])) == _texts([tuple(row.values()) for row in rows(theirs, name)])
    described = duckdb.execute(
        f"DESCRIBE SELECT * FROM '{tmp_path}/p/inbox/2026-11-20/transactions.parquet'"
    ).fetchall()
    kinds = {row[0]: row[1] for row in described}
    assert (kinds["bank_date"], kinds["amount"], kinds["text"]) == ("DATE", "DECIMAL(18,2)", "VARCHAR")


def _parquet(path: Path) -> list[tuple]:
    return duckdb.execute(f"SELECT * FROM '{path}'").fetchall()


def _texts(table: list[tuple]) -> Counter:
    return Counter(tuple("" if value is None else str(value) for value in row) for row in table)


@pytest.mark.parametrize("moment", ["before the books", "before the folder", "before the state"])
def test_a_killed_run_goes_on_and_no_finished_folder_is_touched(tmp_path: Path, moment: str) -> None:
    open_demo(tmp_path, customers=60)
    assert run(tmp_path, "advance", "--days", "1") == 0
    copy(tmp_path / "state.json", tmp_path / "state.before")
    copy(tmp_path / "state.books.duckdb", tmp_path / "books.before")
    assert run(tmp_path, "advance", "--days", "1") == 0
    whole, state = digest(tmp_path), (tmp_path / "state.json").read_bytes()
    last = tmp_path / "inbox/2026-11-22"
    stamp = last.stat().st_mtime_ns
    copy(tmp_path / "state.before", tmp_path / "state.json")
    if moment == "before the books":
        copy(tmp_path / "books.before", tmp_path / "state.books.duckdb")
    if moment != "before the state":
        last.rename(tmp_path / "inbox/.writing-2026-11-22")
        (tmp_path / "inbox/.writing-2026-11-22/manifest.json").unlink()
    assert run(tmp_path, "advance", "--days", "1") == 0
    assert digest(tmp_path) == whole
    assert (moment != "before the state") or last.stat().st_mtime_ns == stamp
    assert (tmp_path / "state.json").read_bytes() == state


def test_an_opening_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    open_demo(tmp_path / "a", customers=60)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/state.books.duckdb").write_bytes(b"half a book")
    open_demo(tmp_path / "b", customers=60)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_a_folder_of_another_bank_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_demo(tmp_path, customers=60, seed=1)
    found = digest(tmp_path)
    (tmp_path / "state.json").unlink()
    assert run(tmp_path, "open", "demo", "--customers", "60", "--seed", "2", "--today", "2026-11-22") == 2
    assert "holds another day" in capsys.readouterr().err
    assert digest(tmp_path) == found
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("advance", "--days", "1"), "no bank has been opened"),
        (("open", "demo", "--customers", "3"), "must lie between"),
        (("open", "berka:nowhere"), "is missing"),
        (("open", "moon"), "unknown bank"),
        (("check",), "no bank has been opened"),
        (("truth",), "no bank has been opened"),
        (("fault", "late-feed"), "no bank has been opened"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert run(tmp_path, *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "inbox").exists()


def test_an_open_bank_is_not_opened_again_and_damage_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_demo(tmp_path, customers=60)
    assert run(tmp_path, "open", "demo") == 2
    assert "open already" in capsys.readouterr().err
    (tmp_path / "state.books.duckdb").rename(tmp_path / "elsewhere")
    assert run(tmp_path, "advance", "--days", "1") == 2
    assert "books of this bank are missing" in capsys.readouterr().err
    (tmp_path / "state.json").write_text("{")
    assert run(tmp_path, "advance", "--days", "1") == 2
    assert "damaged" in capsys.readouterr().err


def test_money_that_comes_in_leaves_again_or_stays_and_products_are_bought(tmp_path: Path) -> None:
    open_demo(tmp_path, customers=1_000)
    assert run(tmp_path, "advance", "--days", "5") == 0
    found = folders(tmp_path)
    accounts = {row["account_id"]: row for folder in found for row in rows(folder, "accounts")}
    told = [row for folder in found for row in rows(folder, "transactions") if row["bank_date"] >= "2026-10-20"]
    texts = {"房屋出售款", "拆迁补偿", "分红款", "证券转银行", "保险赔付", "转账", "定期到期", "到期理财回款"}
    large = [
        row["account_id"]
        for row in told
        if row["direction"] == "credit" and row["text"] in texts and minor(row["amount"]) >= 2_000_000
        if accounts[row["account_id"]]["kind"] == "demand"
    ]
    assert 30 <= len(large) <= 150  # of 1,000 customers in 37 days
    left = {row["account_id"] for row in told if row["text"] == "转出"}
    assert len(set(large)) / 6 <= len(set(large) & left) <= len(set(large)) * 4 / 5
    opened = Counter(row["kind"] for row in accounts.values() if row["opened_on"] > "2026-11-20")
    assert opened["term"] + opened["wealth"] + opened["loan"] + opened["card"] >= 2


def test_a_bank_grows_by_rules() -> None:
    small, large = draw_shape(2_000), draw_shape(1_000_000)
    assert (small.outlets, small.customers_per_manager) == (20, 80)
    assert (large.outlets, large.customers_per_manager, large.history_days) == (396, 400, 730)


def test_a_folder_is_not_seen_before_it_is_whole(tmp_path: Path) -> None:
    day = date(2026, 11, 20)
    with FeedWriter(out=tmp_path, bank_date=day, currency="CNY") as writer:
        writer.write("institutions", [("B00", "总行", "", "head", "")])
        assert not writer.target.exists()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "2026-11-20").mkdir()
    (tmp_path / "2026-11-20/manifest.json").write_text("{}")
    with pytest.raises(BankError), FeedWriter(out=tmp_path, bank_date=day, currency="CNY") as writer:
        writer.finish()
    assert (tmp_path / "2026-11-20/manifest.json").read_text() == "{}"
