"""What becomes of a feed folder: the sound rows land, the others are set aside, a broken folder leaves nothing."""

import csv
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from haoyou.lake import door
from haoyou.lake.feed import FeedError
from haoyou.lake.landing import land
from tests.lake.feeds import DAY, KNOWN_AT, Feed, as_csv, land_here, paths_of, row


def read(path: Path, columns: str = "* REPLACE (epoch_us(known_at) AS known_at)") -> list[tuple[object, ...]]:
    with duckdb.connect(":memory:") as connection:
        return connection.execute(f"SELECT {columns} FROM read_parquet('{path}') ORDER BY source_row").fetchall()


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_sound_feed_lands_whole(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed", totals={"transactions": "112.34", "balances": "-5.50"})
    feed.put("customers", row("customers", name="覃 “阿明”", birth_date="1990-02-28", sex="m"))
    feed.put("transactions", row("transactions"), row("transactions", transaction_id="T2", amount="100"))
    feed.put("balances", row("balances", balance="-5.5"))
    landed = land_here(feed.write(), tmp_path)
    assert (landed.source, landed.bank_date, landed.currency) == ("core", DAY, "CNY")
    by_name = {dataset.name: dataset for dataset in landed.datasets}
    assert list(by_name) == ["customers", "balances", "transactions"]
    moved = by_name["transactions"]
    assert (moved.rows_in, moved.accepted, moved.rejected, moved.agrees, moved.errors) == (2, 2, 0, True, None)
    assert (moved.amount_total_minor, moved.bank_total_minor) == (11_234, 11_234)
    assert (by_name["balances"].amount_total_minor, by_name["balances"].agrees) == (-550, True)
    assert by_name["customers"].amount_total_minor is None
    assert moved.path == tmp_path / "lake/base/transactions/2026-11-20.run1.parquet"
    assert moved.sha256 == hashlib.sha256(moved.path.read_bytes()).hexdigest()
    assert read(moved.path, "transaction_id, bank_date, amount_minor, counterparty, source_row") == [
        ("T1", DAY, 1_234, None, 2),
        ("T2", DAY, 10_000, None, 3),
    ]
    origin = "bank_date_of_feed, epoch(known_at), run_id, source"
    assert read(moved.path, origin)[0] == (DAY, KNOWN_AT.timestamp(), "run1", "core")
    assert read(by_name["customers"].path, "name, birth_date") == [("覃 “阿明”", date(1990, 2, 28))]
    assert not (tmp_path / "errors").exists()


@pytest.mark.parametrize("dataset", door.DATASETS, ids=lambda dataset: dataset.name)
def test_every_column_of_every_dataset_is_stored_as_it_was_sent(tmp_path: Path, dataset: door.Dataset) -> None:
    samples = {"date": ("2026-11-19", date(2026, 11, 19)), "money": ("7.25", 725), "rate": ("3.125", 31_250)}
    sent = {column.name: samples.get(column.kind, (f"a {column.name}",))[0] for column in dataset.columns}
    sent |= {
        column.name: ";".join(column.choices[:2] if column.many else column.choices[:1])
        for column in dataset.columns
        if column.choices
    }
    landed = land_here(Feed(tmp_path / "feed").put(dataset.name, sent).write(), tmp_path).datasets[0]
    assert (landed.rejected, landed.errors) == (0, None)
    stored = ", ".join(column.stored_name for column in dataset.columns)
    expected = tuple(samples[c.kind][1] if c.kind in samples else sent[c.name] for c in dataset.columns)
    assert read(landed.path, stored) == [expected]


def test_landing_again_makes_the_same_rows_in_the_same_file(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed").put("transactions", row("transactions"), row("transactions")).write()
    leftover = tmp_path / "lake" / ".landing-run1"
    leftover.mkdir(parents=True)
    (leftover / "transactions.csv").write_text("of a killed run")
    first = land_here(feed, tmp_path)
    rows, files = read(first.datasets[0].path), files_in(tmp_path)
    second = land_here(feed, tmp_path)
    assert second == first
    assert read(second.datasets[0].path) == rows
    assert files_in(tmp_path) == files
    assert paths_of(first) == paths_of(second)


def test_bom_crlf_empty_lines_and_quoted_line_ends_are_understood(tmp_path: Path) -> None:
    first, second = row("transactions", text='two\nlines, "quoted"'), row("transactions", transaction_id="T2")
    content = b"\xef\xbb\xbf" + as_csv("transactions", [first, second]).replace(b"\n", b"\r\n") + b"\r\n"
    landed = land_here(Feed(tmp_path / "feed").put_bytes("transactions", content, rows=2).write(), tmp_path)
    assert (landed.datasets[0].accepted, landed.datasets[0].agrees) == (2, True)
    assert read(landed.datasets[0].path, "text, source_row") == [('two\r\nlines, "quoted"', 2), (None, 4)]


def test_columns_may_stand_in_any_order_and_unknown_ones_are_passed_over(tmp_path: Path) -> None:
    content = b"balance,extra,bank_date,account_id\n1.25,x,2026-11-20,A9\n"
    landed = land_here(Feed(tmp_path / "feed").put_bytes("balances", content).write(), tmp_path)
    assert read(landed.datasets[0].path, "account_id, balance_minor") == [("A9", 125)]
    assert "extra" not in [name for name, *_ in duckdb.read_parquet(str(landed.datasets[0].path)).description]


def test_a_column_that_may_be_empty_may_be_absent_and_a_required_one_may_not(tmp_path: Path) -> None:
    content = b"customer_id,kind,institution_id,line,since\nC9,person,B01,retail,2020-01-01\n"
    landed = land_here(Feed(tmp_path / "feed").put_bytes("customers", content).write(), tmp_path)
    assert read(landed.datasets[0].path, "customer_id, name, risk_level") == [("C9", None, None)]
    with pytest.raises(FeedError, match="lacks since"):
        lacking = content.replace(b",since", b"").replace(b",2020-01-01", b"")
        land_here(Feed(tmp_path / "other").put_bytes("customers", lacking).write(), tmp_path)


def test_an_empty_dataset_lands_as_no_rows(tmp_path: Path) -> None:
    landed = land_here(Feed(tmp_path / "feed", totals={"transactions": "0.00"}).put("transactions").write(), tmp_path)
    assert (landed.datasets[0].rows_in, landed.datasets[0].agrees) == (0, True)
    assert read(landed.datasets[0].path) == []


@pytest.mark.parametrize(
    ("dataset", "values", "reason"),
    [
        ("transactions", {"transaction_id": ""}, "transaction_id:required"),
        ("transactions", {"transaction_id": "  "}, "transaction_id:required"),
        ("transactions", {"amount": ""}, "amount:required"),
        ("transactions", {"amount": "0.00"}, "amount:not_positive"),
        ("transactions", {"amount": "-1.00"}, "amount:not_positive"),
        ("transactions", {"amount": "1,000.00"}, "amount:bad_money"),
        ("transactions", {"amount": "1.234"}, "amount:bad_money"),
        ("transactions", {"amount": "1e5"}, "amount:bad_money"),
        ("transactions", {"amount": "1234567890123456"}, "amount:bad_money"),
        ("transactions", {"amount": "NaN"}, "amount:bad_money"),
        ("transactions", {"bank_date": "2026-02-30"}, "bank_date:bad_date"),
        ("transactions", {"bank_date": "20.11.2026"}, "bank_date:bad_date"),
        ("transactions", {"bank_date": "2026-11-21"}, "bank_date:after_feed"),
        ("transactions", {"direction": "CREDIT"}, "direction:bad_code"),
        ("transactions", {"category": "gift"}, "category:bad_code"),
        ("transactions", {"text": "x" * 1_001}, "text:too_long"),
        ("transactions", {"amount": "x", "direction": "y"}, "direction:bad_code; amount:bad_money"),
        ("balances", {"bank_date": "2026-11-21"}, "bank_date:after_feed"),
        ("accounts", {"principal": "0"}, "principal:not_positive"),
        ("staff", {"lines": "retail;gold"}, "lines:bad_code"),
        ("staff", {"lines": "retail;corporate;"}, "lines:bad_code"),
        ("customers", {"sex": "F"}, "sex:bad_code"),
        ("institutions", {"kind": "kiosk"}, "kind:bad_code"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_line_and_reason(
    tmp_path: Path, dataset: str, values: dict[str, str], reason: str
) -> None:
    other = {
        "institutions": "institution_id",
        "staff": "staff_id",
        "customers": "customer_id",
        "accounts": "account_id",
    }
    key = other.get(dataset, "transaction_id" if dataset == "transactions" else "account_id")
    bad = row(dataset, **values)
    feed = Feed(tmp_path / "feed").put(dataset, row(dataset, **{key: "first"}), bad, row(dataset, **{key: "last"}))
    landed = land_here(feed.write(), tmp_path).datasets[0]
    assert (landed.rows_in, landed.accepted, landed.rejected) == (3, 2, 1)
    assert [each[0] for each in read(landed.path, key)] == ["first", "last"]
    assert landed.errors == tmp_path / f"errors/2026-11-20.run1.{dataset}.csv"
    assert landed.errors is not None
    with landed.errors.open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [{"line": "3", "reason": reason} | bad]
    assert landed.errors.stat().st_mode & 0o077 == 0


def test_of_two_rows_with_one_key_the_first_sound_one_stays(tmp_path: Path) -> None:
    rows = [row("transactions", amount=amount) for amount in ("0.00", "1.00", "2.00", "3.00")]
    landed = land_here(Feed(tmp_path / "feed").put("transactions", *rows).write(), tmp_path).datasets[0]
    assert read(landed.path, "amount_minor, source_row") == [(100, 3)]
    assert landed.errors is not None
    with landed.errors.open(newline="", encoding="utf-8") as file:
        set_aside = [(each["line"], each["reason"]) for each in csv.DictReader(file)]
    duplicate = "transaction_id:duplicate_key"
    assert set_aside == [("2", "amount:not_positive"), ("4", duplicate), ("5", duplicate)]


def test_rows_of_another_width_are_set_aside(tmp_path: Path) -> None:
    content = b"account_id,bank_date,balance\nA1,2026-11-20\nA2,2026-11-20,1.00\nA3,2026-11-20,1.00,x,y\n"
    landed = land_here(Feed(tmp_path / "feed").put_bytes("balances", content, rows=3).write(), tmp_path).datasets[0]
    assert (landed.rows_in, landed.accepted, landed.rejected) == (3, 1, 2)
    assert landed.errors is not None
    assert landed.errors.read_text(encoding="utf-8").splitlines() == [
        "line,reason,account_id,bank_date,balance",
        "2,row:wrong_width,A1,2026-11-20,",
        '4,row:wrong_width,A3,2026-11-20,"1.00,x,y"',
    ]


def test_money_follows_the_decimals_of_the_currency(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed", totals={"balances": "7"}).put(
        "balances", row("balances", balance="7"), row("balances", account_id="A2", balance="7.0")
    )
    landed = land_here(feed.write(), tmp_path, decimals=0).datasets[0]
    assert (landed.accepted, landed.rejected, landed.amount_total_minor, landed.bank_total_minor) == (1, 1, 7, 7)


@pytest.mark.parametrize(
    ("said", "agrees"),
    [({}, True), ({"rows": 3}, False), ({"amount_total": "12.35"}, False), ({"amount_total": "12.34"}, True)],
)
def test_the_banks_own_count_and_total_are_compared(tmp_path: Path, said: dict[str, object], agrees: bool) -> None:
    feed = Feed(tmp_path / "feed", said_of={"transactions": said}).put("transactions", row("transactions"))
    landed = land_here(feed.write(), tmp_path).datasets[0]
    assert (landed.agrees, landed.rows_in) == (agrees, 1)


def test_a_rejected_amount_makes_the_totals_disagree(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed", totals={"transactions": "12.35"})
    feed.put("transactions", row("transactions"), row("transactions", transaction_id="T2", amount="0.01", category="x"))
    landed = land_here(feed.write(), tmp_path).datasets[0]
    assert (landed.amount_total_minor, landed.bank_total_minor, landed.agrees) == (1_234, 1_235, False)


def _remove_manifest(feed: Feed) -> None:
    (feed.folder / "manifest.json").unlink()


def _rewrite_manifest(text: str) -> Callable[[Feed], None]:
    def rewrite(feed: Feed) -> None:
        (feed.folder / "manifest.json").write_text(text, encoding="utf-8")

    return rewrite


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_remove_manifest, "no_manifest"),
        (_rewrite_manifest("{"), "bad_manifest"),
        (_rewrite_manifest("[1]"), "bad_manifest"),
        (lambda feed: (feed.folder / "transactions.csv").unlink(), "no_file"),
        (lambda feed: (feed.folder / "transactions.csv").write_bytes(b"x"), "wrong_hash"),
    ],
)
def test_a_folder_changed_on_the_way_is_refused_and_leaves_nothing(
    tmp_path: Path, spoil: Callable[[Feed], object], code: str
) -> None:
    feed = Feed(tmp_path / "feed").put("customers", row("customers")).put("transactions", row("transactions"))
    feed.write()
    spoil(feed)
    _assert_refused(tmp_path, feed.folder, code)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"format": "haoyou-feed/2"}, "wrong_format"),
        ({"bank_date": "2026-13-01"}, "bad_manifest"),
        ({"source": "../core"}, "bad_manifest"),
        ({"currency": "yuan"}, "bad_manifest"),
        ({"datasets": []}, "bad_manifest"),
        ({"datasets": {"secrets": {}}}, "unknown_dataset"),
        ({"datasets": {"staff": 1}}, "bad_manifest"),
        ({"datasets": {"staff": {"file": "../staff.csv", "rows": 1, "sha256": "0" * 64}}}, "bad_manifest"),
        ({"datasets": {"staff": {"file": "staff.csv", "rows": -1, "sha256": "0" * 64}}}, "bad_manifest"),
        ({"datasets": {"staff": {"file": "staff.csv", "rows": 1, "sha256": "x"}}}, "bad_manifest"),
        (
            {"datasets": {"staff": {"file": "a", "rows": 1, "sha256": "0" * 64, "amount_total": "1.234"}}},
            "bad_manifest",
        ),
    ],
)
def test_a_manifest_that_breaks_the_rules_is_refused(tmp_path: Path, said: dict[str, object], code: str) -> None:
    feed = Feed(tmp_path / "feed", said=said).put("transactions", row("transactions"))
    _assert_refused(tmp_path, feed.write(), code)


HEADER = b"account_id,bank_date,balance\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_header"),
        (b"account_id,bank_date\nA1,2026-11-20\n", "missing_column"),
        (b"account_id,bank_date,balance,balance\nA1,2026-11-20,1,1\n", "repeated_column"),
        (HEADER + "A1,2026-11-20,南".encode("gb18030"), "not_utf8"),
        (HEADER + b'"A1,2026-11-20,1.00\n', "not_csv"),
        (HEADER + b'"A1"x,2026-11-20,1.00\n', "not_csv"),
        (HEADER + b"A" * 10_001 + b",2026-11-20,1.00\n", "not_csv"),
        (HEADER + b"," * 400_001, "not_csv"),
        (b",".join(b"c%d" % number for number in range(41)), "not_csv"),
    ],
)
def test_a_file_that_is_no_table_of_ours_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    feed = Feed(tmp_path / "feed").put("customers", row("customers")).put_bytes("balances", content)
    error = _assert_refused(tmp_path, feed.write(), code)
    assert error.detail.startswith("balances: ")


def _assert_refused(root: Path, feed: Path, code: str) -> FeedError:
    with pytest.raises(FeedError) as caught:
        land_here(feed, root)
    assert caught.value.code == code
    assert not (root / "lake").exists() or files_in(root / "lake") == []
    assert not (root / "errors").exists()
    return caught.value


def test_progress_is_told_and_many_rows_pass_through_little_memory(tmp_path: Path) -> None:
    lines = "".join(f"A{number},2026-11-20,{number}.00\n" for number in range(120_000))
    feed = Feed(tmp_path / "feed").put_bytes("balances", HEADER + lines.encode(), rows=120_000)
    told: list[tuple[str, int, int]] = []
    landed = land(
        feed=feed.write(),
        lake=tmp_path / "lake",
        run_id="r",
        known_at=datetime(2026, 1, 1, tzinfo=UTC),
        errors=tmp_path / "errors",
        memory_mb=64,
        progress=lambda *step: told.append(step),
    )
    assert (landed.datasets[0].accepted, landed.datasets[0].amount_total_minor) == (120_000, 719_994_000_000)
    assert told == [("balances", 120_000, 100)]
    assert json.loads((feed.folder / "manifest.json").read_text())["datasets"]["balances"]["rows"] == 120_000
