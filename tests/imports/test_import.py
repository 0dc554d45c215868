"""The import: twice changes nothing, killed it goes on, refused it leaves nothing, and the day begins at its end."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from haoyou.centers.backoffice import contract, jobs, rules, service
from haoyou.centers.backoffice.tests.factories import (
    DAY,
    OPENING,
    account,
    customer,
    movement,
    next_day,
    read_customers,
    read_rows,
    write_feed,
)
from haoyou.centers.identity import contract as identity
from haoyou.kernel.errors import Forbidden
from haoyou.kernel.house import House
from haoyou.kernel.principal import NOBODY
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.plugin import Toldings

Settle = Callable[[], Awaitable[None]]
TOMORROW = DAY + timedelta(days=1)
BOTH = {"C1": ("王芳", 120_000), "C2": ("李强", 8_050)}


class Killed(Exception):
    """The process died here."""


async def business_date(house: House) -> date | None:
    try:
        return (await house.ports.open(identity.IdentityPort).get_bank_day(house.service_ctx("tasks"))).business_date
    except identity.NoBankDay:
        return None


async def contents(house: House) -> dict[str, list[str]]:
    """What the feed left in the rooms, without what is made afresh (sealed values, our own ids)."""
    found: dict[str, list[str]] = {}
    for room, words in (
        ("identity", "select code, name, kind, parent_id from identity.institution"),
        ("identity", "select s.code, p.* from identity.staff s join identity.post p on p.staff_id = s.id"),
        ("customers", "select code, name, institution_id, manager_id, line, version from customers.customer"),
        ("customers", "select customer_no, aum_minor, tier, as_of, currency from customers.listing"),
        ("customers", "select code, customer_no, balance_minor, as_of from customers.holding"),
        ("customers", "select customer_no, staff_id, kind from customers.assignment"),
        ("customers", "select token, customer_no from customers.token"),
        ("backoffice", "select run_id, dataset, sha256, rows from backoffice.snapshot"),
        ("backoffice", "select id, status, bank_date from backoffice.import_run"),
    ):  # fmt: skip
        found[words] = sorted(map(str, await read_rows(house, words, room=room)))
    return found


async def test_a_feed_fills_the_rooms_and_begins_the_day(house: House, inbox: Path, settle: Settle) -> None:
    done = await jobs.import_feed(house, write_feed(inbox, OPENING))
    assert (done.bank_date, done.already_done) == (DAY, False)
    assert await business_date(house) is None  # until the message is carried
    await settle()
    assert await business_date(house) == DAY
    assert await read_customers(house) == BOTH


async def test_the_same_feed_again_changes_nothing(house: House, inbox: Path, settle: Settle, told: Toldings) -> None:
    folder = write_feed(inbox, OPENING)
    first = await jobs.import_feed(house, folder)
    await settle()
    before, messages = await contents(house), await told()
    again = await jobs.import_feed(house, folder)
    await settle()
    assert (again.run_id, again.already_done) == (first.run_id, True)
    assert await contents(house) == before
    assert await told() == messages


def kill_in(monkeypatch: pytest.MonkeyPatch, where: object, name: str, *, after: bool) -> None:
    """Die in this function, before or after it has done its work; the next process finds it whole."""
    work = getattr(where, name)

    async def die(*given: object, **named: object) -> None:
        if after:
            await work(*given, **named)
        raise Killed

    monkeypatch.setattr(where, name, die)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["begin_run", "record_landed", "finish_run"])
async def test_killed_between_two_states_it_goes_on(
    house: House, inbox: Path, settle: Settle, told: Toldings, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    folder = write_feed(inbox, OPENING)
    with monkeypatch.context() as deadly, pytest.raises(Killed):
        kill_in(deadly, service, step, after=after)
        await jobs.import_feed(house, folder)
    await settle()
    ended = (step, after) == ("finish_run", True)
    assert await business_date(house) == (DAY if ended else None)
    done = await jobs.import_feed(house, folder)
    await settle()
    assert (done.already_done, await business_date(house)) == (ended, DAY)
    assert len(await told(identity.AdvanceBusinessDate)) == 1
    assert await read_customers(house) == BOTH
    files = sorted((house.settings.home / "lake" / "base" / "transactions").iterdir())
    assert len(files) == 1


@pytest.mark.parametrize("what", ["customers", "assignments", "accounts", "balances"])
async def test_killed_while_a_room_is_filled_it_goes_on(
    house: House, inbox: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    (sink,) = house.provided(contract.FactSink)
    folder = write_feed(inbox, OPENING)
    with monkeypatch.context() as deadly, pytest.raises(Killed):
        kill_in(deadly, sink, f"take_{what}", after=True)
        await jobs.import_feed(house, folder)
    assert await business_date(house) is None
    await jobs.import_feed(house, folder)
    await settle()
    assert await business_date(house) == DAY
    assert await read_customers(house) == BOTH


def spoil(folder: Path) -> None:
    (folder / "customers.csv").write_text("something else")


@pytest.mark.parametrize(
    ("said", "spoilt", "reason"),
    [
        ({"format": "haoyou-feed/9"}, None, "wrong_format"),
        ({"currency": "yuan"}, None, "bad_manifest"),
        ({}, spoil, "wrong_hash"),
        ({}, lambda folder: (folder / "accounts.csv").unlink(), "no_file"),
    ],
)
async def test_a_feed_that_cannot_be_read_leaves_nothing(
    house: House,
    inbox: Path,
    settle: Settle,
    said: dict[str, str],
    spoilt: Callable[[Path], None] | None,
    reason: str,
) -> None:
    folder = write_feed(inbox, OPENING, said=said)
    if spoilt:
        spoilt(folder)
    with pytest.raises(rules.FeedRefused) as refusal:
        await jobs.import_feed(house, folder)
    assert refusal.value.data == {"reason": reason}
    await settle()
    assert await business_date(house) is None
    assert await read_rows(house, "select 1 from customers.customer", room="customers") == []
    assert await read_rows(house, "select 1 from backoffice.snapshot", room="backoffice") == []


@pytest.mark.parametrize("manifest", [None, "", "[]", "{}", '{"bank_date": "tomorrow"}'])
async def test_a_folder_without_a_readable_manifest_is_refused(
    house: House, inbox: Path, manifest: str | None
) -> None:  # fmt: skip
    folder = inbox / DAY.isoformat()
    folder.mkdir(parents=True)
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    with pytest.raises(rules.FeedRefused, match=r"no readable manifest\.json"):
        await jobs.import_feed(house, folder)
    assert await read_rows(house, "select 1 from backoffice.import_run", room="backoffice") == []


async def test_a_refused_feed_that_was_made_anew_is_taken(house: House, inbox: Path, settle: Settle) -> None:
    """Nothing of the first has landed, so the second is not a restatement."""
    folder = write_feed(inbox, OPENING)
    spoil(folder)
    with pytest.raises(rules.FeedRefused):
        await jobs.import_feed(house, folder)
    corrected = {**OPENING, "customers": [*OPENING["customers"], customer("C3")]}
    done = await jobs.import_feed(house, write_feed(inbox, corrected))
    await settle()
    assert (done.already_done, await business_date(house)) == (False, DAY)
    assert sorted(await read_customers(house)) == ["C1", "C2", "C3"]


async def test_broken_rows_are_set_aside_and_reported(
    house: House, inbox: Path, client: Client, settle: Settle
) -> None:
    rows = [*OPENING["transactions"], movement("T8", "A1", "minus"), movement("T8", "A1", "0.00")]
    totals = {"transactions": {"amount_total": "1300.00"}}
    folder = write_feed(inbox, {**OPENING, "transactions": rows})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["datasets"]["transactions"] |= totals["transactions"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    await jobs.import_feed(house, folder)
    await settle()
    answer = await client.as_staff("S9").get("/api/backoffice/v1/imports")
    (run,) = answer.json()["items"]
    assert (run["status"], run["bank_date"], run["source"]) == ("done", str(DAY), "core")
    reports = {one["dataset"]: one for one in run["datasets"]}
    assert reports["transactions"] == {
        "dataset": "transactions", "rows_in": 9, "bank_rows": 9, "accepted": 7, "rejected": 2,
        "amount_total_minor": 128_050, "bank_total_minor": 130_000, "agrees": False, "orphans": 0, "differences": 1,
    }  # fmt: skip
    assert (reports["customers"]["accepted"], reports["customers"]["agrees"]) == (2, True)


async def test_rows_of_somebody_unknown_are_left_out_and_the_day_begins(
    house: House, inbox: Path, settle: Settle
) -> None:
    stray = {**OPENING, "accounts": [*OPENING["accounts"], account("A7", "NOBODY")]}
    await jobs.import_feed(house, write_feed(inbox, stray))
    await settle()
    assert await business_date(house) == DAY
    assert len(await read_rows(house, "select 1 from customers.holding", room="customers")) == 2


async def test_facts_are_for_rooms_only(house: House, inbox: Path) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    port = house.ports.open(contract.BackofficePort)
    found = await port.list_snapshots(house.service_ctx("insight"), until=DAY)
    assert sorted(one.dataset for one in found) == sorted(OPENING)
    assert await port.list_snapshots(house.service_ctx("insight"), until=DAY - timedelta(days=1)) == ()
    with pytest.raises(Forbidden):
        await port.list_snapshots(house.ctx("insight", NOBODY), until=DAY)


async def test_imports_are_listed_the_newest_first(house: House, inbox: Path, client: Client, settle: Settle) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    await jobs.import_feed(house, write_feed(inbox, next_day(), day=TOMORROW))
    await settle()
    person = client.as_staff("S9")
    page = (await person.get("/api/backoffice/v1/imports?limit=1")).json()
    rest = (await person.get(f"/api/backoffice/v1/imports?limit=1&after={page['next']}")).json()
    assert [item["bank_date"] for item in (*page["items"], *rest["items"])] == [str(TOMORROW), str(DAY)]
    assert rest["next"] is None
