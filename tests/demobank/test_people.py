"""Who the invented bank serves: everybody stands where they say, numbers are valid and nobody's, ties fit."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.demobank.banks import folders, open_demo, rows

CUSTOMERS = 600


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bank")
    open_demo(root, customers=CUSTOMERS)
    return folders(root)[0]


def test_everybody_stands_where_they_say(opening: Path) -> None:
    places = {row["institution_id"]: row for row in rows(opening, "institutions")}
    assert Counter(row["kind"] for row in places.values()) == {"head": 1, "branch": 2, "outlet": 6}
    parents = {"head": {""}, "branch": {"head"}, "outlet": {"branch"}}
    for row in places.values():
        assert (places[row["parent_id"]]["kind"] if row["parent_id"] else "") in parents[row["kind"]]
    staff = {row["staff_id"]: row for row in rows(opening, "staff")}
    roles = Counter(row["role"] for row in staff.values())
    assert (roles["head_office"], roles["administrator"]) == (3, 1)
    assert (roles["branch_manager"], roles["lobby_manager"]) == (8, 6)
    customers = {row["customer_id"]: row for row in rows(opening, "customers")}
    assert Counter(row["line"] for row in customers.values()) == {"retail": 570, "corporate": 30}
    primary = [row for row in rows(opening, "assignments") if row["kind"] == "primary"]
    assert 570 <= len(primary) == len({row["customer_id"] for row in primary}) < CUSTOMERS
    for row in primary:
        manager, customer = staff[row["staff_id"]], customers[row["customer_id"]]
        assert manager["role"] == "relationship_manager"
        assert manager["institution_id"] == customer["institution_id"]
        assert customer["line"] in manager["lines"].split(";")
    assert max(Counter(row["staff_id"] for row in primary).values()) <= 100
    owners = {row["customer_id"] for row in rows(opening, "accounts") if row["kind"] == "demand"}
    assert owners == set(customers)


def test_numbers_pass_their_checks_and_belong_to_nobody(opening: Path) -> None:
    people = rows(opening, "customers")
    for row in people:
        assert re.fullmatch(r"161\d{8}", row["phone"])
        if row["kind"] == "person":
            number = row["id_number"]
            assert number.startswith("99")
            assert number[6:14] == row["birth_date"].replace("-", "")
            assert int(number[16]) % 2 == (row["sex"] == "m")
            assert _is_id_number(number)
        else:
            assert row["uscc"].startswith("9199")
            assert _is_credit_code(row["uscc"])
    numbers = [row["id_number"] or row["uscc"] for row in people]
    assert len(set(numbers)) == len(numbers)
    assert len({row["phone"] for row in people}) == len(people)


def _is_id_number(number: str) -> bool:
    """GB 11643 by its own definition: the polynomial in 2 is 1 modulo 11, X standing for ten."""
    digits = [10 if sign == "X" else int(sign) for sign in number]
    return len(digits) == 18 and sum(digit * 2**power for power, digit in enumerate(reversed(digits))) % 11 == 1


def _is_credit_code(code: str) -> bool:
    """GB 32100 over all 18 signs, and GB 11714 over the nine of the organisation."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = sum(alphabet.index(sign) * 3**place for place, sign in enumerate(code[:17]))
    whole = (body + alphabet.index(code[17])) % 31 == 0
    organisation, check = code[8:16], code[16]
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(sign, 36) * weight for sign, weight in zip(organisation, weights, strict=True))
    return whole and (total + (10 if check == "X" else int(check))) % 11 == 0


def test_the_checks_know_real_numbers_and_refuse_altered_ones(opening: Path) -> None:
    assert _is_id_number("11010519491231002X")  # the example printed in the standard GB 11643
    assert not _is_id_number("110105194912310021")
    assert _is_credit_code("91350100M000100Y43")  # the example printed in the standard GB 32100
    codes = [row["uscc"] for row in rows(opening, "customers") if row["uscc"]]
    assert not any(_is_credit_code(code[:-1] + ("0" if code[-1] != "0" else "1")) for code in codes)


def test_ties_fit_those_they_tie(opening: Path) -> None:
    customers = {row["customer_id"]: row for row in rows(opening, "customers")}
    ties = rows(opening, "relationships")
    kinds = Counter(row["kind"] for row in ties)
    assert set(kinds) == {"household", "spouse", "parent", "owner", "legal_representative", "guarantor", "group"}
    for tie in ties:
        one, other = customers[tie["from_customer_id"]], customers[tie["to_customer_id"]]
        assert tie["from_date"] == max(one["since"], other["since"])
        if tie["kind"] == "spouse":
            assert {one["sex"], other["sex"]} == {"m", "f"}
        if tie["kind"] == "parent":
            assert int(other["birth_date"][:4]) - int(one["birth_date"][:4]) >= 18
        if tie["kind"] in ("owner", "legal_representative"):
            assert (one["kind"], other["kind"]) == ("person", "organisation")
        if tie["kind"] == "household" and one["sex"] != other["sex"]:
            assert one["address"] == other["address"]
    shares: Counter[str] = Counter()
    for tie in ties:
        shares[tie["to_customer_id"]] += int(float(tie["share"] or 0)) if tie["kind"] == "owner" else 0
    assert max(shares.values()) <= 100


def test_contracts_are_what_their_accounts_say(opening: Path) -> None:
    accounts = {row["account_id"]: row for row in rows(opening, "accounts")}
    kinds = Counter(row["kind"] for row in accounts.values())
    assert set(kinds) == {"demand", "term", "wealth", "loan", "card"}
    for dataset, kind in (("deposits", "term"), ("loans", "loan"), ("cards", "card")):
        told = {row["account_id"] for row in rows(opening, dataset)}
        assert told == {number for number, row in accounts.items() if row["kind"] == kind} != set()
    products = {row["product_id"]: row["kind"] for row in rows(opening, "products")}
    assert all(products[row["product"]] == row["kind"] for row in accounts.values())
    loans = rows(opening, "loans")
    overdue = [row for row in loans if float(row["overdue"]) > 0]
    assert 0 < len(overdue) < len(loans) / 5
    assert all(
        row["matures_on"] > "2026-11-20"
        for row in rows(opening, "deposits")
        if not accounts[row["account_id"]]["closed_on"]
    )
