"""`python -m bench.fill HOME FOLDER`: import one feed into an empty house; what it took is one line of JSON."""

import asyncio
import json
import resource
import sys
from pathlib import Path
from time import perf_counter

from haoyou.app import build_house
from haoyou.centers.backoffice import jobs
from haoyou.centers.identity import service as identity
from haoyou.ground import Ground, open_ground
from haoyou.kernel.settings import Settings

SETTLE_S = 3_600.0


async def _fill(ground: Ground, folder: Path) -> dict[str, object]:
    """Rows and seconds of each dataset, of landing and of filling; a large one is told of several times."""
    house = build_house(ground.settings, ground.keyring, ground.app_url)
    permissions = {name: roles for room in house.rooms for name, roles in room.permissions.items()}
    landed: dict[str, tuple[int, float]] = {}
    filled: dict[str, tuple[int, float]] = {}
    last = perf_counter()

    def note(stage: str, what: str, rows: int, _percent: int) -> None:
        nonlocal last
        now = perf_counter()
        took = filled if stage == "fill" else landed
        took[what] = (rows, took.get(what, (0, 0.0))[1] + now - last)
        last = now

    try:
        await identity.seed_roles(house.service_ctx("identity"), permissions=permissions)
        async with house.running():
            last = perf_counter()
            await jobs.import_feed(house, folder, progress=note)
            await house.settle(timeout_s=SETTLE_S)
    finally:
        await house.engine.dispose()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"landed": landed, "filled": filled, "peak_mb": peak_mb}


if __name__ == "__main__":
    with open_ground(Settings(home=Path(sys.argv[1]))) as running:
        print(json.dumps(asyncio.run(_fill(running, Path(sys.argv[2])))))
