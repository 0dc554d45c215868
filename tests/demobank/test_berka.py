"""The bank of the PKDD'99 files, on the look-alike: what is told, what is not, and when."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.demobank.banks import check_books, check_manifest, digest, folders, rows, run
from tests.lake.lookalike import write_lookalike

SHIFT = date(2026, 11, 20) - date(1993, 12, 31)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A folder with an opened bank in it; the files stand beside the inbox."""
    write_lookalike(tmp_path / "files")
    assert run(tmp_path, "open", f"berka:{tmp_path / 'files'}", "--today", "2026-11-22") == 0
    return tmp_path


def raw(bank: Path, name: str) -> list[dict[str, str]]:
    with (bank / "files" / f"{name}.asc").open(newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def real_day(text: str) -> date:
    return date(1900 + int(text[:2]), int(text[2:4]), int(text[4:6]))


def test_the_opening_holds_what_was_there_on_the_last_day_of_1993(bank: Path) -> None:
    (opening,) = folders(bank)
    assert opening.name == "2026-11-20"  # both Fridays
    check_manifest(opening)
    known = {row["account_id"]: real_day(row["date"]) for row in raw(bank, "account")}
    early = {number for number, day in known.items() if day <= date(1993, 12, 31)}
    assert early != set(known)
    accounts = rows(opening, "accounts")
    assert {row["account_id"] for row in accounts if row["kind"] == "demand"} == early
    assert {row["opened_on"] for row in accounts} <= {(day + SHIFT).isoformat() for day in known.values()}
    people = {row["client_id"] for row in raw(bank, "disp") if row["account_id"] in early}
    assert {row["customer_id"] for row in rows(opening, "customers")} == people
    assert max(row["bank_date"] for row in rows(opening, "transactions")) <= "2026-11-20"


def test_people_have_no_names_and_their_birth_numbers_are_read(bank: Path) -> None:
    (opening,) = folders(bank)
    told = {row["customer_id"]: row for row in rows(opening, "customers")}
    assert {row["name"] + row["phone"] + row["id_number"] for row in told.values()} == {""}
    women = [row for row in raw(bank, "client") if row["client_id"] in told and int(row["birth_number"][2:4]) > 50]
    men = [row for row in raw(bank, "client") if row["client_id"] in told and int(row["birth_number"][2:4]) < 50]
    assert len(women) * len(men) > 0
    for row in women:
        number = row["birth_number"]
        born = date(1900 + int(number[:2]), int(number[2:4]) - 50, int(number[4:]))
        assert (told[row["client_id"]]["sex"], told[row["client_id"]]["birth_date"]) == ("f", born.isoformat())
    assert {told[row["client_id"]]["sex"] for row in men} == {"m"}


def test_the_quarter_passes_day_by_day_and_then_the_data_end(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(bank, "advance", "--days", "88") == 0
    assert run(bank, "advance", "--days", "5") == 0
    assert "real data end on 1994-03-31" in capsys.readouterr().err
    found, files = folders(bank), digest(bank)
    assert [folder.name for folder in found] == [
        (date(2026, 11, 20) + timedelta(days=n)).isoformat() for n in range(91)
    ]
    assert run(bank, "advance", "--days", "1") == 3
    assert digest(bank) == files
    for folder in found[1:]:
        check_manifest(folder)
        assert {row["bank_date"] for row in rows(folder, "transactions")} <= {folder.name}
    assert check_books(found) > 2_000
    accounts = [row for folder in found for row in rows(folder, "accounts")]
    owner = {row["account_id"]: row["client_id"] for row in raw(bank, "disp") if row["type"] == "OWNER"}
    assert {row["account_id"]: row["customer_id"] for row in accounts if row["kind"] == "demand"} == owner
    loans = {f"loan-{row['loan_id']}": row for row in raw(bank, "loan") if real_day(row["date"]) <= date(1994, 3, 31)}
    told = {row["account_id"]: row for row in accounts if row["kind"] == "loan"}
    assert set(told) == set(loans) != set()
    for number, row in told.items():
        assert (row["customer_id"], row["principal"]) == (owner[loans[number]["account_id"]], "96396.00")
        assert "B" not in row.values()  # how the loan turned out
    assert {row["account_id"] for row in accounts if row["kind"] == "card"}


def test_staff_are_dealt_by_the_stated_rule(bank: Path) -> None:
    (opening,) = folders(bank)
    staff = {row["staff_id"]: row for row in rows(opening, "staff")}
    outlets = {row["institution_id"] for row in rows(opening, "institutions") if row["kind"] == "outlet"}
    at_outlet: dict[str, list[str]] = {}
    for row in rows(opening, "customers"):
        at_outlet.setdefault(row["institution_id"], []).append(row["customer_id"])
    assert set(at_outlet) == outlets
    assigned = {row["customer_id"]: row["staff_id"] for row in rows(opening, "assignments")}
    for outlet, people in at_outlet.items():
        managers = [
            who
            for who, row in staff.items()
            if (row["institution_id"], row["role"]) == (outlet, "relationship_manager")
        ]
        assert len(managers) == -(-len(people) // 60)
        dealt = [assigned[number] for number in sorted(people, key=int)]
        assert dealt == [managers[turn % len(managers)] for turn in range(len(people))]
    roles = [row["role"] for row in staff.values()]
    assert (roles.count("head_office"), roles.count("administrator"), roles.count("lobby_manager")) == (2, 1, 1)
    assert roles.count("branch_manager") == len(outlets) + len({"Prague", "south Bohemia", "north Moravia"})
    assert all(row["name"] for row in staff.values())
