"""Pure decisions about how customers belong together: what holds, who is a household, who a control group.

docs/how-to/joint-exposure.md says the same in words.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CONTROL_SHARE_PPM = 250_000
"""From a quarter of the shares an owner is taken to have a say."""
STEPS_MAX = 2  # a relative's firm, a firm's owner's other firm; beyond that a picture shows the town, not the customer
NODES_MAX = 60  # more than can be read in one picture
EDGES_MAX = 200  # read at one step; NODES_MAX customers have hardly ever more between them


class Kind(StrEnum):
    """Read from the one end to the other, as in docs/door.md."""

    HOUSEHOLD = "household"
    SPOUSE = "spouse"
    PARENT = "parent"
    OWNER = "owner"
    LEGAL_REPRESENTATIVE = "legal_representative"
    GUARANTOR = "guarantor"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Edge:
    """One relationship between two customers. `to_date` is the first day on which it no longer holds."""

    from_no: int
    to_no: int
    kind: Kind
    share_ppm: int | None
    from_date: date
    to_date: date | None

    def holds(self, on: date) -> bool:
        return self.from_date <= on and (self.to_date is None or self.to_date > on)

    @property
    def ends(self) -> tuple[int, int]:
        return self.from_no, self.to_no

    @property
    def is_control(self) -> bool:
        if self.kind is Kind.OWNER:
            return (self.share_ppm or 0) >= CONTROL_SHARE_PPM
        return self.kind in (Kind.LEGAL_REPRESENTATIVE, Kind.GROUP)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a customer has with the bank, in minor units of one currency."""

    deposits_minor: int
    aum_minor: int
    loans_minor: int
    currency: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Exposure:
    """What several customers have together, as far as the reader may see them.

    `customers` were added; `hidden` are known to belong and lie outside the reader's scope; `foreign` keep their money
    in another currency.
    """

    customers: int
    hidden: int
    foreign: int
    deposits_minor: int
    aum_minor: int
    loans_minor: int
    currency: str
    as_of: date


def household_of(start: int, edges: Iterable[Edge]) -> set[int]:
    """The head, everybody the head's household counts, and the spouse of each of them."""
    known = list(edges)
    homes = [edge for edge in known if edge.kind is Kind.HOUSEHOLD]
    heads = {edge.from_no for edge in homes if edge.to_no == start} | {start}
    members = heads | {edge.to_no for edge in homes if edge.from_no in heads}
    spouses = [edge.ends for edge in known if edge.kind is Kind.SPOUSE]
    return members | {two for pair in spouses for two in pair if members.intersection(pair)}


def control_group_of(start: int, edges: Iterable[Edge]) -> set[int]:
    """First up to whoever controls this customer, then down to all that they control, and never up again.

    Up again would join two families because they own one firm together.
    """
    controls = [edge for edge in edges if edge.is_control]
    above = _reach({start}, controls, lambda edge: edge.to_no, lambda edge: edge.from_no)
    return _reach(above, controls, lambda edge: edge.from_no, lambda edge: edge.to_no)


def _reach(
    starts: Collection[int], edges: Collection[Edge], come: Callable[[Edge], int], go: Callable[[Edge], int]
) -> set[int]:
    """Everybody reached from `starts`; each round adds somebody or ends it."""
    reached = set(starts)
    while fresh := {go(edge) for edge in edges if come(edge) in reached} - reached:
        reached |= fresh
    return reached


def add_up(members: Collection[int], figures: Mapping[int, Figures], *, currency: str) -> Exposure | None:
    """The sum over those members whose figures the reader may see; nothing when there is only one member."""
    if len(members) < 2:
        return None
    seen = [figures[number] for number in members if number in figures]
    added = [one for one in seen if one.currency == currency]
    assert added, "the customer the page is about is always added"
    return Exposure(
        customers=len(added),
        hidden=len(members) - len(seen),
        foreign=len(seen) - len(added),
        deposits_minor=sum(one.deposits_minor for one in added),
        aum_minor=sum(one.aum_minor for one in added),
        loans_minor=sum(one.loans_minor for one in added),
        currency=currency,
        as_of=max(one.as_of for one in added),
    )
