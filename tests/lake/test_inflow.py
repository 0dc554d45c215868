"""The inflow rule and its result at every edge, on small feeds written by hand."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from haoyou.lake.inflow import Inflow, Outcome, OutcomeKind, OutcomeQuery, find_large_inflows, outcomes
from haoyou.lake.query import Lake
from tests.lake.feeds import DAY, Feed, land_here, paths_of, row

FLOOR_MINOR = 20_000
Movement = tuple[int, str, str, str]  # days before DAY (after it if negative), direction, amount, category

FIVE_OF_100: list[Movement] = [(10 * number, "credit", "100.00", "salary") for number in range(1, 6)]
THREE_TIMES: Movement = (0, "credit", "300.00", "transfer")


@contextmanager
def bank(root: Path, movements: list[Movement], *accounts: dict[str, str], kind: str = "demand") -> Generator[Lake]:
    """One account A1 of customer C1 with these movements, T1, T2, … in order, and further accounts."""
    feed = Feed(root / "feed", day=DAY + timedelta(days=100))
    feed.put("accounts", row("accounts", kind=kind), *accounts)
    rows = [
        row(
            "transactions",
            transaction_id=f"T{number}",
            bank_date=(DAY - timedelta(days=days)).isoformat(),
            direction=direction,
            amount=amount,
            category=category,
            counterparty="somebody",
        )
        for number, (days, direction, amount, category) in enumerate(movements, start=1)
    ]
    feed.put("transactions", *rows)
    with Lake.open(paths_of(land_here(feed.write(), root))) as lake:
        yield lake


def found(lake: Lake, day: date = DAY) -> list[str]:
    return [inflow.transaction_id for inflow in find_large_inflows(lake, bank_date=day, floor_minor=FLOOR_MINOR)]


def test_exactly_three_times_the_mean_is_large_and_every_figure_is_told(tmp_path: Path) -> None:
    with bank(tmp_path, [THREE_TIMES, *FIVE_OF_100, (3, "debit", "50.00", "cash")]) as lake:
        assert find_large_inflows(lake, bank_date=DAY, floor_minor=FLOOR_MINOR) == [
            Inflow(
                transaction_id="T1",
                account_id="A1",
                customer_id="C1",
                bank_date=DAY,
                amount_minor=30_000,
                history_count=5,
                history_sum_minor=50_000,
                balance_before_minor=45_000,
                counterparty="somebody",
                currency="CNY",
            )
        ]


@pytest.mark.parametrize(
    ("movements", "expected"),
    [
        pytest.param([(0, "credit", "299.99", "transfer"), *FIVE_OF_100], [], id="a fen below three times"),
        pytest.param([THREE_TIMES, *FIVE_OF_100[:4]], [], id="four credits are too few"),
        pytest.param([THREE_TIMES, *FIVE_OF_100[:4], (180, "credit", "100.00", "cash")], ["T1"], id="day 180 counts"),
        pytest.param([THREE_TIMES, *FIVE_OF_100[:4], (181, "credit", "100.00", "cash")], [], id="day 181 does not"),
        pytest.param([THREE_TIMES, *FIVE_OF_100[:4], (0, "credit", "100.00", "cash")], [], id="the same day does not"),
        pytest.param([THREE_TIMES, *FIVE_OF_100, (0, "credit", "900.00", "cash")], ["T1", "T7"], id="two on a day"),
        pytest.param(
            [THREE_TIMES, *FIVE_OF_100[:4], (9, "credit", "100.00", "interest")], [], id="interest is no credit"
        ),
        pytest.param([THREE_TIMES, *FIVE_OF_100, (9, "credit", "9000.00", "interest")], ["T1"], id="nor does it raise"),
        pytest.param([THREE_TIMES, *FIVE_OF_100[:4], (9, "debit", "100.00", "cash")], [], id="a debit is no credit"),
        pytest.param([THREE_TIMES, *FIVE_OF_100, (9, "debit", "9000.00", "cash")], ["T1"], id="debits do not raise"),
        pytest.param([(0, "credit", "300.00", "interest"), *FIVE_OF_100], [], id="interest is never large"),
        pytest.param([(0, "debit", "300.00", "transfer"), *FIVE_OF_100], [], id="an outflow is never large"),
        pytest.param([THREE_TIMES, *FIVE_OF_100, (7, "credit", "100.01", "cash")], [], id="a fen more in the past"),
        pytest.param(
            [(0, "credit", "200.00", "cash"), *[(n, "credit", "1.00", "cash") for n in range(1, 6)]],
            ["T1"],
            id="at the floor",
        ),
        pytest.param(
            [(0, "credit", "199.99", "cash"), *[(n, "credit", "1.00", "cash") for n in range(1, 6)]],
            [],
            id="below the floor",
        ),
    ],
)
def test_the_rule_to_the_last_comparison(tmp_path: Path, movements: list[Movement], expected: list[str]) -> None:
    with bank(tmp_path, movements) as lake:
        assert found(lake) == expected


@pytest.mark.parametrize("kind", ["term", "loan", "card"])
def test_only_demand_accounts_have_inflows(tmp_path: Path, kind: str) -> None:
    with bank(tmp_path, [THREE_TIMES, *FIVE_OF_100], kind=kind) as lake:
        assert found(lake) == []


def test_another_day_has_none_and_other_numbers_may_be_asked(tmp_path: Path) -> None:
    with bank(tmp_path, [(0, "credit", "250.00", "cash"), *FIVE_OF_100]) as lake:
        assert found(lake, DAY - timedelta(days=1)) == []
        asked = find_large_inflows(lake, bank_date=DAY, floor_minor=1, times=2, min_credits=3, lookback_days=30)
        assert [(each.history_count, each.history_sum_minor) for each in asked] == [(3, 30_000)]


def test_sums_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    huge = [(day, "credit", "999999999999999.99", "cash") for day in range(1, 180)]
    with bank(tmp_path, [(0, "credit", "999999999999999.99", "cash"), *huge]) as lake:
        assert found(lake) == []


ASKED = OutcomeQuery(transaction_id="T1", account_id="A1", customer_id="C1", inflow_date=DAY, amount_minor=30_000)


def judged(lake: Lake, on: date = DAY + timedelta(days=30)) -> Outcome:
    (answer,) = outcomes(lake, items=[ASKED], on=on)
    return answer


@pytest.mark.parametrize(
    ("later", "kind", "held_minor", "bps"),
    [
        pytest.param([], OutcomeKind.HELD, 30_000, 10_000, id="all of it stays"),
        pytest.param([(-30, "debit", "150.00", "cash")], OutcomeKind.HELD, 15_000, 5_000, id="exactly half stays"),
        pytest.param([(-30, "debit", "150.01", "cash")], OutcomeKind.LEFT, 14_999, 4_999, id="a fen less than half"),
        pytest.param([(-31, "debit", "300.00", "cash")], OutcomeKind.HELD, 30_000, 10_000, id="day 31 is too late"),
        pytest.param([(0, "debit", "300.00", "cash")], OutcomeKind.LEFT, 0, 0, id="it leaves the same day"),
        pytest.param([(-2, "debit", "700.00", "cash")], OutcomeKind.LEFT, 0, 0, id="more than it leaves"),
        pytest.param(
            [(-2, "credit", "700.00", "cash")], OutcomeKind.HELD, 30_000, 10_000, id="more than it is no more"
        ),
    ],
)
def test_what_is_held_thirty_days_later(
    tmp_path: Path, later: list[Movement], kind: OutcomeKind, held_minor: int, bps: int
) -> None:
    with bank(tmp_path, [THREE_TIMES, *FIVE_OF_100, *later]) as lake:
        answer = judged(lake)
    assert (answer.kind, answer.held_minor, answer.held_share_bps) == (kind, held_minor, bps)
    assert (answer.judged_on, answer.balance_before_minor) == (DAY + timedelta(days=30), 50_000)


@pytest.mark.parametrize(
    ("kind", "after_days", "customer", "expected"),
    [
        ("loan", 1, "C1", OutcomeKind.PRODUCT),
        ("card", 30, "C1", OutcomeKind.PRODUCT),
        ("card", 0, "C1", OutcomeKind.LEFT),
        ("loan", 31, "C1", OutcomeKind.LEFT),
        ("term", 5, "C1", OutcomeKind.LEFT),
        ("loan", 5, "C2", OutcomeKind.LEFT),
    ],
)
def test_a_loan_or_card_of_the_customer_within_thirty_days_is_a_product(
    tmp_path: Path, kind: str, after_days: int, customer: str, expected: OutcomeKind
) -> None:
    opened = (DAY + timedelta(days=after_days)).isoformat()
    other = row("accounts", account_id="X1", customer_id=customer, kind=kind, opened_on=opened)
    with bank(tmp_path, [THREE_TIMES, *FIVE_OF_100, (-1, "debit", "300.00", "cash")], other) as lake:
        answer = judged(lake)
    assert answer.kind is expected
    assert answer.loans + answer.cards == (("X1",) if expected is OutcomeKind.PRODUCT else ())


def test_an_inflow_is_not_judged_before_its_thirty_days(tmp_path: Path) -> None:
    with bank(tmp_path, [THREE_TIMES, *FIVE_OF_100]) as lake:
        assert outcomes(lake, items=[ASKED], on=DAY + timedelta(days=29)) == []
        assert judged(lake, DAY + timedelta(days=60)).judged_on == DAY + timedelta(days=30)
        assert outcomes(lake, items=[], on=DAY) == []
