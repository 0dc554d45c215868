"""The list as a file: as many rows as the list counts, masked, harmless, marked with who took it, on record."""

import csv
import io
from typing import Any

import pytest

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.export import HEADINGS
from haoyou.centers.customers.tests.factories import WANG, Someone, crowd, list_audit, make_customers
from haoyou.centers.identity.tests.factories import Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/customers/v1"
FORMULA = Someone("10000002", "=cmd|' /C calc'!A0", "O11", "RM-O11", balance_minor=-5_00)
FIRM = Someone("K1", "@南宁好友商贸", "O12", "RMC-O11", line="corporate", balance_minor=9_00)
REASON = "季度回访名单"


@pytest.fixture
async def cards(house: House, bank: Bank) -> dict[str, Card]:
    return await make_customers(house, WANG, FORMULA, FIRM)


async def export(client: Client, code: str = "BM-B1", *, count: int = 3, reason: str = REASON, **wanted: Any) -> Any:
    body = {"filter": {"view": "all", **wanted}, "count": count, "reason": reason}
    return await client.as_staff(code).post(f"{ROOM}/customers/export", json=body)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_the_file_is_the_list(client: Client, house: House, cards: dict[str, Card]) -> None:
    answer = await export(client)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith("\ufeff客户号".encode())  # by which a spreadsheet knows how to read it
    assert answer.headers["content-type"].startswith("text/csv")
    reference = answer.headers["x-request-id"]
    assert answer.headers["content-disposition"] == f'attachment; filename="customers-{reference}.csv"'
    rows = rows_of(answer.text)
    listed = (await client.as_staff("BM-B1").get(f"{ROOM}/customers?view=all")).json()
    assert [row["客户号"] for row in rows] == [item["number"] for item in listed["items"]]
    assert len(rows) == listed["count"] == 3
    assert list(rows[0]) == list(HEADINGS)
    shown = ("客户", "手机", "资产", "等级", "条线", "管户经理", "机构", "上次联系")
    assert [rows[0][name] for name in shown] == [
        "王芳", "138****2222", "600000.00", "白金", "零售", "员工RM-O11", "一一网点", "",
    ]  # fmt: skip


async def test_nothing_sensitive_is_in_it(client: Client, cards: dict[str, Card]) -> None:
    text = (await export(client)).text
    assert WANG.phone and WANG.id_number and WANG.birth_date
    assert not any(clear in text for clear in (WANG.phone, WANG.id_number, WANG.birth_date))


async def test_what_a_spreadsheet_would_run_is_defused_and_a_number_is_not(
    client: Client, cards: dict[str, Card]
) -> None:
    rows = {row["客户号"]: row for row in rows_of((await export(client)).text)}
    assert rows["10000002"]["客户"] == f"'{FORMULA.name}"
    assert rows["K1"]["客户"] == f"'{FIRM.name}"
    assert rows["10000002"]["资产"] == "-5.00"


async def test_every_row_says_who_took_it_when_and_under_which_reference(
    client: Client, house: House, cards: dict[str, Card], bank: Bank
) -> None:
    answer = await export(client)
    reference = answer.headers["x-request-id"]
    (mark,) = {row["导出水印"] for row in rows_of(answer.text)}
    assert mark.startswith("BM-B1 员工BM-B1 20")
    assert mark.endswith(reference)
    (entry,) = await list_audit(house, "customers_exported")
    assert (entry["who"], entry["count"], entry["reason"], entry["request"]) == (
        f"person:{bank.staff['BM-B1']}", 3, REASON, reference,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "told", "status", "problem"),
    [
        ("BM-B1", {"count": 2}, 409, "customers.export_changed"),
        ("BM-B1", {"count": 3, "line": "corporate"}, 409, "customers.export_changed"),
        ("BM-B2", {"count": 3}, 409, "customers.export_changed"),  # theirs are none
        ("BM-B1", {"reason": "要用"}, 422, "invalid"),
        ("RM-O11", {}, 403, "forbidden"),
        ("LM-O11", {}, 403, "forbidden"),
    ],
)
async def test_what_is_refused_leaves_no_file_and_no_record_of_one(
    client: Client, house: House, cards: dict[str, Card], code: str, told: dict[str, Any], status: int, problem: str
) -> None:
    answer = await export(client, code, **told)
    assert (answer.status_code, answer.json()["code"]) == (status, problem)
    assert await list_audit(house, "customers_exported") == []


@pytest.mark.house(export_rows_max=250)
async def test_a_file_holds_up_to_its_limit_and_more_is_refused_not_cut(
    client: Client, house: House, bank: Bank
) -> None:
    await make_customers(house, *crowd(250, "O11", "RM-O11"))
    assert len(rows_of((await export(client, count=250)).text)) == 250
    await make_customers(house, Someone("X", None, "O12", "RM-O12"))
    answer = await export(client, count=251)
    assert (answer.status_code, answer.json()["code"], answer.json()["rows_max"]) == (
        409, "customers.export_too_large", 250,
    )  # fmt: skip
    told = [
        (await client.as_staff("BM-B1").get(f"{ROOM}/customers/export?view=all{more}")).json()["count"]
        for more in ("", f"&institution_id={bank.institutions['O12']}")
    ]
    assert told == [None, 1]
    assert len(rows_of((await export(client, count=1, institution_id=bank.institutions["O12"])).text)) == 1
