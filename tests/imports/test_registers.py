"""What head office sees of an import: its report, the rows set aside, the sources, and whence a value comes."""

import csv
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from haoyou.centers.backoffice import jobs, rules
from haoyou.centers.backoffice.reconciliation import reconcile
from haoyou.centers.backoffice.tests.factories import (
    DAY,
    OPENING,
    balance,
    customer,
    movement,
    next_day,
    write_feed,
)
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.server import Database

Settle = Callable[[], Awaitable[None]]
TOMORROW = DAY + timedelta(days=1)
BAD = movement("T8", "A1", "minus")
API = "/api/backoffice/v1"


async def import_with_faults(house: House, inbox: Path) -> rules.Imported:
    """A rejected row, an orphan, and a total of the bank's that is not ours."""
    rows = [*OPENING["transactions"], BAD, movement("T7", "A77", "5.00")]
    folder = write_feed(inbox, {**OPENING, "transactions": rows})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["datasets"]["transactions"]["totals"] = [
        {"by": {"direction": "credit"}, "rows": 9, "amount": "1290.50"},
        {"by": {"bank_date": "2026-11-20"}, "rows": 2, "amount": "85.50"},
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return await jobs.import_feed(house, folder)


async def test_one_import_shows_its_totals_beside_the_banks(
    house: House, inbox: Path, client: Client, settle: Settle
) -> None:
    done = await import_with_faults(house, inbox)
    await settle()
    answer = (await client.as_staff("S9").get(f"{API}/imports/{done.run_id}")).json()
    assert (answer["summary"]["version"], answer["summary"]["currency"]) == (1, "CNY")
    moved = next(one for one in answer["datasets"] if one["summary"]["dataset"] == "transactions")
    assert moved["reasons"] == [{"reason": "amount:bad_money", "rows": 1}]
    assert moved["orphans"] == [{"column": "account_id", "rows": 1}]
    first, *others = moved["totals"]
    assert first == {
        "by": [{"column": "direction", "value": "credit"}], "bank_rows": 9, "rows": 8,
        "bank_amount_minor": 129_050, "amount_minor": 128_550, "agrees": False,
    }  # fmt: skip
    assert [one["agrees"] for one in others if one["by"][0]["value"] == "2026-11-20"] == [True]
    assert moved["summary"]["orphans"] == 1
    assert (await client.as_staff("S9").get(f"{API}/imports/unknown")).status_code == 404


async def test_the_report_is_one_document_that_names_every_difference(house: House, inbox: Path) -> None:
    report = reconcile(await import_with_faults(house, inbox))
    assert (report["rows_in"], report["accepted"], report["rejected"], report["agrees"]) == (21, 20, 1, False)
    of_credits = {"dataset": "transactions", "by": {"direction": "credit"}}
    assert report["differences"][:2] == [
        of_credits | {"what": "rows", "bank": 9, "ours": 8},
        of_credits | {"what": "amount_minor", "bank": 129_050, "ours": 128_550},
    ]
    assert json.loads(json.dumps(report)) == report


async def test_rows_set_aside_are_given_out_with_a_reason_that_is_kept(
    house: House, inbox: Path, client: Client, database: Database, settle: Settle
) -> None:
    done = await import_with_faults(house, inbox)
    await settle()
    path, person = f"{API}/imports/{done.run_id}/rejected/transactions", client.as_staff("S9")
    assert (await person.get(path)).status_code == 422
    assert (await person.get(f"{API}/imports/{done.run_id}/rejected/customers?reason=核对差异")).status_code == 404
    answer = await person.get(f"{path}?reason=核对差异")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    (row,) = csv.DictReader(answer.text.splitlines())
    assert (row["line"], row["reason"], row["transaction_id"]) == ("9", "amount:bad_money", "T8")
    await house.sealer.seal()
    with psycopg.connect(database.admin_url) as connection:
        (entry,) = connection.execute(
            "select entry from kernel.audit_log where entry->>'operation' = 'backoffice.rejected_read'"
        ).fetchall()
    assert (entry[0]["reason"], entry[0]["detail"]) == ("核对差异", {"dataset": "transactions", "rows": 1})


async def test_a_source_is_registered_by_its_first_feed_and_described_by_head_office(
    house: House, inbox: Path, client: Client, settle: Settle
) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    await settle()
    person = client.as_staff("S9")
    (one,) = (await person.get(f"{API}/sources")).json()["items"]
    assert (one["code"], one["name"]["zh"], one["version"], one["expected_days"]) == ("core", "core", 1, 1)
    assert (one["fresh"]["bank_date"], one["fresh"]["age_days"], one["fresh"]["is_late"]) == (str(DAY), 0, False)
    columns = next(each["columns"] for each in one["datasets"] if each["dataset"] == "customers")
    assert {"column": "phone", "kind": "text", "data_class": "C3"} in columns
    body = {
        "name_zh": "核心系统", "name_en": "Core", "owner": "科技部", "licence": "行内", "purpose": "全部中心",
        "expected_days": 2, "expires_on": "2026-11-19",
    }  # fmt: skip
    assert (await person.put(f"{API}/sources/core", json=body, version=7)).status_code == 412
    assert (await person.put(f"{API}/sources/core", json=body)).status_code == 428
    assert (await person.put(f"{API}/sources/other", json=body, version=1)).status_code == 404
    saved = await person.put(f"{API}/sources/core", json=body, version=1)
    assert (saved.status_code, saved.json()) == (200, {"version": 2})
    await jobs.import_feed(house, write_feed(inbox, next_day(), day=TOMORROW))  # a further feed leaves it as it is
    (after,) = (await person.get(f"{API}/sources")).json()["items"]
    assert (after["name"], after["owner"], after["version"]) == ({"zh": "核心系统", "en": "Core"}, "科技部", 2)
    assert after["is_expired"] is True


async def test_a_source_that_stays_behind_or_silent_is_late(
    house: House, inbox: Path, client: Client, settle: Settle, clock: SetClock
) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    cards = {"balances": [balance("K1", "1.00")]}
    await jobs.import_feed(house, write_feed(inbox, cards, said={"source": "cards"}))
    await jobs.import_feed(house, write_feed(inbox, next_day(), day=TOMORROW))
    await settle()

    async def fresh() -> dict[str, tuple[int, bool]]:
        items = (await client.as_staff("S9").get(f"{API}/sources")).json()["items"]
        return {one["code"]: (one["fresh"]["age_days"], one["fresh"]["is_late"]) for one in items}

    assert await fresh() == {"cards": (1, True), "core": (0, False)}
    await clock.advance(days=6)
    assert await fresh() == {"cards": (1, True), "core": (0, True)}


async def test_a_value_is_traced_to_its_rows_and_nothing_confidential_is_shown(
    house: House, inbox: Path, client: Client, settle: Settle
) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    second = {"customers": [customer("C1", name="王芳芳", phone="13800000000", since="2021-02-03")]}
    last = await jobs.import_feed(house, write_feed(inbox, second, day=TOMORROW))
    await settle()
    person = client.as_staff("S9")
    answer = await person.get(f"{API}/lineage?dataset=customers&key=C1")
    newest, oldest = answer.json()["steps"]
    assert (newest["import_id"], newest["bank_date"], newest["source_row"]) == (last.run_id, str(TOMORROW), 2)
    assert (newest["counts"], oldest["counts"], oldest["bank_date"]) == (True, False, str(DAY))
    assert newest["file"] == f"base/customers/{TOMORROW}.{last.run_id}.parquet"
    values = {one["column"]: (one["data_class"], one["is_empty"], one["value"]) for one in newest["values"]}
    assert values["since"] == ("C1", False, "2021-02-03")
    assert (values["name"], values["phone"], values["uscc"]) == (
        ("C2", False, None), ("C3", False, None), ("C2", True, None),
    )  # fmt: skip
    assert "王芳芳" not in answer.text and "13800000000" not in answer.text


async def test_a_restated_row_shows_what_took_its_place(
    house: House, inbox: Path, client: Client, settle: Settle
) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    restated = {**OPENING, "balances": [balance("A1", "5.00")]}
    second = await jobs.import_feed(house, write_feed(inbox, restated, said={"version": 2}))
    await settle()
    steps = (await client.as_staff("S9").get(f"{API}/lineage?dataset=balances&key=A1&key={DAY}")).json()["steps"]
    assert [(one["counts"], one["superseded_by"]) for one in steps] in (
        [(True, None), (False, second.run_id)],
        [(False, second.run_id), (True, None)],  # both were learned in one instant of the frozen clock
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [("dataset=secrets&key=C1", 422), ("dataset=balances&key=A1", 422), ("dataset=customers", 422),
     ("dataset=customers&key=C9", 404), ("dataset=customers&key=C1&key=x", 422)],
)  # fmt: skip
async def test_a_key_that_names_nothing_is_refused(
    house: House, inbox: Path, client: Client, settle: Settle, query: str, status: int
) -> None:
    await jobs.import_feed(house, write_feed(inbox, OPENING))
    await settle()
    assert (await client.as_staff("S9").get(f"{API}/lineage?{query}")).status_code == status
