"""The house passes words on to its demonstration bank and knows nothing else of it."""

import json
from pathlib import Path

import pytest

from haoyou import bank
from tests.demobank.banks import TODAY, main


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose bank has been opened, under a name that SQL would trip over."""
    home = tmp_path / "the bank's"
    places = ["--out", str(home / "inbox"), "--state", str(home / "bank-state.json")]
    assert main(["open", "demo", "--customers", "60", "--today", TODAY, *places]) == 0
    bank.Bank(spec="demo", customers=60).write(home)
    return home


def test_words_are_passed_on_and_answers_come_back(home: Path) -> None:
    assert json.loads(bank.tell(home, "truth"))["effects"]["inflow"]["base"] > 0
    assert bank.tell(home, "fault", "late-feed", "--days", "2") == "demobank: late-feed for the next 2 day(s)"
    assert bank.tell(home, "check").count(", 0 wrong") == 7
    with pytest.raises(bank.NoBank, match="invalid choice: 'moon'"):
        bank.tell(home, "fault", "moon")


def test_without_a_bank_there_is_nobody_to_tell(tmp_path: Path) -> None:
    with pytest.raises(bank.NoBank, match="No demonstration bank"):
        bank.tell(tmp_path, "check")
