"""What goes wrong at the bank when it is told to: late, doubled and restated days."""

import json
import shutil
from pathlib import Path

import pytest

from tests.demobank.banks import check_manifest, digest, folders, minor, open_demo, rows, run
from tests.lake.lookalike import write_lookalike


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """An open bank whose opening the house has taken away."""
    open_demo(tmp_path, customers=60)
    shutil.rmtree(tmp_path / "inbox/2026-11-20")
    return tmp_path


def names(root: Path) -> list[str]:
    return [folder.name for folder in folders(root)]


def sound(root: Path, days: int) -> dict[str, str]:
    """The same days of the same bank without a fault."""
    open_demo(root / "sound", customers=60)
    assert run(root / "sound", "advance", "--days", str(days)) == 0
    return digest(root / "sound")


def test_a_late_day_comes_a_day_later(bank: Path) -> None:
    assert run(bank, "fault", "late-feed", "--days", "1") == 0
    assert run(bank, "advance", "--days", "1") == 0
    assert names(bank) == []
    assert run(bank, "advance", "--days", "1") == 0
    assert names(bank) == ["2026-11-21", "2026-11-22"]
    expected = sound(bank, 2)
    assert digest(bank) == {path: value for path, value in expected.items() if not path.startswith("2026-11-20")}


def test_a_doubled_day_comes_again_once_its_place_is_free(bank: Path) -> None:
    assert run(bank, "fault", "duplicate-feed") == 0
    assert run(bank, "advance", "--days", "2") == 0
    assert names(bank) == ["2026-11-21", "2026-11-22"]  # the house has not taken the first one yet
    first = {path: value for path, value in digest(bank).items() if path.startswith("2026-11-21/")}
    for name in names(bank):
        shutil.rmtree(bank / "inbox" / name)
    assert run(bank, "advance", "--days", "1") == 0
    assert names(bank) == ["2026-11-21", "2026-11-23"]
    again = {path: value for path, value in digest(bank).items() if path.startswith("2026-11-21/")}
    assert again == first


def test_a_restated_day_corrects_what_was_told(tmp_path: Path) -> None:
    bank = tmp_path
    open_demo(bank, customers=400)
    shutil.rmtree(bank / "inbox/2026-11-20")
    assert run(bank, "fault", "restated-day", "--days", "1") == 0
    assert run(bank, "advance", "--days", "1") == 0
    (first,) = folders(bank)
    check_manifest(first)
    told = {row["transaction_id"]: row for row in rows(first, "transactions")}
    shutil.rmtree(first)
    assert run(bank, "advance", "--days", "1") == 0
    second = folders(bank)[0]
    assert second.name == first.name
    check_manifest(second)
    assert json.loads((second / "manifest.json").read_text())["version"] == 2
    corrected = {row["transaction_id"]: row for row in rows(second, "transactions")}
    assert set(corrected) == set(told)
    wrong = {number for number in told if told[number] != corrected[number]}
    assert 0 < len(wrong) < len(told) / 2
    for number in wrong:
        assert minor(told[number]["amount"]) == 10 * minor(corrected[number]["amount"])
    assert run(bank, "check") == 0


def test_a_fault_is_taken_back_and_real_data_have_none(bank: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(bank, "fault", "late-feed", "--days", "5") == 0
    assert run(bank, "fault", "late-feed", "--days", "0") == 0
    assert run(bank, "advance", "--days", "1") == 0
    assert names(bank) == ["2026-11-21"]
    write_lookalike(bank / "files")
    assert run(bank / "berka", "open", f"berka:{bank / 'files'}", "--today", "2026-11-22") == 0
    assert run(bank / "berka", "fault", "late-feed") == 2
    assert "for the invented bank" in capsys.readouterr().err
