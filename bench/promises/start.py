"""How long until the house serves: a first start that fills an empty home, and every start after it.

Control of the first start: the same start with nothing to fill. Control of the second: starting the database alone.
`start.worked`: until the demonstration bank's people have worked the last days as well, while the house serves.
"""

from dataclasses import dataclass
from time import perf_counter

from bench.figure import Figure
from bench.house import Server, own_home
from bench.process import resident_mb
from haoyou.kernel.db import embedded


@dataclass(frozen=True, slots=True)
class Dose:
    customers: int
    bank: str
    worked_days: int = 0


FULL = Dose(customers=2_000, bank="demo", worked_days=15)
SMALL = Dose(customers=0, bank="none")


def measure(dose: Dose) -> list[Figure]:
    with own_home() as home:
        empty = Server(home, bank="none")
        empty_s = empty.start()
        empty.stop()
    with own_home() as home:
        server = Server(home, bank=dose.bank, customers=dose.customers, worked_days=dose.worked_days)
        first_s = server.start()
        worked_s = first_s + (server.wait_until_said("worked and lived") if dose.worked_days else 0)
        server.stop()
        second_s = server.start()
        resident = resident_mb(server.pid)
        stopped = server.stop()
        began = perf_counter()
        with embedded.start(home):
            database_s = perf_counter() - began
    return [
        Figure("start.first", first_s, "s", control=empty_s),
        Figure("start.worked", worked_s, "s", control=first_s),
        Figure("start.second", second_s, "s", control=database_s),
        Figure("start.resident", resident, "MB"),
        Figure("start.stops_by_force", float(not stopped), "count", at_most=0),
    ]
