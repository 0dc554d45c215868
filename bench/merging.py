"""Somebody at head office who merges and parts customers without end, to be killed.

`python -m bench.merging URL HOME SEED`; with `undo` at the end it takes every merge back and ends. Each done act is a
line of the output.
"""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import text

from bench.chance import seeded
from haoyou.centers.customers import merge
from haoyou.centers.customers.contract import CustomersPort
from haoyou.centers.identity import session
from haoyou.centers.identity.tests import factories
from haoyou.kernel.crypto import open_keyring
from haoyou.kernel.db.engine import open_engine, role_of
from haoyou.kernel.house import House
from haoyou.kernel.principal import Principal
from haoyou.kernel.settings import Settings
from haoyou.rooms import load_rooms

OFFICE = "HO"
REASON = "证件核对为同一人"
_STATE = text(
    "select c.id, c.code, m.id as merge_id, l.customer_no is not null as listed, coalesce(l.members, 0) as members"
    " from customers.customer c left join customers.merge m on m.loser_no = c.no and m.undone_at is null"
    " left join customers.listing l on l.customer_no = c.no order by c.no"
)


async def work(url: str, home: Path, seed: int, *, undo: bool) -> None:
    engine = open_engine(url, pool_size=4)
    settings = Settings.model_construct(home=home / "house")
    house = House(settings=settings, keyring=open_keyring(home), engine=engine, rooms=load_rooms())
    token = await factories.open_session(house, code=OFFICE)
    signed_on = await session.resolve(house.service_ctx("identity"), token=token)
    assert signed_on.principal
    chance = seeded(seed)
    while await _act(house, signed_on.principal, chance.random(), chance.random(), undo=undo):
        print("done", flush=True)
    await engine.dispose()


async def _act(house: House, office: Principal, which: float, whom: float, *, undo: bool) -> bool:
    """One merge or one parting; False when `undo` has nothing left to do."""
    async with house.engine.begin() as connection:
        become = text("select set_config('role', :role, true), set_config('app.all', 'on', true)")
        await connection.execute(become, {"role": role_of(CustomersPort.room)})
        state = (await connection.execute(_STATE)).all()
    merged = [row.merge_id for row in state if row.merge_id]
    alone = [row for row in state if row.listed and row.members < merge.MEMBERS_MAX // 2]
    ctx = house.ctx(CustomersPort.room, office)
    if merged and (undo or which < 0.5 or len(alone) < 2):
        await merge.undo(ctx, merge_id=merged[int(whom * len(merged))], reason=REASON)
    elif undo:
        return False
    else:
        at = int(whom * (len(alone) - 1))
        await merge.merge(
            ctx, survivor_id=alone[at].id, loser_id=alone[at + 1].id, reason=REASON, different_identities=True
        )  # fmt: skip
    return True


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), undo=sys.argv[4:] == ["undo"]))
