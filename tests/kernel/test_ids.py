"""Identifiers, money, names: small things that everything rests on."""

import time
from decimal import Decimal

import pytest

from haoyou.kernel.errors import AppError, Conflict, NotFound, from_problem
from haoyou.kernel.ids import new_id
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name


def test_identifiers_are_version_seven_and_never_meet() -> None:
    made = [new_id() for _ in range(50_000)]
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert len(set(made)) == 50_000


def test_identifiers_lie_in_the_order_of_time() -> None:
    made = []
    for _ in range(20):
        made.append(new_id())
        time.sleep(0.002)
    assert made == sorted(made)
    assert abs((made[0].int >> 80) / 1000 - time.time()) < 5


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (123, "CNY", "1.23"),
        (-5, "CZK", "-0.05"),
        (7, "JPY", "7"),
        (1234, "KWD", "1.234"),
        (0, "CNY", "0.00"),
        (10**17 + 1, "CNY", "1000000000000000.01"),
    ],
)
def test_money_is_exact(minor: int, currency: str, amount: str) -> None:
    assert str(Money(minor, currency).amount) == str(Decimal(amount))


def test_money_of_two_currencies_is_not_added() -> None:
    assert Money(1, "CNY") + Money(2, "CNY") == Money(3, "CNY")
    with pytest.raises(AssertionError, match="need a rate"):
        _ = Money(1, "CNY") + Money(2, "USD")


def test_a_name_survives_its_storage() -> None:
    for name in (Name("网点"), Name("网点", "Outlet")):
        assert Name.read(name.stored()) == name
    assert Name("网点").stored() == {"zh": "网点"}


class Planted(Conflict):
    code = "planted.error"
    title = "Planted"


def test_an_error_survives_the_wire_with_its_type() -> None:
    told = from_problem(Planted("because", number=7, names=["a"]).as_problem())
    assert (type(told), told.detail, told.data) == (Planted, "because", {"number": 7, "names": ["a"]})
    assert type(from_problem(NotFound().as_problem())) is NotFound
    assert type(from_problem({"code": "somebody.elses", "status": 409})) is AppError


def test_a_problem_document_has_the_members_of_rfc_9457() -> None:
    assert Planted("because", number=7).as_problem() == {
        "type": "urn:haoyou:problem:planted.error",
        "title": "Planted",
        "status": 409,
        "code": "planted.error",
        "detail": "because",
        "number": 7,
    }
