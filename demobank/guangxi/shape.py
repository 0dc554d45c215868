"""How a bank of a given size is built: its outlets and managers, how much of it is awake, how far it remembers."""

from dataclasses import dataclass
from datetime import date

SMALL_CUSTOMERS_MAX = 50_000  # below it a bank is a bank of main customers, and its feed is small enough for CSV

# Days of the calendar are numbered from here in entry numbers and draws.
EPOCH = date(2000, 1, 1)
CHUNK_CUSTOMERS = 60_000  # customers whose history is made at one time: bounds the memory, divisible by a block


@dataclass(frozen=True, slots=True)
class Shape:
    """`active_bps`: customers who use the bank every week. `event_factor`: how often rare things happen, against a
    large bank, so that a house of two thousand has something to see."""

    customers: int
    history_days: int
    active_bps: int
    event_factor: int
    customers_per_manager: int
    outlets: int


def draw_shape(customers: int) -> Shape:
    """A village bank knows everybody; a bank of a million has mostly sleeping accounts and larger portfolios."""
    is_small = customers < SMALL_CUSTOMERS_MAX
    beyond = max(0, customers - 20_000)
    return Shape(
        customers=customers,
        history_days=400 if is_small else 730,
        active_bps=7_500 if is_small else 1_100,
        event_factor=3 if is_small else 1,
        customers_per_manager=min(400, 80 + beyond * 320 // 980_000),
        outlets=max(4, min(customers, 20_000) // 100 + beyond // 5_000),
    )
