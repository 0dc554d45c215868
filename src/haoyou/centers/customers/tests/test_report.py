"""Reports: written, filed, amended, withdrawn; who may read which; and the to-dos that come of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ColumnElement, true

from haoyou.centers.customers import report_store
from haoyou.centers.customers.contract import Card, FollowUpWanted
from haoyou.centers.customers.reporting import Level, readers_of
from haoyou.centers.customers.tests.factories import (
    WANG,
    Someone,
    assignment_fact,
    contact,
    feed,
    list_audit,
    make_customers,
    read_rows,
    relationship_fact,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.plugin import Toldings

ROOM, TASKS = "/api/customers/v1", "/api/tasks/v1"
Settle = Callable[[], Awaitable[None]]
Json = dict[str, Any]

LI = Someone("10000002", "李大力", "O11", "RM-O11", balance_minor=1_000_00)
STRANGER = Someone("10000003", "陌生人", "O21", "RM-O21", balance_minor=1_000_00)
AUTHOR = "RM-O12"
"""Somebody of another outlet who assists with the customer of RM-O11."""
SECRET = "打算把八百万存款转到他行"


def after(days: int) -> date:
    return BANK_DATE + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Desk:
    """The customer all reports here are about, those around, and everybody's way in."""

    wang: Card
    li: Card
    stranger: Card
    bank: Bank
    client: Client

    def staff(self, *codes: str) -> list[int]:
        return [self.bank.staff[code] for code in codes]

    async def ask(self, code: str, method: str, path: str, expected: int = 200, **rest: Any) -> Any:
        answer = await self.client.as_staff(code).send(method, ROOM + path, **rest)
        assert answer.status_code == expected, f"{code} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def body(self, **changed: Any) -> Json:
        usual = {"channel": "visit", "met_on": str(BANK_DATE), "met_time": "09:30", "place": "客户办公室",
                 "purpose": "visit", "staff_ids": self.staff(AUTHOR), "said": SECRET}  # fmt: skip
        return {**usual, **changed}

    async def draft(self, code: str = AUTHOR, *, version: int = 0, report: str = "", **body: Any) -> str:
        report = report or str(uuid4())
        path = f"/customers/{self.wang.id}/report-drafts/{report}"
        await self.ask(code, "PUT", path, json=body, version=version, key=None)
        return report

    async def file(self, code: str = AUTHOR, **changed: Any) -> str:
        report = await self.draft(code)
        await self.ask(code, "POST", f"/report-drafts/{report}/file", 201, json=self.body(**changed))
        return report

    async def listed(self, code: str) -> list[str]:
        page = await self.ask(code, "GET", f"/customers/{self.wang.id}/reports")
        return [one["id"] for one in page["items"]]


@pytest.fixture
async def desk(house: House, bank: Bank, client: Client, settle: Settle) -> Desk:
    cards = await make_customers(house, replace(WANG, assisting=(AUTHOR,)), LI, STRANGER)
    await feed(house, relationships=[relationship_fact(WANG.code, "spouse", LI.code)])
    await settle()
    return Desk(cards[WANG.code], cards[LI.code], cards[STRANGER.code], bank, client)


@pytest.mark.parametrize(
    ("level", "readers"),
    [(Level.NORMAL, {1, 2, 3, 5}), (Level.RESTRICTED, {1, 2, 3}), (Level.PRIVATE, {1, 4})],
)
def test_who_is_named_by_a_report(level: Level, readers: set[int]) -> None:
    assert readers_of(level, author=1, attendees=[2, 3], named=[4], doers=[5]) == readers


READERS = {
    "normal": {AUTHOR, "RM-O21", "RM-O11", "LM-O11", "BM-B1", "HO"},
    "restricted": {AUTHOR, "RM-O21", "RM-O11", "BM-B1", "HO"},
    "private": {AUTHOR, "LM-O11"},
}
"""RM-O21 was there, RM-O11 manages the customer, LM-O11 is the reader named for what is private."""
EVERYBODY = (AUTHOR, "RM-O21", "RM-O11", "RM2-O11", "LM-O11", "LM-O12", "BM-B1", "BM-B2", "HO")
SEE_CUSTOMER = {AUTHOR, "RM-O11", "LM-O11", "BM-B1", "HO"}
SEE_TO_DO = SEE_CUSTOMER - {"RM-O11"}
"""A to-do of the author, about the customer: who has it, who assists, who answers for the place."""


def open_wide(*_given: object, **_columns: object) -> ColumnElement[bool]:
    return true()


@pytest.mark.parametrize("net_alone", [False, True])
async def test_each_level_is_read_by_whom_it_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, settle: Settle, net_alone: bool
) -> None:
    """Whoever may not finds nothing: no page, no line, no link at the contact it is about, no words in a to-do."""
    steps = [{"what": "回访大额存单到期", "staff_id": desk.bank.staff[AUTHOR], "due_on": str(after(3))}]
    filed = {
        level: await desk.file(
            level=level, staff_ids=desk.staff(AUTHOR, "RM-O21"), steps=steps,
            reader_ids=desk.staff("LM-O11") if level == "private" else [],
        )
        for level in READERS
    }  # fmt: skip
    await settle()
    if net_alone:
        monkeypatch.setattr(report_store, "readable", open_wide)
        monkeypatch.setattr("haoyou.centers.customers.store.narrow", open_wide)
    for code in EVERYBODY:
        theirs = {report for level, report in filed.items() if code in READERS[level]}
        for level, report in filed.items():
            answer = await desk.client.as_staff(code).get(f"{ROOM}/reports/{report}")
            assert (code, level, answer.status_code) == (code, level, 200 if report in theirs else 404)
            assert (SECRET in answer.text) == (report in theirs)
        answer = await desk.client.as_staff(code).get(f"{ROOM}/customers/{desk.wang.id}/reports")
        assert answer.status_code == (200 if code in SEE_CUSTOMER else 404)
        if code in SEE_CUSTOMER:
            assert {one["id"] for one in answer.json()["items"]} == theirs
            contacts = (await desk.ask(code, "GET", f"/customers/{desk.wang.id}"))["contacts"]
            assert [one["report_id"] for one in contacts] == [filed["normal"]]
        team = await desk.client.as_staff(code).get(f"{TASKS}/tasks?assignee=team")
        told = {one["title"]["zh"] for one in team.json()["items"] if one["customer"]}
        assert (code, told) == (code, {"回访大额存单到期"} if code in SEE_TO_DO else set())
    mine = await desk.ask("RM-O21", "GET", "/reports")
    assert {one["id"] for one in mine["items"]} == {filed["normal"], filed["restricted"]}
    assert {(one["customer"]["id"], one["customer"]["name"]) for one in mine["items"]} == {(None, "王芳")}


async def test_the_database_itself_keeps_what_is_written(desk: Desk, house: House) -> None:
    await desk.file()
    for words in ("update customers.report_text set why = 'x'", "delete from customers.report_text"):
        with pytest.raises(Exception, match="permission denied"):
            await read_rows(house, words)


async def test_a_draft_is_kept_on_both_devices_or_refused_with_what_is_there(desk: Desk) -> None:
    report = await desk.draft(said="第一句")
    path = f"/customers/{desk.wang.id}/report-drafts/{report}"
    again = await desk.ask(AUTHOR, "PUT", path, json={"said": "第一句"}, version=0, key=None)
    assert again["version"] == 1  # the answer was lost, not the text
    await desk.draft(report=report, version=1, said="第二句")
    refused = await desk.ask(AUTHOR, "PUT", path, 412, json={"said": "别的设备"}, version=1, key=None)
    assert (refused["current"]["version"], refused["current"]["body"]["said"]) == (2, "第二句")
    kept = await desk.ask(AUTHOR, "GET", f"/report-drafts/{report}")
    assert (kept["version"], kept["body"]["said"], kept["customer"]["name"]) == (2, "第二句", "王芳")
    for stranger in ("RM-O11", "BM-B1", "HO"):  # they see the customer, and a draft is its author's alone
        assert (await desk.ask(stranger, "GET", f"/customers/{desk.wang.id}/reports"))["drafts"] == []
        await desk.ask(stranger, "GET", f"/report-drafts/{report}", 404)
        await desk.ask(stranger, "PUT", path, 404, json={}, version=2, key=None)
        await desk.ask(stranger, "PUT", path, 404, json={}, version=0, key=None)
        await desk.ask(stranger, "POST", f"/report-drafts/{report}/file", 404, json=desk.body())
    listed = await desk.ask(AUTHOR, "GET", f"/customers/{desk.wang.id}/reports")
    assert [one["id"] for one in listed["drafts"]] == [report]
    await desk.ask(AUTHOR, "DELETE", f"/report-drafts/{report}", 204)
    await desk.ask(AUTHOR, "DELETE", f"/report-drafts/{report}", 404)


async def test_a_report_is_filed_once_and_stands_in_the_history_once(desk: Desk, house: House) -> None:
    report, key = await desk.draft("RM-O11"), uuid4()
    path = f"/report-drafts/{report}/file"
    accounts = await read_rows(house, "select id from customers.holding order by customer_no")
    body = desk.body(
        met_on=str(after(-2)), holding_ids=[accounts[0].id, accounts[1].id],
        guests=[{"name": "李大力", "function": "配偶", "customer_id": str(desk.li.id)}, {"name": "张会计"}],
    )  # fmt: skip
    for _ in range(2):
        filed = await desk.ask("RM-O11", "POST", path, 201, json=body, key=key)
        assert filed == {"id": report, "version": 1}
    assert (await desk.ask("RM-O11", "POST", path, 409, json=body))["code"] == "customers.report_filed"
    seen = await desk.ask("RM-O11", "GET", f"/reports/{report}")
    assert (seen["met_on"], seen["met_time"], seen["said"], seen["state"]) == (
        str(after(-2)), "09:30", SECRET, "filed",
    )  # fmt: skip
    assert [one["name"] for one in seen["staff"]] == ["员工RM-O12"]
    assert [(one["name"], one["function"]) for one in seen["guests"]] == [("李大力", "配偶"), ("张会计", "")]
    assert [(one["owner"], one["account_masked"][-4:]) for one in seen["accounts"]] == [
        ("王芳", "0001"), ("李大力", "0002"),
    ]  # fmt: skip
    assert (seen["accounts_hidden"], seen["may_change"], [one["name"] for one in seen["readers"]]) == (
        0, True, ["员工RM-O12"],
    )  # fmt: skip
    assisting = await desk.ask(AUTHOR, "GET", f"/reports/{report}")  # who does not see the other customer's account
    assert [one["owner"] for one in assisting["accounts"]] == ["王芳"]
    assert (assisting["accounts_hidden"], assisting["may_change"], assisting["readers"]) == (1, False, [])
    page = await desk.ask("RM-O11", "GET", f"/customers/{desk.wang.id}")
    assert [(one["channel"], one["report_id"], one["note"]) for one in page["contacts"]] == [("visit", report, "")]
    assert page["card"]["last_contact_on"] == str(after(-2))
    assert len(await list_audit(house, "report_filed")) == 1
    assert len(await list_audit(house, "report_seen")) == 2


async def test_a_report_hangs_on_a_contact_that_stands_already(desk: Desk, house: House, settle: Settle) -> None:
    made = contact(desk.wang.no, desk.bank.staff["RM-O11"])
    await tell(house, made)
    await settle()
    elsewhere = contact(desk.li.no, desk.bank.staff["RM-O11"])
    await tell(house, elsewhere)
    await settle()
    report = await desk.file("RM-O11", contact_id=str(made.contact_id), staff_ids=[])
    contacts = (await desk.ask("RM-O11", "GET", f"/customers/{desk.wang.id}/contacts"))["items"]
    assert [(UUID(one["id"]), one["report_id"]) for one in contacts] == [(made.contact_id, report)]
    draft = await desk.draft()
    refused = desk.body(contact_id=str(elsewhere.contact_id))
    answer = await desk.ask(AUTHOR, "POST", f"/report-drafts/{draft}/file", 422, json=refused)
    assert answer["errors"][0]["field"] == "contact_id"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"met_on": str(after(1))}, "met_on"),
        ({"met_on": str(after(-400))}, "met_on"),
        ({"staff_ids": [999_999]}, "staff_ids"),
        ({"reader_ids": ["HO"]}, "reader_ids"),
        ({"holding_ids": ["stranger"]}, "holding_ids"),
        ({"guests": [{"name": "陌生人", "customer_id": "stranger"}]}, "guests"),
        ({"steps": [{"what": "回访", "staff_id": AUTHOR, "due_on": str(after(-1))}]}, "steps"),
        ({"steps": [{"what": "回访", "staff_id": "RMC-O11", "due_on": str(after(1))}]}, "steps"),
        ({"level": "private", "steps": [{"what": "回访", "staff_id": "HO", "due_on": str(after(1))}]}, "steps"),
    ],
)
async def test_what_does_not_fit_is_refused_and_the_draft_stays(
    desk: Desk, house: House, changed: Json, field: str
) -> None:
    """Codes of staff and the stranger's things are put in place of their names."""
    (account,) = await read_rows(house, f"select id from customers.holding where customer_no = {desk.stranger.no}")
    if "reader_ids" in changed:
        changed = {"reader_ids": desk.staff("HO")}
    if "holding_ids" in changed:
        changed = {"holding_ids": [account.id]}
    if "guests" in changed:
        changed = {"guests": [{"name": "陌生人", "customer_id": str(desk.stranger.id)}]}
    for step in changed.get("steps", []):
        step["staff_id"] = desk.bank.staff.get(step["staff_id"], step["staff_id"])
    report = await desk.draft(said="没有丢")
    answer = await desk.ask(AUTHOR, "POST", f"/report-drafts/{report}/file", 422, json=desk.body(**changed))
    assert [one["field"] for one in answer["errors"]] == [field]
    assert (await desk.ask(AUTHOR, "GET", f"/report-drafts/{report}"))["body"]["said"] == "没有丢"
    assert await desk.listed(AUTHOR) == []


async def test_amendments_keep_what_was_said_before(desk: Desk, house: House) -> None:
    report = await desk.file()
    path, body = f"/reports/{report}/amendments", desk.body(said="更正:五百万", why="金额记错了", version=1)
    for _ in range(2):
        assert (await desk.ask(AUTHOR, "POST", path, 201, json=body, key=UUID(report)))["version"] == 2
    late = await desk.ask(AUTHOR, "POST", path, 409, json=body)
    assert (late["code"], late["version"]) == ("customers.report_amended", 2)
    assert (await desk.ask("RM-O11", "POST", path, 403, json=body))["code"] == "forbidden"
    await desk.ask("RM2-O11", "POST", path, 404, json=body)
    seen = await desk.ask("RM-O11", "GET", f"/reports/{report}")
    assert seen["said"] == "更正:五百万"
    assert [(one["number"], one["why"], one["said"]) for one in seen["versions"]] == [
        (2, "金额记错了", "更正:五百万"), (1, "", SECRET),
    ]  # fmt: skip
    assert len(await list_audit(house, "report_amended")) == 1


async def test_an_attendee_who_was_named_by_mistake_reads_no_more(desk: Desk) -> None:
    report = await desk.file(level="restricted", staff_ids=desk.staff(AUTHOR, "RM-O21"))
    await desk.ask("RM-O21", "GET", f"/reports/{report}")
    body = desk.body(why="当时不在场", version=1)
    await desk.ask(AUTHOR, "POST", f"/reports/{report}/amendments", 201, json=body)
    await desk.ask("RM-O21", "GET", f"/reports/{report}", 404)


async def test_next_steps_are_to_dos_of_whom_they_name(desk: Desk, house: House, settle: Settle) -> None:
    steps = [
        {"what": "准备存单方案", "staff_id": desk.bank.staff["RM2-O11"], "due_on": str(after(1))},
        {"what": "约下次拜访", "staff_id": desk.bank.staff[AUTHOR], "due_on": str(after(5))},
    ]
    report = await desk.file(steps=steps)
    await settle()
    (task,) = (await desk.client.as_staff("RM2-O11").get(f"{TASKS}/tasks")).json()["items"]
    assert (task["title"]["zh"], task["due_on"], task["origin"]) == (
        "准备存单方案", str(after(1)), {"room": "customers", "kind": "report", "id": report},
    )  # fmt: skip
    moved = [assignment_fact(WANG.code, "RM-O11", to_date=after(-1)), assignment_fact(WANG.code, "RM-O12")]
    await feed(house, assignments=moved)
    await settle()
    (task,) = (await desk.client.as_staff("RM2-O11").get(f"{TASKS}/tasks")).json()["items"]  # it stays theirs
    assert (await desk.ask("RM2-O11", "GET", f"/reports/{report}"))["steps"][0]["may_finish"] is True
    for _ in range(2):
        await desk.ask("RM2-O11", "POST", f"/reports/{report}/steps/1/done", 204)
    await desk.ask("LM-O11", "POST", f"/reports/{report}/steps/2/done", 403)
    await desk.ask("RM2-O11", "POST", f"/reports/{report}/steps/7/done", 404)
    await settle()
    closed = (await desk.client.as_staff("RM2-O11").get(f"{TASKS}/tasks/{task['id']}")).json()
    assert (closed["status"], closed["result"]) == ("closed", "done")
    states = (await desk.ask(AUTHOR, "GET", f"/reports/{report}"))["steps"]
    assert [(one["staff"]["name"], bool(one["done_at"])) for one in states] == [
        ("员工RM2-O11", True),
        ("员工RM-O12", False),
    ]


async def test_a_withdrawn_report_says_why_and_takes_its_traces_along(desk: Desk, house: House, settle: Settle) -> None:
    steps = [{"what": "回访", "staff_id": desk.bank.staff["RM-O11"], "due_on": str(after(1))}]
    report = await desk.file(steps=steps)
    await settle()
    path = f"/reports/{report}/withdraw"
    await desk.ask("BM-B1", "POST", path, 403, json={"reason": "不该写的"})
    await desk.ask(AUTHOR, "POST", path, 422, json={"reason": "错"})
    await desk.ask(AUTHOR, "POST", path, 204, json={"reason": "记在了别的客户名下"})
    assert (await desk.ask(AUTHOR, "POST", path, 409, json={"reason": "再来一次"}))[
        "code"
    ] == "customers.report_withdrawn"
    await settle()
    seen = await desk.ask("BM-B1", "GET", f"/reports/{report}")
    assert (seen["state"], seen["versions"][0]["why"], seen["may_change"]) == ("withdrawn", "记在了别的客户名下", False)
    page = await desk.ask("BM-B1", "GET", f"/customers/{desk.wang.id}")
    assert (page["contacts"], page["card"]["last_contact_on"]) == ([], None)
    (task,) = (await desk.client.as_staff("RM-O11").get(f"{TASKS}/tasks?status=closed")).json()["items"]
    assert task["result"] == "withdrawn"


async def test_a_report_goes_along_when_its_customer_changes_hands(desk: Desk, house: House, settle: Settle) -> None:
    """What is restricted belongs to whoever manages the customer; what is private does not."""
    filed = [await desk.file(level=level) for level in ("restricted", "private")]
    assert await desk.listed("RM-O11") == filed[:1]
    to = {"select": {"customers": [str(desk.wang.id)]}, "to": desk.staff("RM2-O11")}
    seen = await desk.ask("BM-B1", "POST", "/move-previews", json=to)
    await desk.ask("BM-B1", "POST", "/moves", 201, json={**to, "seen": seen["seen"], "reason": "调整"})
    await settle()
    assert await desk.listed("RM2-O11") == filed[:1]
    await desk.ask("RM-O11", "GET", f"/reports/{filed[0]}", 404)
    assert set(await desk.listed(AUTHOR)) == set(filed)  # the author has both


async def test_a_long_list_is_read_page_by_page(desk: Desk) -> None:
    filed = [await desk.file(met_on=str(after(-day)), level="private") for day in (1, 3, 2)]
    wanted, after_, seen, page = [filed[0], filed[2], filed[1]], "", list[str](), Json()
    for _ in wanted:
        page = await desk.ask(AUTHOR, "GET", f"/customers/{desk.wang.id}/reports?limit=1{after_}")
        seen += [one["id"] for one in page["items"]]
        after_ = f"&after={page['next']}"
    assert (seen, page["next"]) == (wanted, None)
    assert await desk.listed("BM-B1") == []


async def test_the_form_knows_who_and_what_there_is(desk: Desk) -> None:
    form = await desk.ask("RM-O11", "GET", f"/customers/{desk.wang.id}/report-form")
    assert form["today"] == str(BANK_DATE)
    assert [one["name"] for one in form["people"]] == ["李大力"]
    assert [one["owner"] for one in form["accounts"]] == ["王芳", "李大力"]
    assert {one["purpose"] for one in form["templates"]} == {"visit", "credit_review", "complaint", "other"}
    found = (await desk.ask("RM-O11", "GET", "/colleagues?q=rm-o2"))["items"]
    assert [(one["number"], one["name"]) for one in found] == [("RM-O21", "员工RM-O21")]


async def test_a_to_do_of_what_is_confidential_names_nobody(desk: Desk, told: Toldings) -> None:
    steps = [{"what": SECRET, "staff_id": desk.bank.staff[AUTHOR], "due_on": str(after(1))}]
    await desk.file(level="restricted", steps=steps)
    (wanted,) = [one for one in await told(FollowUpWanted) if isinstance(one, FollowUpWanted)]
    assert (wanted.customer_no, wanted.institution_id) == (0, desk.bank.institutions["O12"])
    assert SECRET not in str(wanted)
