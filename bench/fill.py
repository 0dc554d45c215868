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
    """Rows and seconds of each dataset: first those of landing, then, under the same names, those of filling.

    Landing tells of a large file several times; a name that comes again after its last row is filling.
    """
    sent = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["datasets"]
    house = build_house(ground.settings, ground.keyring, ground.app_url)
    permissions = {name: roles for room in house.rooms for name, roles in room.permissions.items()}
    landed: dict[str, tuple[int, float]] = {}
    filled: dict[str, tuple[int, float]] = {}
    last = perf_counter()

    def note(what: str, rows: int) -> None:
        nonlocal last
        now = perf_counter()
        so_far, took = landed.get(what, (0, 0.0))
        if what not in sent or so_far == sent[what]["rows"]:
            filled[what] = (rows, now - last)
        else:
            landed[what] = (rows, took + now - last)
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
