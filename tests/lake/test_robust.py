"""Input that is broken, endless or cut, and a disk that fills: a clear answer, good rows kept, nothing half-done."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from haoyou.lake.feed import FeedError
from tests.lake.feeds import Feed, land_here, row

HEADER = b"account_id,bank_date,balance\n"
LINE_MB = 300
RSS_MB_MAX = 250  # Python, DuckDB and the file's buffers; the endless line must not be among them
ROOT = Path(__file__).parents[2]

LIMITED = """
import re, resource, signal, sys
from pathlib import Path
from tests.lake.feeds import land_here
from haoyou.lake.feed import FeedError
limit = int(sys.argv[3])
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    landed = land_here(Path(sys.argv[1]), Path(sys.argv[2]))
    print("landed", landed.datasets[0].accepted)
except FeedError as error:
    print(error.code, error.detail)
print(int(re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def land_apart(feed: Path, root: Path, *, file_bytes_max: int = 0) -> tuple[str, int]:
    """Land in a process of its own; what it said, and the most memory it held in megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(feed), str(root), str(file_bytes_max)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        check=True,
        capture_output=True,
        text=True,
    )
    said, memory = done.stdout.strip().splitlines()
    return said, int(memory)


@pytest.mark.parametrize(
    "amount", ["NaN", "nan", "Infinity", "-inf", "1e3", "0x10", "１２", "1_000", "+1", ".5", "5.", "--1"]
)
def test_what_is_no_amount_is_no_amount(tmp_path: Path, amount: str) -> None:
    landed = land_here(Feed(tmp_path / "feed").put("balances", row("balances", balance=amount)).write(), tmp_path)
    assert landed.datasets[0].reasons == (("balance:bad_money", 1),)


def test_every_fault_of_a_row_is_told_at_once_and_the_good_rows_land(tmp_path: Path) -> None:
    accounts = [row("accounts"), row("accounts", account_id="A2", kind="term", customer_id="NOBODY")]
    moved = [
        row("transactions"),
        row("transactions", amount="2.00"),  # its number is there already
        row("transactions", transaction_id="T3", bank_date="2026-02-30"),
        row("transactions", transaction_id="T4", amount="Infinity", direction="sideways"),
        row("transactions", transaction_id="T5", account_id="A77"),
    ]
    feed = Feed(tmp_path / "feed").put("accounts", *accounts).put("transactions", *moved)
    feed.put("balances", row("balances"), row("balances", account_id="A2", balance="-0.01"))
    landed = {one.name: one for one in land_here(feed.write(), tmp_path).datasets}
    assert {name: (one.rows_in, one.accepted, one.rejected, dict(one.orphans)) for name, one in landed.items()} == {
        "accounts": (2, 2, 0, {"customer_id": 2, "institution_id": 2}),
        "balances": (2, 1, 1, {}),
        "transactions": (5, 2, 3, {"account_id": 1}),
    }
    errors = landed["transactions"].errors
    assert errors is not None
    with errors.open(newline="", encoding="utf-8") as file:
        assert [(one["line"], one["reason"]) for one in csv.DictReader(file)] == [
            ("3", "transaction_id:duplicate_key"),
            ("4", "bank_date:bad_date"),
            ("5", "direction:bad_code; amount:bad_money"),
        ]


def test_a_file_cut_in_the_middle_keeps_its_whole_rows_and_does_not_agree(tmp_path: Path) -> None:
    content = HEADER + b"A1,2026-11-20,1.00\nA2,2026-11-20,2.00\nA3,2026-1"
    landed = land_here(Feed(tmp_path / "feed").put_bytes("balances", content, rows=3).write(), tmp_path).datasets[0]
    assert (landed.accepted, landed.reasons, landed.agrees) == (2, (("row:wrong_width", 1),), True)
    feed = Feed(tmp_path / "other").put_bytes("balances", content, rows=900)
    assert not land_here(feed.write(), tmp_path, run_id="run2").datasets[0].agrees


def test_a_file_cut_after_its_manifest_was_written_is_refused(tmp_path: Path) -> None:
    feed = Feed(tmp_path / "feed").put("balances", row("balances"), row("balances", account_id="A2"))
    folder = feed.write()
    path = folder / "balances.csv"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FeedError, match="wrong_hash"):
        land_here(folder, tmp_path)


@pytest.mark.parametrize("before", [b"", HEADER, HEADER + b'"'])
def test_an_endless_line_is_refused_at_the_limit_and_memory_stays_flat(tmp_path: Path, before: bytes) -> None:
    feed = Feed(tmp_path / "feed").put_bytes("balances", before + b"1" * LINE_MB * 2**20)
    said, memory_mb = land_apart(feed.write(), tmp_path)
    assert said.startswith("not_csv balances: the file stops being CSV at line ")
    assert memory_mb < RSS_MB_MAX < LINE_MB
    assert not (tmp_path / "lake" / "base").exists()


def test_a_disk_that_fills_leaves_nothing_and_the_same_folder_lands_once_there_is_room(tmp_path: Path) -> None:
    lines = "".join(f"A{number:07},2026-11-20,{number}.25,{number * 7919:012}\n" for number in range(150_000))
    content = b"account_id,bank_date,balance,ballast\n" + lines.encode() + b'"A",2026-11-20,x,\n'
    folder = Feed(tmp_path / "feed").put_bytes("balances", content, rows=150_001).write()
    said, _ = land_apart(folder, tmp_path, file_bytes_max=200_000)
    assert said == "no_space there is no room left on the disk of the house"
    assert [one for one in (tmp_path / "lake").rglob("*") if one.is_file()] == []
    assert not (tmp_path / "errors").exists()
    said, _ = land_apart(folder, tmp_path)
    assert said == "landed 150000"
    (errors,) = (tmp_path / "errors").iterdir()
    assert len(errors.read_text(encoding="utf-8").splitlines()) == 2
    assert json.loads((folder / "manifest.json").read_text())["datasets"]["balances"]["rows"] == 150_001
