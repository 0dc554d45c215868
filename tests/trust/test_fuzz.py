import asyncio
import pytest
from tests.trust.fuzz import Dose, Door, fuzz
from haoyou.centers.identity.tests.factories import open_session


@pytest.mark.timeout(900)
@pytest.mark.parametrize("code", ["RM-O11"])
async def test_x(world, app, client, code):
    import time

    document = (await client.get("/openapi.json")).json()
    door = Door(app, lambda: open_session(world.house, code=code))
    t = time.time()
    report = await asyncio.to_thread(fuzz, door, document, Dose(2))
    print(
        time.time() - t,
        report.cases,
        report.statuses,
        len(report.operations),
        report.phases,
        report.checks,
        len(report.failures),
    )
    seen = set()
    for f in report.failures:
        k = f[:90]
        if k in seen:
            continue
        seen.add(k)
        print("-----", f[:900])
