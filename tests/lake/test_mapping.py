"""A bank's own files become the door's: the two examples of docs/mappings, and every fault with its line."""

import csv
import gzip
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Thread

import pytest

from haoyou.lake.feed import FeedError
from haoyou.lake.mapping.spec import Mapped, read_mapping
from haoyou.lake.mapping.stage import stage
from haoyou.lake.query import Lake
from tests.lake.feeds import land_here, paths_of
from tests.lake.lookalike import write_lookalike

EXAMPLES = Path(__file__).parents[2] / "docs" / "mappings"
CORE = {
    "JGXX.txt": "01|广西好友银行|1|\n0101|南宁分行|2|01\n010101|朝阳支行|3|0101\n",
    "KHXX_1.txt": (
        "C1|覃阿明|1|010101|19900228|1|13800000001|01|450102199002280011|20200101|广西|南宁市民族大道1号|1\n"
        "C9|试验|1|010101|||||||||9\n"
    ),
    "KHXX_2.txt": "C2|南宁好友商贸|2|010101||||||20210203|||1\nC3|黄三|1|010101|1990|0||||20220101|||1\n",
    "ZHXX.txt": "A1|C1|HQ|010101|20200101||P1|\nA2|C2|DK|010101|20210203||P2|10000000\n",
    "YE.txt": "A1|20261120|J|120050\nA2|20261120|J|5\n",
    "LS.txt": (
        "T1|A1|20261120|120050|GZ|南宁市财政局|工资|03\nT2|A1|20261120|-50|??||取款|02\nT3|A1|20261120|12.5|XJ|||01\n"
    ),
    "KZWJ.txt": "JGXX.txt|3|\nKHXX_1.txt|2|\nKHXX_2.txt|2|\nZHXX.txt|2|\nYE.txt|2|120055\nLS.txt|3|120000\n",
}
HEAD = 'format = "haoyou-mapping/1"\nsource = "core"\ncurrency = "CNY"\nbank_date = 2026-11-20\n'
BALANCES = '[datasets.balances]\nfile = "b.txt"\n[datasets.balances.columns]\n'
SOUND = HEAD + BALANCES + 'account_id = "a"\nbank_date = "d"\nbalance = "m"\n'


def write_core(folder: Path, **changed: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in (CORE | {f"{key}.txt": text for key, text in changed.items()}).items():
        (folder / name).write_bytes(text.encode("gb18030"))
    return folder


def core() -> Mapped:
    return read_mapping(EXAMPLES / "invented-core.toml")


def rows(staged: Path, dataset: str) -> list[dict[str, str]]:
    with (staged / f"{dataset}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_invented_core_becomes_a_folder_of_the_door(tmp_path: Path) -> None:
    staged = stage(write_core(tmp_path / "20261120"), core(), tmp_path / "staged", decimals=2)
    landed = {one.name: one for one in land_here(staged, tmp_path).datasets}
    counts = {name: (one.accepted, one.rejected) for name, one in landed.items()}
    assert counts == {
        "institutions": (3, 0), "customers": (2, 1), "accounts": (2, 0), "balances": (2, 0), "transactions": (2, 1),
    }  # fmt: skip
    assert landed["balances"].agrees
    moved = landed["transactions"]
    assert (moved.bank_total_minor, moved.amount_total_minor, moved.agrees) == (120_000, 120_100, False)
    with Lake.open({name: [one.path] for name, one in landed.items()}) as lake:
        assert lake.rows("SELECT name, birth_date, sex, id_kind, since, address FROM customers ORDER BY 1 DESC") == [
            ("覃阿明", date(1990, 2, 28), "m", "id_card", date(2020, 1, 1), "广西 南宁市民族大道1号"),
            ("南宁好友商贸", None, None, None, date(2021, 2, 3), None),
        ]
        assert lake.rows(
            "SELECT transaction_id, direction, amount_minor, category, channel FROM transactions ORDER BY 1"
        ) == [("T1", "credit", 120_050, "salary", "mobile"), ("T2", "debit", 50, "other", "machine")]
        assert lake.rows("SELECT kind, principal_minor FROM accounts ORDER BY account_id") == [
            ("demand", None), ("loan", 10_000_000),
        ]  # fmt: skip
    assert moved.errors is not None
    with moved.errors.open(newline="", encoding="utf-8") as file:
        (bad,) = csv.DictReader(file)
    assert (bad["reason"], bad["amount"], bad["source_file"], bad["source_line"]) == (
        "amount:bad_money", "12.5?", "LS.txt", "3",
    )  # fmt: skip


def test_the_same_folder_makes_the_same_bytes(tmp_path: Path) -> None:
    folder = write_core(tmp_path / "20261120")
    first, second = (stage(folder, core(), tmp_path / name, decimals=2) for name in ("one", "two"))
    assert {one.name: one.read_bytes() for one in first.iterdir()} == {
        one.name: one.read_bytes() for one in second.iterdir()
    }
    third = stage(folder, core(), tmp_path / "one", decimals=2, version=2)
    assert json.loads((third / "manifest.json").read_text())["version"] == 2


def test_an_overdrawn_account_is_below_zero(tmp_path: Path) -> None:
    folder = write_core(tmp_path / "20261120", YE="A1|20261120|D|120050\nA2|20261120|J|5\n")
    assert [one["balance"] for one in rows(stage(folder, core(), tmp_path / "s", decimals=2), "balances")] == [
        "-1200.50", "0.05",
    ]  # fmt: skip


def test_a_row_of_another_width_is_set_aside_as_it_was_sent(tmp_path: Path) -> None:
    folder = write_core(tmp_path / "20261120", YE="A1|20261120|J\nA2|20261120|J|5\n")
    landed = land_here(stage(folder, core(), tmp_path / "s", decimals=2), tmp_path)
    balances = next(one for one in landed.datasets if one.name == "balances")
    assert balances.reasons == (("row:wrong_width", 1),)
    assert balances.errors is not None
    assert "A1|20261120|J" in balances.errors.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (lambda folder: (folder / "LS.txt").unlink(), "no_file", "transactions: the folder has no file LS.txt"),
        (lambda folder: (folder / "LS.txt").write_bytes(CORE["LS.txt"].encode("gb18030")[:-30]), "control_differs",
         "LS.txt has 2 rows, the bank's control file says 3"),
        (lambda folder: (folder / "YE.txt").write_bytes(b"A1|2026\xff\xff1120|J|5\n"), "bad_encoding", "not gb18030"),
        (lambda folder: (folder / "KZWJ.txt").write_text("JGXX.txt|many|\n"), "bad_control", "KZWJ.txt, line 1"),
        (lambda folder: (folder / "YE.txt").write_bytes(b"A" * 500_000), "not_csv", "longer than 400000"),
    ],
)  # fmt: skip
def test_a_folder_that_is_not_whole_is_refused_and_nothing_is_staged(
    tmp_path: Path, spoil: Callable[[Path], object], code: str, words: str
) -> None:
    folder = write_core(tmp_path / "20261120")
    spoil(folder)
    with pytest.raises(FeedError) as caught:
        stage(folder, core(), tmp_path / "staged", decimals=2)
    assert (caught.value.code, words in caught.value.detail) == (code, True), caught.value.detail
    assert sorted(one.name for one in tmp_path.iterdir()) == ["20261120"]


def test_an_endless_line_through_a_pipe_is_refused_at_the_limit(tmp_path: Path) -> None:
    folder = write_core(tmp_path / "20261120")
    pipe = folder / "YE.txt"
    pipe.unlink()
    os.mkfifo(pipe)
    written = 0

    def pour() -> None:
        nonlocal written
        with pipe.open("wb", buffering=0) as file:
            try:
                while written < 2**30:
                    written += file.write(b"1" * 65_536)
            except BrokenPipeError:
                return

    writer = Thread(target=pour)
    writer.start()
    with pytest.raises(FeedError, match="longer than 400000"):
        stage(folder, core(), tmp_path / "staged", decimals=2)
    writer.join(timeout=10)
    assert written < 4 * 2**20  # it stopped reading: the rest was never poured


def test_a_folder_with_another_name_has_no_day(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="not a date like %Y%m%d"):
        stage(write_core(tmp_path / "2026112"), core(), tmp_path / "staged", decimals=2)


def test_berka_goes_as_far_as_a_mapping_can(tmp_path: Path) -> None:
    folder = write_lookalike(tmp_path / "berka")
    mapped = read_mapping(EXAMPLES / "berka.toml")
    landed = land_here(stage(folder, mapped, tmp_path / "staged", decimals=2), tmp_path)
    with gzip.open(folder / "trans.asc.gz", "rt") as file:
        moved = list(csv.DictReader(file, delimiter=";"))
    counts = {one.name: (one.accepted, one.rejected) for one in landed.datasets}
    assert counts["transactions"] == (len(moved), 0)
    assert counts["accounts"] == (48, 0)
    with Lake.open(paths_of(landed)) as lake:
        assert lake.rows("SELECT count(DISTINCT customer_id) FROM accounts") == [(48,)]
        credit = sum(round(float(one["amount"]) * 100) for one in moved if one["type"] == "PRIJEM")
        assert lake.rows("SELECT sum(amount_minor) FROM transactions WHERE direction = 'credit'") == [(credit,)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (SOUND.replace("haoyou-mapping/1", "haoyou-mapping/9"), 1, "must be 'haoyou-mapping/1'"),
        (SOUND.replace('currency = "CNY"\n', ""), 1, "is missing"),
        (SOUND.replace("2026-11-20", '"2026-11-20"'), 4, "must be a date"),
        (SOUND + "colour = 1\n", 11, "has no column colour"),
        (SOUND.replace('balance = "m"\n', ""), 7, "says nothing of balance"),
        (SOUND.replace('"m"', '{column = "m", lookup = "none"}'), 10, "there is no lookups.none"),
        (SOUND.replace('"m"', '{column = "m", constant = "1"}'), 10, "one of column, constant"),
        (SOUND.replace('"m"', '{column = "m", codes = {a = 1}}'), 10, "translates into texts"),
        (SOUND.replace('"b.txt"', '"../b.txt"'), 6, "inside the folder"),
        (SOUND.replace("[datasets.balances]", '[datasets.balances]\nencoding = "klingon"'), 6, "no encoding"),
        (SOUND.replace("[datasets.balances]", '[datasets.balances]\ndelimiter = "||"'), 6, "one character"),
        (SOUND.replace("datasets.balances", "datasets.secrets"), 5, "no dataset secrets"),
        (SOUND.replace("[datasets.balances]", '[datasets.balances]\nwhere = [{column = "x"}]'), 6, "one of in, not_in"),
        (HEAD, 1, "maps no dataset"),
        (SOUND + "= 3\n", None, "line 11"),
    ],
)  # fmt: skip
def test_a_bad_mapping_names_the_line(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FeedError) as caught:
        read_mapping(path)
    detail = caught.value.detail
    assert (caught.value.code, words in detail) == ("bad_mapping", True), detail
    assert line is None or f"bank.toml, line {line}: " in detail, detail


def test_a_column_the_file_does_not_have_is_named(tmp_path: Path) -> None:
    (tmp_path / "bank.toml").write_text(SOUND)
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "b.txt").write_text("a,d,x\nA1,2026-11-20,1\n")
    with pytest.raises(FeedError, match="balance: the file has no column m; it has a, d, x"):
        stage(folder, read_mapping(tmp_path / "bank.toml"), tmp_path / "staged", decimals=2)


@pytest.mark.parametrize(
    ("decimal", "thousands", "sent", "made"),
    [(",", ".", "1.234,50", "1234.50"), (".", ",", "-1,234.5", "-1234.5"), (",", "", "12.50", "12?50"),
     (".", " ", "+1 000", "1000")],
)  # fmt: skip
def test_numbers_are_written_as_the_mapping_says(
    tmp_path: Path, decimal: str, thousands: str, sent: str, made: str
) -> None:
    written = f'[datasets.balances]\ndecimal = "{decimal}"\nthousands = "{thousands}"\ndelimiter = "|"'
    (tmp_path / "bank.toml").write_text(SOUND.replace("[datasets.balances]", written))
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "b.txt").write_text(f"a|d|m\nA1|2026-11-20|{sent}\n")
    staged = stage(folder, read_mapping(tmp_path / "bank.toml"), tmp_path / "staged", decimals=2)
    assert [one["balance"] for one in rows(staged, "balances")] == [made]
