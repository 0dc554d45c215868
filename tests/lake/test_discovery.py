"""The rules of discovery and their results at every edge, on small feeds written by hand."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from haoyou.lake.discovery.definition import BY_CODE, DEFINITIONS
from haoyou.lake.discovery.look import SLOTS, Finding, find_missing, look, slots_between
from haoyou.lake.discovery.outcome import Question, judge
from haoyou.lake.inflow import OutcomeQuery, outcomes
from haoyou.lake.query import Lake
from tests.lake.feeds import DAY, Feed, land_here, paths_of, row

Rows = dict[str, list[dict[str, str]]]
MONTH = timedelta(days=40)  # a look after so long looks at everybody


def on(days: int) -> str:
    """So many days after DAY."""
    return (DAY + timedelta(days=days)).isoformat()


def account(code: str, kind: str = "demand", *, customer: str = "C1", **said: str) -> dict[str, str]:
    return row("accounts", account_id=code, customer_id=customer, kind=kind, **said)


def stood(code: str, amount: str, days: int = 0) -> dict[str, str]:
    return row("balances", account_id=code, balance=amount, bank_date=on(days))


def moved(code: str, days: int, direction: str, amount: str, category: str = "transfer") -> dict[str, str]:
    named = f"{code}/{days}/{direction}/{amount}"
    values = {"account_id": code, "bank_date": on(days), "direction": direction, "amount": amount}
    return row("transactions", transaction_id=named, category=category, **values)


@contextmanager
def bank(root: Path, **datasets: Sequence[dict[str, str]]) -> Generator[Lake]:
    feed = Feed(root / "feed", day=DAY + timedelta(days=100))
    for name, rows in datasets.items():
        feed.put(name, *rows)
    with Lake.open(paths_of(land_here(feed.write(), root))) as lake:
        yield lake


def found(lake: Lake, rule: str, *, after: date | None = None, until: int = 0) -> list[Finding]:
    day = DAY + timedelta(days=until)
    return look(lake, rule=rule, after=after or day - MONTH, on=day)


def names(lake: Lake, rule: str, **when: int) -> list[str]:
    return [one.raised_by for one in found(lake, rule, **when)]  # pyright: ignore[reportArgumentType]


def maturing(*, matures_on: str | None = None, renews: str = "", closed_on: str = "") -> Rows:
    ends_on = on(14) if matures_on is None else matures_on
    return {
        "accounts": [account("D1", "term", closed_on=closed_on)],
        "deposits": [row("deposits", account_id="D1", matures_on=ends_on, renews=renews)],
        "balances": [stood("D1", "10000.00", -90)],
    }


def test_a_deposit_that_matures_is_told_with_its_figures(tmp_path: Path) -> None:
    with bank(tmp_path, **maturing()) as lake:
        assert found(lake, "deposit_maturing") == [
            Finding(
                rule="deposit_maturing",
                raised_by=f"D1/{on(14)}",
                customer_id="C1",
                account_id="D1",
                bank_date=DAY,
                amount_minor=1_000_000,
                currency="CNY",
                figures=(("matures_on", on(14)), ("days_left", 14), ("rate_ppm", 15_000)),
                ends_on=DAY + timedelta(days=14),
            )
        ]
        # the day after it is the same finding: whoever has it raised nothing new
        assert names(lake, "deposit_maturing", until=1) == [f"D1/{on(14)}"]
        assert names(lake, "deposit_maturing", until=14) == []  # it ends today
        assert names(lake, "deposit_maturing", until=-1) == []  # fifteen days left


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({"matures_on": on(15)}, False, id="a day beyond the fortnight"),
        pytest.param({"renews": "yes"}, False, id="renews by itself"),
        pytest.param({"renews": "no"}, True, id="does not"),
        pytest.param({"closed_on": on(0)}, False, id="closed before its time"),
        pytest.param({"closed_on": on(1)}, True, id="closed tomorrow"),
        pytest.param({"matures_on": ""}, False, id="no day of maturity"),
    ],
)
def test_which_deposits_mature(tmp_path: Path, changed: dict[str, str], expected: bool) -> None:
    with bank(tmp_path, **maturing(**changed)) as lake:
        assert bool(names(lake, "deposit_maturing")) is expected


@pytest.mark.parametrize(("balance", "expected"), [("9999.99", 0), ("10000.00", 1)])
def test_the_floor_of_a_deposit(tmp_path: Path, balance: str, expected: int) -> None:
    facts = maturing() | {"balances": [stood("D1", balance, -1), stood("D1", "90000.00", 1)]}
    with bank(tmp_path, **facts) as lake:
        assert len(names(lake, "deposit_maturing")) == expected


def test_a_deposit_that_was_renewed_is_another_finding(tmp_path: Path) -> None:
    facts = maturing()
    with bank(tmp_path, **facts) as lake:
        first = names(lake, "deposit_maturing")
    facts["deposits"] = [row("deposits", account_id="D1", matures_on=on(28))]
    with bank(tmp_path / "again", **facts) as lake:
        assert (first, names(lake, "deposit_maturing", until=14)) == ([f"D1/{on(14)}"], [f"D1/{on(28)}"])


def runoff(before: str, after: str) -> Rows:
    """`before` until thirty days ago, since then `after`, all in one demand account, a deposit of 10,000.00 beside."""
    taken = f"{float(before) - float(after):.2f}"
    return {
        "accounts": [account("A1"), account("D1", "term")],
        "transactions": [moved("A1", -200, "credit", before), moved("A1", -29, "debit", taken)],
        "balances": [stood("A1", before, -200), stood("A1", after, -29), stood("D1", "10000.00", -200)],
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("90000.00", "40000.00", False, id="exactly half is no runoff"),
        pytest.param("90000.00", "39999.00", True, id="below half"),
        pytest.param("40000.00", "1000.00", True, id="exactly the floor"),
        pytest.param("39999.99", "1000.00", False, id="below the floor"),
    ],
)
def test_a_balance_that_runs_off(tmp_path: Path, before: str, after: str, expected: bool) -> None:
    with bank(tmp_path, **runoff(before, after)) as lake:
        assert bool(names(lake, "balance_runoff")) is expected


def test_a_runoff_has_the_two_averages_to_the_fen(tmp_path: Path) -> None:
    """Money moved into one's own deposit is no runoff; what left on a day counts from that evening on."""
    facts = runoff("90000.00", "10000.00")
    with bank(tmp_path, **facts) as lake:
        (one,) = found(lake, "balance_runoff")
        assert one.figures == (("recent_average_minor", 2_000_000), ("before_average_minor", 10_000_000))
        assert (one.raised_by, one.account_id, one.amount_minor) == ("C1/CNY/2026Q4", None, 8_000_000)
        assert found(lake, "balance_runoff", until=-29) == []  # a thirtieth only has left so far
    facts["transactions"].append(moved("D1", -29, "credit", "80000.00"))
    facts["balances"].append(stood("D1", "90000.00", -29))
    with bank(tmp_path / "own", **facts) as lake:
        assert found(lake, "balance_runoff") == []


def salaries(*days: int, amount: str = "5000.00", kind: str = "demand") -> Rows:
    paid = [moved("A1", one, "credit", amount, "salary") for one in days]
    return {"accounts": [account("A1", kind)], "transactions": [*paid, moved("A1", -1, "credit", "9.00")]}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(salaries(-46, -77, -107, -138), True, id="46 days without"),
        pytest.param(salaries(-45, -76, -106, -137), False, id="45 days are within the rule"),
        pytest.param(salaries(-46, -77, -107), False, id="three months are no habit"),
        pytest.param(salaries(-46, -47, -48, -49), False, id="four payments in two months are none either"),
        pytest.param(salaries(-120, -151, -181, -212), True, id="gone for 120 days"),
        pytest.param(salaries(-121, -152, -182, -213), False, id="gone for longer: decided long ago"),
        pytest.param(salaries(-46, -77, -107, -138, amount="1999.99"), False, id="below the floor"),
        pytest.param(salaries(-46, -77, -107, -138, kind="card"), False, id="a card is no salary account"),
    ],
)
def test_a_salary_that_moved(tmp_path: Path, facts: Rows, expected: bool) -> None:
    with bank(tmp_path, **facts) as lake:
        assert bool(names(lake, "salary_moved")) is expected


def test_a_salary_that_came_to_another_account_here_has_not_moved(tmp_path: Path) -> None:
    facts = salaries(-46, -77, -107, -138)
    with bank(tmp_path, **facts) as lake:
        (one,) = found(lake, "salary_moved")
        assert (one.raised_by, one.amount_minor) == (f"A1/{on(-46)}", 500_000)
        assert dict(one.figures) == {"last_on": on(-46), "days_since": 46, "months": 4}
    facts["accounts"].append(account("A2"))
    facts["transactions"].append(moved("A2", -10, "credit", "5000.00", "salary"))
    with bank(tmp_path / "other", **facts) as lake:
        assert found(lake, "salary_moved") == []


def idle(days: int, balance: str = "100000.00", *more: dict[str, str]) -> Rows:
    touched = moved("A1", -days, "credit", "7.00")
    return {"accounts": [account("A1")], "transactions": [touched, *more], "balances": [stood("A1", balance, -days)]}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(idle(60), True, id="sixty days"),
        pytest.param(idle(59), False, id="fifty-nine"),
        pytest.param(idle(60, "99999.99"), False, id="below the floor"),
        pytest.param(idle(60, "100000.00", moved("A1", -5, "credit", "0.50", "interest")), True, id="interest comes"),
        pytest.param(idle(60, "100000.00", moved("A1", -5, "debit", "0.50", "fee")), True, id="a fee goes"),
        pytest.param(idle(60, "100000.00", moved("A1", -5, "debit", "0.50")), False, id="touched since"),
    ],
)
def test_a_balance_that_lies_idle(tmp_path: Path, facts: Rows, expected: bool) -> None:
    with bank(tmp_path, **facts) as lake:
        assert names(lake, "idle_balance") == ([f"A1/{on(-60)}"] if expected else [])


def loan(due: int, closed: str = "", **said: str) -> Rows:
    contract = account("L1", "loan", principal="200000.00", closed_on=closed)
    return {"accounts": [contract], "loans": [row("loans", account_id="L1", due_on=on(due), **said)]}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(loan(60), True, id="sixty days before its end"),
        pytest.param(loan(61), False, id="sixty-one"),
        pytest.param(loan(1), True, id="tomorrow"),
        pytest.param(loan(0), False, id="over"),
        pytest.param(loan(30, **{"class": "special_mention"}), False, id="not in good order"),
        pytest.param(loan(30, overdue="0.01"), False, id="overdue"),
        pytest.param(loan(900, closed=on(0)), True, id="paid off today"),
        pytest.param(loan(900, closed=on(-40)), False, id="paid off before the last look"),
        pytest.param(loan(900, closed=on(1)), False, id="paid off tomorrow"),
    ],
)
def test_a_loan_that_ends(tmp_path: Path, facts: Rows, expected: bool) -> None:
    with bank(tmp_path, **facts) as lake:
        assert bool(names(lake, "loan_ending")) is expected


def growth(recent: str, before: str, kind: str = "organisation") -> Rows:
    return {
        "customers": [row("customers", kind=kind)],
        "accounts": [account("A1")],
        "transactions": [
            moved("A1", -179, "credit", before),
            moved("A1", -180, "credit", "9000000.00"),
            moved("A1", -89, "credit", recent),
            moved("A1", -88, "credit", "9000000.00", "loan"),
            moved("A1", -88, "debit", "9000000.00"),
        ],
    }


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(growth("750000.00", "500000.00"), True, id="half as much again"),
        pytest.param(growth("749999.99", "500000.00"), False, id="a fen below"),
        pytest.param(growth("900000.00", "499999.99"), False, id="below the floor"),
        pytest.param(growth("750000.00", "500000.00", "person"), False, id="a person is no firm"),
    ],
)
def test_a_business_that_grows(tmp_path: Path, facts: Rows, expected: bool) -> None:
    with bank(tmp_path, **facts) as lake:
        assert names(lake, "business_growth") == (["C1/CNY/2026Q4"] if expected else [])


def test_everybody_is_looked_at_once_a_month_and_nobody_is_missed(tmp_path: Path) -> None:
    people = [f"C{number}" for number in range(60)]
    facts: Rows = {
        "accounts": [account(f"A-{one}", customer=one) for one in people],
        "transactions": [moved(f"A-{one}", -99, "credit", "7.00") for one in people],
        "balances": [stood(f"A-{one}", "500000.00", -99) for one in people],
    }
    with bank(tmp_path, **facts) as lake:
        days = [DAY + timedelta(days=number) for number in range(30)]
        seen = [
            one.customer_id for day in days for one in look(lake, rule="idle_balance", after=day - timedelta(1), on=day)
        ]
        assert sorted(set(seen)) == sorted(people)
        jumped = [one.customer_id for one in look(lake, rule="idle_balance", after=days[0], on=days[9])]
        stepped = [
            x.customer_id for d in days[1:10] for x in look(lake, rule="idle_balance", after=d - timedelta(1), on=d)
        ]
        assert sorted(jumped) == sorted(stepped) and 0 < len(jumped) < len(people)


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        (date(2026, 11, 19), date(2026, 11, 20), [20]),
        (date(2026, 11, 27), date(2026, 11, 30), [28]),
        (date(2026, 10, 30), date(2026, 11, 2), [1, 2]),
        (date(2026, 9, 1), date(2026, 11, 2), list(range(1, SLOTS + 1))),
    ],
)
def test_the_days_on_which_customers_are_looked_at(after: date, until: date, expected: list[int]) -> None:
    assert slots_between(after, until) == expected


def test_a_bank_that_does_not_send_the_facts_is_told_so(tmp_path: Path) -> None:
    with bank(tmp_path, transactions=[moved("A1", -1, "credit", "5.00")], accounts=[account("A1")]) as lake:
        missing = {one.code: find_missing(lake, rule=one.code) for one in DEFINITIONS}
        assert missing == {
            "large_inflow": None,
            "deposit_maturing": "deposits",
            "balance_runoff": "balances",
            "salary_moved": "salaries",
            "idle_balance": "balances",
            "loan_ending": "loans",
            "business_growth": "firms",
        }
        assert [found(lake, rule) for rule in missing if rule != "large_inflow"] == [[]] * 6


def asked(rule: str, *, amount: str = "10000.00", before: int = 0, account_id: str = "A1") -> Question:
    """Raised on DAY; judged as the rule says, a contract ending on DAY + 14."""
    judged = BY_CODE[rule].judged_on(DAY, DAY + timedelta(days=14))
    minor = round(float(amount) * 100)
    return Question("q", rule, "C1", account_id, "CNY", DAY, judged, minor, before)


def verdict(lake: Lake, question: Question) -> tuple[str, int, tuple[str, ...]]:
    (outcome,) = judge(lake, questions=[question])
    return outcome.kind.value, outcome.held_minor, outcome.products


NEW, OLD = account("D2", "term", opened_on=on(15)), account("W1", "wealth")
PAID_OUT = stood("D1", "0.00", 14)


@pytest.mark.parametrize(
    ("accounts", "balances", "transactions", "expected"),
    [
        pytest.param([], [], [], ("held", 1_000_000, ()), id="renewed where it stands"),
        pytest.param([], [PAID_OUT], [], ("left", 0, ()), id="paid out"),
        pytest.param([], [stood("D1", "5000.00", 14)], [], ("held", 500_000, ()), id="half of it renewed"),
        pytest.param([], [stood("D1", "4999.99", 14)], [], ("left", 499_999, ()), id="less than half"),
        pytest.param([], [stood("D1", "0.00", 22)], [], ("held", 1_000_000, ()), id="gone a day after the judgement"),
        pytest.param(
            [NEW], [PAID_OUT], [moved("D2", 15, "credit", "5000.00")], ("product", 500_000, ("D2",)), id="placed anew"
        ),
        pytest.param(
            [OLD], [PAID_OUT], [moved("W1", 21, "credit", "6000.00")], ("product", 600_000, ()), id="added to"
        ),
        pytest.param([NEW], [PAID_OUT], [moved("D2", 22, "credit", "9000.00")], ("left", 0, ()), id="too late"),
        pytest.param(
            [OLD],
            [PAID_OUT],
            [moved("W1", 15, "credit", "9000.00"), moved("W1", 20, "debit", "8000.00")],
            ("left", 100_000, ()),
            id="taken out again",
        ),
    ],
)
def test_what_became_of_a_deposit(
    tmp_path: Path,
    accounts: list[dict[str, str]],
    balances: list[dict[str, str]],
    transactions: list[dict[str, str]],
    expected: tuple[str, int, tuple[str, ...]],
) -> None:
    facts = {
        "accounts": [account("D1", "term"), account("A9", customer="C9"), *accounts],
        "balances": [stood("D1", "10000.00", -90), *balances],
        "transactions": [moved("A9", 1, "credit", "1.00"), *transactions],
    }
    with bank(tmp_path, **facts) as lake:
        assert verdict(lake, asked("deposit_maturing", account_id="D1")) == expected


@pytest.mark.parametrize(
    ("back", "expected"), [("35000.00", ("held", 7_500_000, ())), ("34999.00", ("left", 7_499_900, ()))]
)
def test_what_became_of_a_runoff(tmp_path: Path, back: str, expected: tuple[str, int, tuple[str, ...]]) -> None:
    """40,000.00 were left of an average of 100,000.00; the money comes back in time for the last thirty days."""
    balance = f"{40_000 + float(back):.2f}"
    facts = {
        "accounts": [account("A1")],
        "balances": [stood("A1", "40000.00", -29), stood("A1", balance, 31)],
        "transactions": [moved("A1", 31, "credit", back)],
    }
    with bank(tmp_path, **facts) as lake:
        assert verdict(lake, asked("balance_runoff", before=10_000_000, account_id="")) == expected


@pytest.mark.parametrize(("days", "expected"), [(0, "left"), (1, "held"), (60, "held"), (61, "left")])
def test_what_became_of_a_salary(tmp_path: Path, days: int, expected: str) -> None:
    facts = {
        "accounts": [account("A1"), account("A2")],
        "transactions": [moved("A2", days, "credit", "3.00", "salary")],
    }
    with bank(tmp_path, **facts) as lake:
        assert verdict(lake, asked("salary_moved"))[0] == expected


@pytest.mark.parametrize(("amount", "expected"), [("5000.00", "product"), ("4999.99", "left")])
def test_what_became_of_an_idle_balance(tmp_path: Path, amount: str, expected: str) -> None:
    facts = {"accounts": [account("A1"), NEW], "transactions": [moved("D2", 30, "credit", amount)]}
    with bank(tmp_path, **facts) as lake:
        assert verdict(lake, asked("idle_balance"))[0] == expected


@pytest.mark.parametrize(
    ("rule", "kind", "opened", "expected"),
    [
        ("loan_ending", "loan", 0, "left"),
        ("loan_ending", "loan", 1, "product"),
        ("loan_ending", "loan", 90, "product"),
        ("loan_ending", "loan", 91, "left"),
        ("loan_ending", "term", 5, "left"),
        ("business_growth", "term", 60, "product"),
        ("business_growth", "demand", 5, "left"),
        ("business_growth", "card", 61, "left"),
    ],
)
def test_what_became_of_those_that_a_new_contract_decides(
    tmp_path: Path, rule: str, kind: str, opened: int, expected: str
) -> None:
    with bank(tmp_path, accounts=[account("A1"), account("N1", kind, opened_on=on(opened))]) as lake:
        assert verdict(lake, asked(rule)) == (expected, 0, ("N1",) if expected == "product" else ())


IN, GONE = moved("A1", 0, "credit", "10000.00"), moved("A1", 3, "debit", "10000.00")
DEPOSIT = account("D2", "term", opened_on=on(3))


@pytest.mark.parametrize(
    ("accounts", "transactions", "expected"),
    [
        pytest.param([], [IN, GONE], ("left", 0, 0, ()), id="it left"),
        pytest.param(
            [DEPOSIT],
            [IN, GONE, moved("D2", 3, "credit", "10000.00")],
            ("product", 10_000, 10_000, ("D2",)),
            id="a deposit",
        ),
        pytest.param(
            [OLD], [IN, GONE, moved("W1", 3, "credit", "10000.00")], ("product", 10_000, 10_000, ()), id="added to"
        ),
        pytest.param(
            [DEPOSIT], [IN, GONE, moved("D2", 4, "credit", "10000.00")], ("left", 0, 0, ()), id="another day's money"
        ),
        pytest.param(
            [DEPOSIT], [IN, GONE, moved("D2", 3, "credit", "9000.00")], ("left", 0, 0, ()), id="another amount"
        ),
        pytest.param(
            [DEPOSIT],
            [
                IN,
                moved("A1", 3, "debit", "4000.00"),
                moved("D2", 3, "credit", "4000.00"),
                moved("A1", 9, "debit", "6000.00"),
            ],
            ("left", 4_000, 4_000, ("D2",)),
            id="less than half of it",
        ),
        pytest.param(
            [DEPOSIT],
            [
                IN,
                moved("A1", 3, "debit", "4000.00"),
                moved("D2", 3, "credit", "4000.00"),
                moved("A1", 9, "debit", "5000.00"),
            ],
            ("held", 5_000, 4_000, ("D2",)),
            id="with what lies there half of it",
        ),
        pytest.param(
            [DEPOSIT],
            [IN, GONE, moved("D2", 3, "credit", "10000.00"), moved("D2", 20, "debit", "10000.00")],
            ("left", 0, 0, ()),
            id="taken out again and gone",
        ),
        pytest.param(
            [account("D2", "term", customer="C2", opened_on=on(3))],
            [IN, GONE, moved("D2", 3, "credit", "10000.00")],
            ("left", 0, 0, ()),
            id="somebody else's deposit",
        ),
    ],
)
def test_an_inflow_in_ones_own_deposit_has_not_left(
    tmp_path: Path,
    accounts: list[dict[str, str]],
    transactions: list[dict[str, str]],
    expected: tuple[str, int, int, tuple[str, ...]],
) -> None:
    asked_for = OutcomeQuery("T1", "A1", "C1", DAY, 1_000_000)
    with bank(tmp_path, accounts=[account("A1"), *accounts], transactions=transactions) as lake:
        (one,) = outcomes(lake, items=[asked_for], on=DAY + timedelta(days=30))
    assert (one.kind.value, one.held_minor // 100, one.placed_minor // 100, one.placements) == expected
