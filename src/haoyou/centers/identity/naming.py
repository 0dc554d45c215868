"""What people and places are called, remembered for a second: every page asks for it, and names hardly ever change.

Of one house. A change made in this process is seen at once, one made in another within the second.
"""

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from haoyou.centers.identity import contract
from haoyou.kernel.house import House

REMEMBERED_S = 1.0
REMEMBERED_MAX = 50_000  # names of one house; a regional bank has fewer people and places

T = TypeVar("T", contract.Institution, contract.StaffCard)


class Memory(Generic[T]):
    """Cards by number, each with the moment it was read."""

    def __init__(self) -> None:
        self._of_house: WeakKeyDictionary[House, dict[int, tuple[float, T]]] = WeakKeyDictionary()

    async def get(
        self, house: House, ids: Sequence[int], read: Callable[[Sequence[int]], Awaitable[Sequence[T]]]
    ) -> tuple[T, ...]:
        """The cards of `ids` that exist, in the order of their numbers; `read` fetches those that are not known."""
        known = self._of_house.setdefault(house, {})
        since = monotonic() - REMEMBERED_S
        found = {one: card for one in ids if (kept := known.get(one)) and kept[0] > since for card in (kept[1],)}
        missing = sorted({one for one in ids if one not in found})
        if missing:
            now = monotonic()
            fresh = {card.id: card for card in await read(missing)}
            if len(known) + len(fresh) > REMEMBERED_MAX:
                known = self._of_house[house] = {}
            known.update({one: (now, card) for one, card in fresh.items()})
            found |= fresh
        return tuple(found[one] for one in sorted(found))

    def forget(self, house: House) -> None:
        self._of_house.pop(house, None)


places: Memory[contract.Institution] = Memory()
people: Memory[contract.StaffCard] = Memory()


def forget(house: House) -> None:
    """After a change of names here."""
    places.forget(house)
    people.forget(house)
