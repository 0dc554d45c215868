"""The invented bank: its books are right, its numbers valid, its days come out the same again."""

import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from demobank.feed import BankError, FeedWriter
from demobank.guangxi.numbers import credit_code, id_number
from demobank.guangxi.places import draw_map
from tests.demobank.banks import check_books, check_manifest, digest, folders, minor, open_demo, rows, run


def test_the_books_balance_every_day_and_the_manifests_are_true(tmp_path: Path) -> None:
    open_demo(tmp_path)
    assert run(tmp_path, "advance", "--days", "6") == 0
    found = folders(tmp_path)
    assert [folder.name for folder in found] == [(date(2026, 11, 20) + timedelta(days=n)).isoformat() for n in range(7)]
    for folder in found:
        check_manifest(folder)
    assert check_books(found) > 10_000
    assert min(minor(row["balance"]) for row in rows(found[0], "balances")) >= 0


def test_everybody_stands_where_they_say(tmp_path: Path) -> None:
    open_demo(tmp_path, customers=500)
    (opening,) = folders(tmp_path)
    places = {row["institution_id"]: row for row in rows(opening, "institutions")}
    assert Counter(row["kind"] for row in places.values()) == {"head": 1, "branch": 2, "outlet": 5}
    parents = {"head": {""}, "branch": {"head"}, "outlet": {"branch"}}
    for row in places.values():
        assert (places[row["parent_id"]]["kind"] if row["parent_id"] else "") in parents[row["kind"]]
    staff = {row["staff_id"]: row for row in rows(opening, "staff")}
    roles = Counter(row["role"] for row in staff.values())
    assert (roles["head_office"], roles["administrator"], roles["branch_manager"], roles["lobby_manager"]) == (
        3,
        1,
        7,
        5,
    )
    customers = {row["customer_id"]: row for row in rows(opening, "customers")}
    lines = Counter(row["line"] for row in customers.values())
    assert sum(lines.values()) == 500
    assert 15 <= lines["corporate"] <= 50
    primary = [row for row in rows(opening, "assignments") if row["kind"] == "primary"]
    assert 470 <= len(primary) == len({row["customer_id"] for row in primary}) < 500
    for row in primary:
        manager, customer = staff[row["staff_id"]], customers[row["customer_id"]]
        assert manager["role"] == "relationship_manager"
        assert manager["institution_id"] == customer["institution_id"]
        assert customer["line"] in manager["lines"].split(";")
    load = Counter(row["staff_id"] for row in primary)
    assert max(load.values()) <= 100
    owners = {row["customer_id"] for row in rows(opening, "accounts") if row["kind"] == "demand"}
    assert owners == set(customers)


def test_numbers_pass_their_checks_and_belong_to_nobody(tmp_path: Path) -> None:
    open_demo(tmp_path, customers=500)
    people = rows(folders(tmp_path)[0], "customers")
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


def test_the_checks_know_real_numbers_and_refuse_altered_ones() -> None:
    assert _is_id_number("11010519491231002X")  # the example printed in the standard GB 11643
    assert not _is_id_number("110105194912310021")
    assert _is_credit_code("91350100M000100Y43")  # the example printed in the standard GB 32100
    random = Random(5)
    codes = [credit_code(random) for _ in range(300)]
    assert all(_is_credit_code(code) for code in codes)
    assert not any(_is_credit_code(code[:-1] + ("0" if code[-1] != "0" else "1")) for code in codes)
    assert all(_is_id_number(id_number(random, date(1960, 1, 1) + timedelta(days=n), "f")) for n in range(300))


def test_the_same_seed_is_the_same_bank_and_another_is_not(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        open_demo(tmp_path / name, customers=60, seed=seed)
    assert run(tmp_path / "a", "advance", "--days", "4") == 0
    for _ in range(4):  # a day at a time, read back from the state file each time
        assert run(tmp_path / "b", "advance", "--days", "1") == 0
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert (tmp_path / "a/state.json").read_text() == (tmp_path / "b/state.json").read_text()
    assert digest(tmp_path / "a")["2026-11-20/customers.csv"] != digest(tmp_path / "c")["2026-11-20/customers.csv"]


def test_a_killed_run_goes_on_and_no_finished_folder_is_touched(tmp_path: Path) -> None:
    open_demo(tmp_path, customers=60)
    before = (tmp_path / "state.json").read_bytes()
    assert run(tmp_path, "advance", "--days", "2") == 0
    whole, state = digest(tmp_path), (tmp_path / "state.json").read_bytes()
    stamps = {folder.name: folder.stat().st_mtime_ns for folder in folders(tmp_path)}
    # Killed after the folders had their names and before the state was written; and in the middle of a third day.
    (tmp_path / "state.json").write_bytes(before)
    (tmp_path / "inbox/.writing-2026-11-22").mkdir()
    (tmp_path / "inbox/.writing-2026-11-22/customers.csv").write_text("half a li")
    assert run(tmp_path, "advance", "--days", "2") == 0
    assert digest(tmp_path) == whole
    assert {folder.name: folder.stat().st_mtime_ns for folder in folders(tmp_path)} == stamps
    assert (tmp_path / "state.json").read_bytes() == state


def test_a_folder_of_another_bank_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_demo(tmp_path, customers=60, seed=1)
    found = digest(tmp_path)
    (tmp_path / "state.json").unlink()
    assert run(tmp_path, "open", "demo", "--customers", "60", "--seed", "2", "--today", "2026-11-22") == 2
    assert "holds another day" in capsys.readouterr().err
    assert digest(tmp_path) == found
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("advance", "--days", "1"), "no bank has been opened"),
        (("open", "demo", "--customers", "3"), "must lie between"),
        (("open", "berka:nowhere"), "is missing"),
        (("open", "moon"), "unknown bank"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert run(tmp_path, *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "inbox").exists()


def test_an_open_bank_is_not_opened_again_and_a_damaged_state_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_demo(tmp_path, customers=60)
    assert run(tmp_path, "open", "demo") == 2
    assert "open already" in capsys.readouterr().err
    (tmp_path / "state.json").write_text("{")
    assert run(tmp_path, "advance", "--days", "1") == 2
    assert "damaged" in capsys.readouterr().err


def test_days_bring_unusual_inflows_that_leave_stay_or_bring_a_product(tmp_path: Path) -> None:
    open_demo(tmp_path, customers=400)
    assert run(tmp_path, "advance", "--days", "40") == 0
    later = folders(tmp_path)[1:]
    texts = {"房屋出售款", "拆迁补偿", "分红款", "到期理财回款", "保险赔付", "转账"}
    large = [
        row
        for folder in later
        for row in rows(folder, "transactions")
        if row["direction"] == "credit" and row["text"] in texts and minor(row["amount"]) >= 6_000_000
    ]
    assert len(large) == 40  # 400 customers, one in 400 a day
    assert len({row["account_id"] for row in large}) == 40
    gone = {row["account_id"] for folder in later for row in rows(folder, "transactions") if row["text"] == "转出"}
    opened = Counter(row["kind"] for folder in later for row in rows(folder, "accounts"))
    assert 5 <= len(gone & {row["account_id"] for row in large}) <= 30
    assert set(opened) <= {"loan", "card"}
    assert sum(opened.values()) >= 1
    assert json.loads((tmp_path / "state.json").read_text())["current_day"] == later[-1].name


def test_the_map_grows_with_the_bank() -> None:
    small, large = draw_map(2_000), draw_map(20_000)
    assert (len(small.branch_ids), len(small.outlets)) == (5, 20)
    assert (len(large.branch_ids), len(large.outlets)) == (14, 200)
    names = [row[1] for row in large.rows]
    assert len(set(names)) == len(names)


def test_a_folder_is_not_seen_before_it_is_whole(tmp_path: Path) -> None:
    day = date(2026, 11, 20)
    with FeedWriter(out=tmp_path, bank_date=day, currency="CNY") as writer:
        writer.write("institutions", [("B00", "总行", "", "head", "")])
        assert not writer.target.exists()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "2026-11-20").mkdir()
    (tmp_path / "2026-11-20/manifest.json").write_text("{}")
    with pytest.raises(BankError), FeedWriter(out=tmp_path, bank_date=day, currency="CNY") as writer:
        writer.finish()
    assert (tmp_path / "2026-11-20/manifest.json").read_text() == "{}"
