"""A house in this process, on a database of its own without fsync: for what needs no running server."""

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from haoyou.centers.backoffice.contract import AssignmentFact, CustomerFact, FactSink, Stamp
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY
from haoyou.kernel.clock import system_now
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.house import House
from haoyou.kernel.room import Manifest
from haoyou.kernel.settings import Settings
from haoyou.kernel.testing.server import Database, Server
from haoyou.rooms import load_rooms, migration_directories


@dataclass(frozen=True, slots=True)
class Ground:
    server: Server
    database: Database
    rooms: Sequence[Manifest]


@contextmanager
def open_test_ground(rooms: Sequence[Manifest] = (), directories: Sequence[Path] = ()) -> Generator[Ground]:
    """A migrated database for these rooms; for all rooms of the house when none are named."""
    rooms, directories = (rooms, directories) if rooms else (load_rooms(), migration_directories())
    server = Server()
    try:
        with server.clone(server.template_for([room.name for room in rooms], directories)) as database:
            yield Ground(server, database, rooms)
    finally:
        server.stop()


@asynccontextmanager
async def open_house(ground: Ground, *, pool_size: int) -> AsyncGenerator[House]:
    """Without its loops: nothing moves that the measurement does not move."""
    engine = open_engine(ground.database.app_url, pool_size=pool_size)
    settings = Settings(home=ground.server.home / "house")
    try:
        yield House(settings=settings, keyring=ground.server.keyring, engine=engine, rooms=ground.rooms)
    finally:
        await engine.dispose()


async def add_customers(house: House, managers: dict[str, int]) -> None:
    """So many customers for each manager (`RM-O11`: of outlet O11), through the door that feeds use."""
    stamp = Stamp("bench", BANK_DATE, system_now(), "bench", CURRENCY)
    customers: list[CustomerFact] = []
    assignments: list[AssignmentFact] = []
    for manager, count in managers.items():
        for number in range(count):
            code = f"{manager}-{number:04}"
            customers.append(_customer(code, manager.split("-")[1]))
            assignments.append(AssignmentFact(code, manager, "primary", date(2020, 1, 1), None))
    for sink in house.provided(FactSink):
        await sink.take_customers(house.service_ctx("backoffice"), stamp=stamp, rows=tuple(customers))
        await sink.take_assignments(house.service_ctx("backoffice"), stamp=stamp, rows=tuple(assignments))


def _customer(code: str, outlet: str) -> CustomerFact:
    return CustomerFact(
        code=code,
        kind="person",
        name=f"客户{code}",
        institution_code=outlet,
        line="retail",
        birth_date=None,
        sex=None,
        phone=None,
        id_kind=None,
        id_number=None,
        uscc=None,
        since=date(2020, 1, 1),
    )
