"""Reading the record: what was done is found, by whom it was done, to what and why, and the reading is on record."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from haoyou.centers.customers.tests import factories as customers
from haoyou.centers.customers.tests.factories import Someone
from haoyou.centers.identity import service
from haoyou.centers.identity.tests import factories
from haoyou.centers.identity.tests.factories import Bank
from haoyou.kernel import audit_search
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.server import Database

AUDIT = "/api/identity/v1/audit"
REASON = "核对手机号"
pytestmark = pytest.mark.house(running=False)


@pytest.fixture
async def people(house: House, bank: Bank) -> dict[str, Any]:
    return dict(await customers.make_customers(house, Someone("C1", "王一", "O11", "RM-O11", phone="13811112222")))


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        yield connection


async def reveal(client: Client, customer: Any, reason: str = REASON) -> None:
    body = {"field": "phone", "reason": reason}
    answer = await client.post(f"/api/customers/v1/customers/{customer.id}/reveal", json=body)
    assert answer.status_code == 200, answer.text


async def found(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = await client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    return [*page["pending"], *page["items"]]


async def test_what_was_done_is_found_sealed_or_not(
    client: Client, house: House, bank: Bank, people: dict[str, Any]
) -> None:
    manager, reader = client.as_staff("RM-O11"), client.as_staff("ADMIN")
    await reveal(manager, people["C1"])
    (row,) = await found(reader, operation="customers.field_revealed")
    assert row["number"] is None
    await house.sealer.seal()
    (row,) = await found(reader, operation="customers.field_revealed")
    assert row["number"] >= 1
    del row["number"], row["at"], row["request"]
    assert row == {
        "staff": {"id": bank.staff["RM-O11"], "code": "RM-O11", "name": "员工RM-O11"},
        "room": None,
        "operation": "customers.field_revealed",
        "ids": [str(people["C1"].no)],
        "count": 1,
        "reason": REASON,
        "detail": {"field": "phone"},
    }  # fmt: skip


async def test_each_filter_finds_what_it_names_and_nothing_else(
    client: Client, house: House, people: dict[str, Any], clock: SetClock
) -> None:
    manager, reader = client.as_staff("RM-O11"), client.as_staff("ADMIN")
    await reveal(manager, people["C1"])
    await clock.advance(minutes=1)
    await manager.get(f"/api/customers/v1/customers/{people['C1'].id}")
    await house.sealer.seal()

    async def operations(**query: str) -> list[str]:
        return [row["operation"] for row in await found(reader, **query)]

    seen, revealed = "customers.customer_seen", "customers.field_revealed"
    assert await operations(operation="customers", person="RM-O11") == [seen, revealed]  # newest first
    assert await operations(operation="custom") == []  # a room, not a beginning
    assert await operations(operation=seen) == [seen]
    assert await operations(person="RM-O11", since=clock().isoformat()) == [seen]
    assert await operations(person="RM-O11", until=clock().isoformat(), operation="customers") == [revealed]
    assert await operations(person="工RM-O11", operation="customers") == [seen, revealed]  # part of a name
    assert await operations(person="RM-O12", operation="customers") == []
    assert await operations(person="NOBODY") == []
    assert await operations(reason="手机") == [revealed]
    for about in ("C1", str(people["C1"].id), str(people["C1"].no)):
        assert set(await operations(about=about, operation="customers")) == {seen, revealed}, about
    assert await operations(about=str(uuid4())) == []


async def test_the_pages_together_are_the_whole(client: Client, house: House, bank: Bank) -> None:
    for n in range(25):
        async with house.service_ctx("identity").write() as tx:
            tx.audit("thing_done", ids=[n])
    await house.sealer.seal()
    reader, after, numbers = client.as_staff("ADMIN"), None, list[int]()
    for _ in range(5):
        query = {"operation": "identity.thing_done", "limit": 10, **({"after": after} if after else {})}
        page = (await reader.get(AUDIT, params=query)).json()
        numbers += [row["number"] for row in page["items"]]
        after = page["next"]
        if not after:
            break
    assert len(numbers) == 25
    assert numbers == sorted(set(numbers), reverse=True)


async def test_reading_is_on_record_without_the_words_that_were_looked_for(
    client: Client, house: House, bank: Bank
) -> None:
    reader = client.as_staff("ADMIN")
    await found(reader, person="RM-O11", reason="13811112222")
    await reader.get(f"{AUDIT}/export", params={"operation": "identity"})
    await house.sealer.seal()
    exported, searched = await found(reader, operation="identity", person="ADMIN", limit="2")
    assert (searched["operation"], exported["operation"]) == ("identity.audit_searched", "identity.audit_exported")
    assert searched["detail"] == {"rows": "0", "asked_person": "RM-O11"}


async def test_an_administrator_below_reads_what_people_below_did(
    client: Client, house: House, people: dict[str, Any]
) -> None:
    rows = (
        factories.staff_row("ADMIN-B1", "B1", "administrator"),
        factories.staff_row("ADMIN-B2", "B2", "administrator"),
    )
    await service.apply_staff(house.service_ctx("identity"), rows=rows)
    await reveal(client.as_staff("RM-O11"), people["C1"])
    await house.sealer.seal()
    for code, count in (("ADMIN", 1), ("ADMIN-B1", 1), ("ADMIN-B2", 0)):
        reader = client.as_staff(code)
        for query in ({}, {"person": "RM-O11"}, {"about": str(people["C1"].no)}):
            rows_found = await found(reader, operation="customers.field_revealed", **query)
            assert len(rows_found) == count, (code, query)


async def test_the_file_holds_what_was_found_and_no_formula(
    client: Client, house: House, people: dict[str, Any]
) -> None:
    await reveal(client.as_staff("RM-O11"), people["C1"], reason='=HYPERLINK("http://x")')
    await house.sealer.seal()
    answer = await client.as_staff("ADMIN").get(f"{AUDIT}/export", params={"operation": "customers.field_revealed"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    heads, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    named = dict(zip(heads, row, strict=True))
    assert (named["staff code"], named["operation"]) == ("RM-O11", "customers.field_revealed")
    assert named["reason"] == '\'=HYPERLINK("http://x")'
    assert named["time"].endswith("+08:00")


async def test_the_check_says_sound_and_finds_what_was_changed(
    client: Client, house: House, people: dict[str, Any], admin: psycopg.Connection, clock: SetClock
) -> None:
    reader = client.as_staff("ADMIN")
    await reveal(client.as_staff("RM-O11"), people["C1"])
    await house.sealer.seal()
    await clock.advance(minutes=1)
    await reveal(client.as_staff("RM-O11"), people["C1"])
    await house.sealer.seal()
    whole = (await reader.post(f"{AUDIT}/verify", json={}, key=None)).json()
    assert (whole["sound"], whole["first"], whole["rows"]) == (True, 1, whole["last"])
    later = (await reader.post(f"{AUDIT}/verify", json={"since": clock().isoformat()}, key=None)).json()
    assert later["sound"]
    assert 1 < later["first"] <= later["last"]
    admin.execute(
        "update kernel.audit_log set entry = jsonb_set(entry, '{reason}', '\"x\"') where seq ="
        " (select max(seq) from kernel.audit_log where entry ->> 'operation' = 'customers.field_revealed')"
    )
    (number,) = admin.execute(
        "select max(seq) from kernel.audit_log where entry ->> 'operation' = 'customers.field_revealed'"
    ).fetchone() or (0,)
    changed = (await reader.post(f"{AUDIT}/verify", json={"since": clock().isoformat()}, key=None)).json()
    assert (changed["sound"], changed["faults"]) == (False, [f"row {number} was changed"])
    earlier = (await reader.post(f"{AUDIT}/verify", json={"until": clock().isoformat()}, key=None)).json()
    assert earlier["sound"]


async def test_a_search_that_takes_too_long_is_cut_off_with_a_word(
    client: Client, house: House, bank: Bank, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "SEARCH_TIMEOUT_MS", 1)
    admin.execute(
        "insert into kernel.audit_log select n, '2026-01-01', jsonb_build_object('reason', repeat('x', 2000)), '\\x00'"
        " from generate_series(1, 20000) n"
    )
    answer = await client.as_staff("ADMIN").get(AUDIT, params={"reason": "nothing like it"})
    assert (answer.status_code, answer.json()["code"]) == (503, "audit.search_too_wide")


async def test_the_indexes_are_used(house: House, admin: psycopg.Connection) -> None:
    """By person, operation and id a page is read from an index, however long the record is."""
    admin.execute(
        "insert into kernel.audit_log select n, '2026-01-01'::timestamptz + n * interval '1 second',"
        " jsonb_build_object('caused_by', n % 500, 'operation', 'r.o' || n % 50, 'ids', jsonb_build_array(n::text),"
        " 'reason', ''), '\\x00' from generate_series(1, 20000) n"
    )
    admin.execute("analyze kernel.audit_log")
    asked = {
        "audit_log_who": audit_search.Wanted(people=(7,)),
        "audit_log_operation": audit_search.Wanted(operation="r.o7"),
        "audit_log_ids": audit_search.Wanted(ids=("777",)),
        "audit_log_at": audit_search.Wanted(),
    }
    for index, wanted in asked.items():
        before = scans(admin, index)
        assert await audit_search.list_entries(house.engine, wanted, before=None, limit=50)
        await house.engine.dispose()  # a server process says what it did when it ends
        assert scans(admin, index) > before, index


def scans(admin: psycopg.Connection, index: str) -> int:
    admin.execute("select pg_sleep(0.2)")
    row = admin.execute(
        "select idx_scan from pg_stat_all_indexes where schemaname = 'kernel' and indexrelname = %s", [index]
    ).fetchone()
    assert row
    return row[0]
