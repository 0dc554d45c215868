"""Customers who are talked to about the right thing say yes more often; the bank learns of talks by file only."""

import json
from math import sqrt
from pathlib import Path

import duckdb
import pytest

from tests.demobank.banks import digest, open_demo, run

HEADER = "customer_id,channel,topic,made_on\n"
LEAST_DECIDED = {"inflow": 25, "maturity": 3}  # on either side, or the test would say nothing
DEVIATIONS = 4.5  # a sound bank fails so wide a bound once in some 150,000 seeds


def drop(root: Path, day: str, lines: list[str]) -> None:
    inbox = root / "state-inbox" / "contacts"
    (inbox / f"{day}.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")


def needs(root: Path) -> list[tuple[str, int, bool | None, bool | None]]:
    with duckdb.connect(str(root / "state.books.duckdb"), read_only=True) as books:
        return books.execute("SELECT topic, idx, contacted, said_yes FROM needs").fetchall()


def truth(root: Path, capsys: pytest.CaptureFixture) -> dict:
    capsys.readouterr()
    assert run(root, "truth") == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_right_talk_moves_and_the_wrong_one_does_not(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Half of the bank is talked to about everything that comes up there, the other half about nothing."""
    open_demo(tmp_path, customers=4_000)
    everybody = [f"C{idx + 1:07d}" for idx in range(0, 4_000, 2)]
    for day in ("2026-11-20", "2026-11-26"):
        drop(tmp_path, day, [f"{who},phone,{topic},{day}" for who in everybody for topic in LEAST_DECIDED])
        assert run(tmp_path, "advance", "--days", "6") == 0
    told = truth(tmp_path, capsys)
    decided = {(row["topic"], row["contacted"]): row for row in told["decided"]}
    for topic, least in LEAST_DECIDED.items():
        effect = told["effects"][topic]
        for contacted in (False, True):
            row = decided[topic, contacted]
            chance = effect["base"] + effect["lift"] * contacted
            assert row["decided"] >= least
            spread = sqrt(row["decided"] * chance * (1 - chance))
            assert abs(row["said_yes"] - row["decided"] * chance) <= DEVIATIONS * spread
    yes = {key: row["said_yes"] / row["decided"] for key, row in decided.items()}
    assert yes["inflow", True] > yes["inflow", False]
    # They were talked to about other things, and that moved nobody towards a loan or card.
    assert not any(contacted for topic, _, contacted, _ in needs(tmp_path) if topic in ("loan", "card"))


def test_without_contacts_the_same_people_decide_the_same(tmp_path: Path) -> None:
    for name in ("silent", "wrong"):
        open_demo(tmp_path / name, customers=200)
    drop(tmp_path / "wrong", "2026-11-20", [f"C{n:07d},phone,card,2026-11-20" for n in range(1, 201)])
    for name in ("silent", "wrong"):
        assert run(tmp_path / name, "advance", "--days", "5") == 0
    assert digest(tmp_path / "silent") == digest(tmp_path / "wrong")  # nobody's wish for a card was open on that day


def test_contacts_that_make_no_sense_are_counted_and_harm_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    open_demo(tmp_path, customers=60)
    lines = [
        "C0000001,phone,inflow,2026-11-20",
        "nobody,phone,inflow,2026-11-20",
        "C0000002,pigeon,inflow,2026-11-20",
        "C0000003,phone,weather,2026-11-20",
        "C0000004,phone,inflow,yesterday",
        "C0000005,phone,inflow,2027-01-01",
        "C0000006",
    ]
    drop(tmp_path, "2026-11-20", lines)
    drop(tmp_path, "2026-11-21", ["C0000001,phone,inflow,2026-11-21"])  # not over yet when the next day is lived
    assert run(tmp_path, "advance", "--days", "1") == 0
    assert "2026-11-20.csv: 6 contacts are not as described and were passed over, 1 taken" in capsys.readouterr().err
    with duckdb.connect(str(tmp_path / "state.books.duckdb"), read_only=True) as books:
        assert books.execute("SELECT * FROM contact_files").fetchall() == [("2026-11-20.csv", 1, 6)]
    assert run(tmp_path, "advance", "--days", "2") == 0
    with duckdb.connect(str(tmp_path / "state.books.duckdb"), read_only=True) as books:
        assert books.execute("SELECT count(*) FROM contacts").fetchall() == [(2,)]
