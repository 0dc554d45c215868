"""Processes that only carry messages, to be killed: `python -m tests.kernel.relay_process DATABASE_URL HOME`.

For every line it reads it forks a relay and says its number, so that a new relay costs no second of imports.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from haoyou.kernel.crypto import open_keyring
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings
from tests.kernel.rooms import echo, probe

POOL_SIZE = 18  # one for the locks, one for each partition


async def carry(url: str, home: Path) -> None:
    engine = open_engine(url, pool_size=POOL_SIZE)
    settings = Settings.model_construct(home=home / "other")
    house = House(settings=settings, keyring=open_keyring(home), engine=engine, rooms=(probe, echo))
    await house.relay.run()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(carry(sys.argv[1], Path(sys.argv[2])))
        print(pid, flush=True)


if __name__ == "__main__":
    main()
