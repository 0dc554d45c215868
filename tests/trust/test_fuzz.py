"""Whatever is sent, the house answers as its document says: no failure of ours, no status and no shape besides."""

import asyncio
import copy
from typing import Any

import pytest

from haoyou.centers.customers import service
from haoyou.centers.identity.tests.factories import open_session
from haoyou.gateway.app import Gateway
from haoyou.kernel.testing.client import Client
from tests.trust.fuzz import CHECKS, PHASES, Door, Dose, Report, fuzz
from tests.trust.world import World

DOSES = {"RM-O11": Dose(1), "BM-B1": Dose(4, coverage=False), "ADMIN": Dose(4, coverage=False)}
ONE_CUSTOMER = Dose(4, coverage=False, only="/customers/{customer_id}$")


@pytest.fixture
async def document(client: Client) -> dict[str, Any]:
    return (await client.get("/openapi.json")).json()


async def fuzz_as(world: World, app: Gateway, document: dict[str, Any], code: str, dose: Dose) -> Report:
    """The bench takes the same with a larger dose."""
    door = Door(app, lambda: open_session(world.house, code=code))
    return await asyncio.to_thread(fuzz, door, document, dose)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("code", DOSES)
async def test_no_request_breaks_the_house(world: World, app: Gateway, document: dict[str, Any], code: str) -> None:
    dose = DOSES[code]
    report = await fuzz_as(world, app, document, code, dose)
    assert report.failures == []
    assert [status for status in report.statuses if status >= 500] == []
    operations = sum(len(methods) for methods in document["paths"].values()) - 1  # but for the stream
    assert len(report.operations - {"Stateful tests"}) == operations
    expected = dict.fromkeys(PHASES, "success") | ({} if dose.coverage else {"coverage": "skip: disabled"})
    assert {phase: report.phases[phase] for phase in PHASES} == expected
    assert set(report.checks) == set(CHECKS)
    assert report.cases >= (1_000 if dose.coverage else 100)
    assert report.statuses[200] >= 20, "nothing but refusals proves nothing"


async def test_an_undocumented_answer_would_be_seen(world: World, app: Gateway, document: dict[str, Any]) -> None:
    forgetful = copy.deepcopy(document)
    del forgetful["paths"]["/api/customers/v1/customers/{customer_id}"]["get"]["responses"]["404"]
    report = await fuzz_as(world, app, forgetful, "RM-O11", ONE_CUSTOMER)
    assert any("status_code_conformance" in failure for failure in report.failures)


async def test_a_failure_of_ours_would_be_seen(
    world: World, app: Gateway, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service, "get_customer", fail)
    report = await fuzz_as(world, app, document, "RM-O11", ONE_CUSTOMER)
    assert any("not_a_server_error" in failure for failure in report.failures)


async def test_an_operation_that_asks_for_nobody_would_be_seen(
    world: World, app: Gateway, document: dict[str, Any]
) -> None:
    """Planted: the document says that reading the business day needs a session, and anybody may."""
    open_door = copy.deepcopy(document)
    open_door["paths"] = {"/healthz": {"get": open_door["paths"]["/api/identity/v1/me"]["get"]}}
    answers = open_door["paths"]["/healthz"]["get"]["responses"]
    answers["200"] = {"description": "open to all", "content": {"application/json": {"schema": {}}}}
    report = await fuzz_as(world, app, open_door, "RM-O11", Dose(2, coverage=False))
    assert any("ignored_auth" in failure for failure in report.failures)
