"""The people of a demonstration bank at work: by the public API only, the same day once, and the bank hears of it."""

import asyncio
import csv
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demobank.__main__ import main
from demobank.staff import habit
from demobank.staff.chance import Chance
from haoyou import bank as banks
from haoyou import life
from haoyou.centers.backoffice.tests.factories import read_rows
from haoyou.centers.identity import session
from haoyou.centers.identity.tests.factories import seed_roles
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

TODAY = "2026-11-22"
CUSTOMERS, DAYS_BEFORE, DAYS_WORKED = 800, 5, 2  # the worked days are a Wednesday and a Thursday
STILL_LATE = 0.75
HEAD_OFFICE, OTHERS = "B00-01", "B0101-01"
DEVIATIONS = 4.5


async def open_house(house: House) -> None:
    """A small bank that has lived some days nobody worked."""
    home = house.settings.home
    places = ("--out", str(home / "inbox"), "--state", str(home / "bank-state.json"))
    assert main(["open", "demo", "--customers", str(CUSTOMERS), "--today", TODAY, *places]) == 0
    assert main(["advance", "--days", str(DAYS_BEFORE), *places]) == 0
    await seed_roles(house)
    banks.Bank(spec=banks.DEMO, customers=CUSTOMERS).write(home)
    await banks.import_inbox(house, lambda _line: None)


async def items_of(client: Client, path: str, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={"limit": "100", **query, **after})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if not answer.json()["next"]:
            return items
        after = {"after": answer.json()["next"]}


async def list_contacts(client: Client) -> list[tuple[str, str, str, str]]:
    """Number, channel, outcome and opportunity of every contact made, as head office reads them."""
    found: list[tuple[str, str, str, str]] = []
    for one in await items_of(client, "/api/marketing/v1/opportunities"):
        if one["last_outcome"]:
            card = (await client.get(f"/api/marketing/v1/opportunities/{one['id']}")).json()
            number = card["customer"]["number"]
            found += [(number, each["channel"], each["outcome"], one["id"]) for each in card["contacts"]]
    return sorted(found)


async def list_untold(client: Client) -> set[str]:
    """Opportunities by rules of which the bank has no topic: it is told nothing of them."""
    found = await items_of(client, "/api/marketing/v1/opportunities")
    return {one["id"] for one in found if one["rule"]["code"] not in habit.TOPICS}


def read_told(home: Path) -> list[dict[str, str]]:
    """Every line in the bank's inbox of contacts."""
    rows: list[dict[str, str]] = []
    for path in sorted((home / "bank-state-inbox" / "contacts").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows


async def kill_half_way(house: House, address: str, people: list[dict[str, Any]]) -> int:
    """Let them begin the day and end the program hard once somebody was talked to; answers how many were by then."""
    async with life.send_staff(house, address, people) as staff:
        work = asyncio.create_task(staff.work())
        while not (made := await read_rows(house, "select id from marketing.contact", room="marketing")):
            assert not work.done(), "the day was over before anybody was talked to"
            await asyncio.sleep(0.005)
        staff.process.kill()
        with suppress(banks.NoBank):
            await work
    return len(made)


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_days_are_worked_once_and_the_bank_hears_of_them(house: House, client: Client) -> None:
    await open_house(house)
    home, head_office = house.settings.home, client.as_staff(HEAD_OFFICE)
    before = await items_of(head_office, "/api/tasks/v1/tasks", assignee="team", due="overdue")
    await session.set_password(house.service_ctx("identity"), code=OTHERS, password="chosen by somebody")
    people = await life.give_sign_ins(house)
    assert people == await life.give_sign_ins(house)
    assert OTHERS not in {one["login"] for one in people}
    people.append({"role": "relationship_manager", "login": OTHERS, "password": "not this one"})  # changed since
    async with life.open_door(house) as address:
        killed_after = await kill_half_way(house, address, people)
        async with life.send_staff(house, address, people) as staff:
            first = await staff.work()
            made, told = await list_contacts(head_office), read_told(home)
            again = await staff.work()
    assert killed_after < first["contacts"] == len(made) == len({opportunity for *_, opportunity in made})
    assert first["outcomes"] == Counter(outcome for _, _, outcome, _ in made)
    assert (again, await list_contacts(head_office), read_told(home)) == (first, made, told)

    lines: list[str] = []
    assert await life.live(house, days=DAYS_WORKED, address=None, say=lines.append) == DAYS_WORKED
    # The first of the two days was worked above already: it is told again, as it was.
    assert lines[1].startswith(f"bank day {first['day']} worked by {first['people']}: {first['contacts']} contacts")
    made, told = await list_contacts(head_office), read_told(home)
    untold = await list_untold(head_office)
    spoken = [
        (number, habit.BANK_CHANNELS[channel])
        for number, channel, outcome, opportunity in made
        if outcome != habit.NOT_REACHED and opportunity not in untold
    ]
    assert sorted((row["customer_id"], row["channel"]) for row in told) == sorted(spoken)
    with duckdb.connect(str(home / "bank-state.books.duckdb"), read_only=True) as books:
        taken = books.execute("SELECT sum(rows), sum(refused) FROM contact_files").fetchall()
    assert taken == [(len(told), 0)]
    overdue = await items_of(head_office, "/api/tasks/v1/tasks", assignee="team", due="overdue")
    still = {one["id"] for one in overdue} & {one["id"] for one in before}
    assert 0 < len(still) < len(before) * STILL_LATE  # much is done, and something is always late


CASE = habit.Case(id="1", customer="C0000001", customer_id="1", rule="large_inflow", value_minor=1, last_outcome=None)
TALKS = 4_000


@pytest.mark.parametrize(
    ("last_outcome", "channel", "outcome", "share"),
    [
        (None, "call", "not_reached", 0.30),
        (None, "visit", "agreed", 0.21),
        ("not_reached", "call", "not_reached", 0.33),
        ("interested", "call", "agreed", 0.41),
    ],
)
def test_what_comes_of_a_contact(last_outcome: str | None, channel: str, outcome: str, share: float) -> None:
    case, today = replace(CASE, last_outcome=last_outcome), date(2026, 11, 20)
    talks = [habit.talk(case, Chance("1").of(n), channel=channel, today=today) for n in range(TALKS)]
    assert talks == [habit.talk(case, Chance("1").of(n), channel=channel, today=today) for n in range(TALKS)]
    found = sum(talk.outcome == outcome for talk in talks)
    assert abs(found - TALKS * share) <= DEVIATIONS * sqrt(TALKS * share * (1 - share))
    for talk in talks:  # who could not be spoken to or is still thinking is given another day, and a working one
        assert (talk.next_on is not None) == (talk.outcome in (habit.NOT_REACHED, habit.INTERESTED))
        assert talk.next_on is None or (talk.next_on > today and talk.next_on.weekday() < habit.SATURDAY)


def test_a_promised_day_is_kept_and_what_is_due_is_mostly_done() -> None:
    friday = date(2026, 11, 20)
    asked = replace(CASE, last_outcome=habit.INTERESTED)
    assert habit.is_promised_later(asked, due_on=friday + timedelta(days=3), today=friday)
    assert not habit.is_promised_later(asked, due_on=friday, today=friday)
    assert not habit.is_promised_later(CASE, due_on=friday + timedelta(days=2), today=friday)
    people = [Chance("1").of(f"RM{n}") for n in range(TALKS)]
    done = [
        sum(habit.takes_up(one, one.of("task"), due_on=friday + timedelta(days=ahead), today=friday, is_first=False)
            for one in people) / TALKS
        for ahead in (0, 1)
    ]  # fmt: skip
    assert 0.66 < done[0] < 0.76
    assert done[1] == pytest.approx(done[0] / 2, abs=0.05)
    assert 0.9 < sum(habit.works_today(one, friday) for one in people) / TALKS < 1
    assert 0.25 < sum(habit.works_today(one, friday + timedelta(days=1)) for one in people) / TALKS < 0.35
