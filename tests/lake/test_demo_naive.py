"""Discovery on a seeded demonstration bank against a plain recomputation from its folders."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from demobank.__main__ import main
from haoyou.lake.discovery.definition import BY_CODE, DEPOSIT_MATURING
from haoyou.lake.discovery.look import look
from haoyou.lake.inflow import OutcomeQuery, find_large_inflows, outcomes
from haoyou.lake.query import Lake
from tests.lake.feeds import land_here, paths_of
from tests.lake.naive_demo import NaiveBank

FLOOR_MINOR = 2_000_000
DAYS = 12


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    root = tmp_path_factory.mktemp("demo")
    common = ["--out", str(root / "inbox"), "--state", str(root / "state.json")]
    assert main(["open", "demo", "--customers", "1000", "--seed", "11", "--today", "2026-11-20", *common]) == 0
    assert main(["advance", "--days", str(DAYS), *common]) == 0
    return root, sorted((root / "inbox").glob("2*"))


@pytest.fixture(scope="module")
def lake_files(told: tuple[Path, list[Path]]) -> dict[str, list[Path]]:
    root, folders = told
    return paths_of(*(land_here(one, root, run_id=f"run-{one.name}") for one in folders))


def days_of(folders: list[Path]) -> tuple[date, date]:
    return date.fromisoformat(folders[0].name), date.fromisoformat(folders[-1].name)


@pytest.mark.timeout(120)
def test_maturing_deposits(told: tuple[Path, list[Path]], lake_files: dict[str, list[Path]]) -> None:
    _, folders = told
    opening, last = days_of(folders)
    naive, floor = NaiveBank(folders), BY_CODE[DEPOSIT_MATURING].floor_minor
    with Lake.open(lake_files) as lake:
        seen = {
            day: look(lake, rule=DEPOSIT_MATURING, after=day - timedelta(days=1), on=day)
            for day in (opening, opening + timedelta(days=3), last)
        }
    for day, findings in seen.items():
        assert {one.raised_by: one.amount_minor for one in findings} == naive.maturing(day, floor)
    assert len(seen[opening]) == 2


@pytest.mark.timeout(120)
def test_inflows_and_what_became_of_them(told: tuple[Path, list[Path]], lake_files: dict[str, list[Path]]) -> None:
    """Over two months of the bank's own history; some of the money went into the customers' own deposits."""
    _, folders = told
    _, last = days_of(folders)
    naive = NaiveBank(folders)
    days = [last - timedelta(days=back) for back in range(30, 90)]
    expected = {day: naive.inflows(day, FLOOR_MINOR) for day in days}
    with Lake.open(lake_files) as lake:
        found = {day: find_large_inflows(lake, bank_date=day, floor_minor=FLOOR_MINOR) for day in days}
        assert {
            day: {one.transaction_id: (one.account_id, one.amount_minor) for one in inflows}
            for day, inflows in found.items()
        } == expected
        asked = [
            OutcomeQuery(one.transaction_id, one.account_id, one.customer_id, day, one.amount_minor)
            for day, inflows in found.items()
            for one in inflows
        ]
        answers = outcomes(lake, items=asked, on=last)
    assert {one.transaction_id: (one.kind.value, one.held_minor) for one in answers} == {
        transaction: naive.became_of_inflow(account, day, amount)
        for day, inflows in expected.items()
        for transaction, (account, amount) in inflows.items()
    }
    assert len(answers) >= 20
    assert set(Counter(one.kind.value for one in answers)) == {"held", "left", "product"}
