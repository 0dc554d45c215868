"""The product's road (bank, door, landing, rule, result) against a plain recomputation from the raw files."""

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from demobank.__main__ import main
from haoyou.lake.inflow import Inflow, Outcome, OutcomeQuery, find_large_inflows, outcomes
from haoyou.lake.landing import Landed
from haoyou.lake.query import Lake
from tests.lake.feeds import land_here, paths_of
from tests.lake.lookalike import write_lookalike
from tests.lake.naive_berka import NaiveBank, NaiveInflow, NaiveOutcome

REAL_OPENING_DAY = date(1993, 12, 31)
REAL_LAST_DAY = date(1994, 3, 31)
FLOOR_MINOR = 2_000_000  # 20,000.00 CZK
REPOSITORY = Path(__file__).resolve().parents[2]


def real_files() -> Path:
    """The real files, or a skip that says what was looked for."""
    data = Path(os.environ.get("HAOYOU_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (data / "berka" / "trans.asc.gz").is_file():
        pytest.skip("the real PKDD'99 files are not here (HAOYOU_REAL_DATA): only the look-alike was compared")
    return data / "berka"


@dataclass(frozen=True)
class Road:
    """What came out at the end of the product's road, and by how many days its dates were moved."""

    shift: timedelta
    inflows: list[Inflow]
    outcomes: list[Outcome]


def walk(files: Path, root: Path, *, days: int) -> Road:
    out, state = root / "inbox", root / "state.json"
    common = ["--out", str(out), "--state", str(state)]
    assert main(["open", f"berka:{files}", "--today", "2026-11-22", *common]) == 0
    assert main(["advance", "--days", str(days), *common]) == 0
    landings = [land_here(feed, root, run_id=f"run-{feed.name}") for feed in sorted(out.glob("2*"))]
    assert len(landings) == days + 1
    assert [
        dataset for landed in landings for dataset in landed.datasets if dataset.rejected or not dataset.agrees
    ] == []
    opening = landings[0].bank_date
    with Lake.open(paths_of(*landings)) as lake:
        found = [inflow for landed in landings[1:] for inflow in _found(lake, landed)]
        asked = [
            OutcomeQuery(i.transaction_id, i.account_id, i.customer_id, i.bank_date, i.amount_minor) for i in found
        ]
        return Road(opening - REAL_OPENING_DAY, found, outcomes(lake, items=asked, on=landings[-1].bank_date))


def _found(lake: Lake, landed: Landed) -> list[Inflow]:
    return find_large_inflows(lake, bank_date=landed.bank_date, floor_minor=FLOOR_MINOR)


def compare(files: Path, root: Path, *, days: int) -> tuple[list[NaiveInflow], list[NaiveOutcome]]:
    """Assert that both agree in every figure; answer the naive ones."""
    road = walk(files, root, days=days)
    last = REAL_OPENING_DAY + timedelta(days=days)
    bank = NaiveBank(files)
    expected = bank.inflows(REAL_OPENING_DAY + timedelta(days=1), last, FLOOR_MINOR)
    assert road.shift.days % 7 == 0
    seen = [
        NaiveInflow(
            transaction=each.transaction_id,
            account=each.account_id,
            owner=each.customer_id,
            day=each.bank_date - road.shift,
            amount=each.amount_minor,
            credits_before=each.history_count,
            credits_before_sum=each.history_sum_minor,
            balance_before=each.balance_before_minor,
        )
        for each in road.inflows
    ]
    assert seen == expected
    due = [inflow for inflow in expected if inflow.day + timedelta(days=30) <= last]
    judged = [bank.outcome(inflow) for inflow in due]
    assert [_as_naive(each) for each in road.outcomes] == judged
    assert [each.balance_before_minor for each in road.outcomes] == [inflow.balance_before for inflow in due]
    return expected, judged


def _as_naive(each: Outcome) -> NaiveOutcome:
    return NaiveOutcome(
        each.transaction_id, str(each.kind), each.held_minor, each.held_share_bps, each.balance_end_minor
    )


def test_the_lookalike_agrees_with_the_plain_recomputation(tmp_path: Path) -> None:
    inflows, judged = compare(write_lookalike(tmp_path / "files"), tmp_path, days=45)
    assert len(inflows) >= 10
    assert set(Counter(each.kind for each in judged)) == {"held", "left", "product"}


@pytest.mark.timeout(300)  # ninety landings: under half a minute on two idle cores, more beside other work
def test_the_real_bank_agrees_with_the_plain_recomputation(tmp_path: Path) -> None:
    inflows, judged = compare(real_files(), tmp_path, days=90)
    assert (len(inflows), len({inflow.account for inflow in inflows})) == (37, 31)
    assert Counter(inflow.day.month for inflow in inflows) == {1: 12, 2: 13, 3: 12}
    assert Counter(each.kind for each in judged) == {"left": 15, "held": 10}
