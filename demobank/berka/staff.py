"""The staff of the Berka bank, who are not in its files, dealt by a fixed rule.

- head office: two head_office, one administrator;
- each branch (region): one branch_manager;
- each outlet (district) with customers: one branch_manager (its outlet manager) and one relationship_manager per
  begun 60 customers it has on the opening day, at least one;
- the outlet with most customers on the opening day (the first by number if several): one lobby_manager.

Customers of an outlet, sorted by the day they came (the opening day for all before it) and then by number, are dealt
to its relationship managers in turn. An outlet that gets its first customer later gets its people on that day. The
names come from a seeded generator and belong to nobody.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from demobank.feed import Row
from demobank.names import staff_name

CUSTOMERS_PER_MANAGER = 60
HEAD_OFFICE_STAFF = 2


@dataclass(frozen=True, slots=True)
class Deal:
    staff: list[tuple[date, Row]]  # the day somebody starts, and their row
    manager_of: dict[str, str]  # customer -> staff id


def deal_staff(
    *,
    branches: Sequence[str],
    outlets: Sequence[str],
    clients: Sequence[tuple[str, str, date]],
    opening_day: date,
    seed: int,
) -> Deal:
    """`clients` are (customer id, outlet id, first day); the answer depends on nothing but the arguments."""
    at_outlet: dict[str, list[tuple[date, int, str]]] = defaultdict(list)
    for number, outlet, since in clients:
        at_outlet[outlet].append((max(since, opening_day), int(number), number))
    random = Random(f"berka-staff:{seed}")  # noqa: S311 - an invented world must come out the same again
    posts = _head_posts(branches, opening_day)
    manager_of: dict[str, str] = {}
    largest = _largest_outlet(at_outlet, opening_day)
    for outlet in outlets:
        waiting = sorted(at_outlet.get(outlet, []))
        if waiting:
            posts.append((waiting[0][0], f"{outlet}-M", outlet, "branch_manager"))
            opening_count = sum(day == opening_day for day, _, _ in waiting)
            managers = max(1, -(-opening_count // CUSTOMERS_PER_MANAGER))
            posts += [(waiting[0][0], f"{outlet}-{n + 1:02d}", outlet, "relationship_manager") for n in range(managers)]
            for turn, (_, _, number) in enumerate(waiting):
                manager_of[number] = f"{outlet}-{turn % managers + 1:02d}"
        if outlet == largest:
            posts.append((opening_day, f"{outlet}-L", outlet, "lobby_manager"))
    return Deal(staff=list(_named(posts, random)), manager_of=manager_of)


def _head_posts(branches: Sequence[str], opening_day: date) -> list[tuple[date, str, str, str]]:
    head = [(opening_day, f"HO-{n + 1:02d}", "HO", "head_office") for n in range(HEAD_OFFICE_STAFF)]
    managers = [(opening_day, f"{branch}-M", branch, "branch_manager") for branch in branches]
    return [*head, (opening_day, "HO-A", "HO", "administrator"), *managers]


def _largest_outlet(at_outlet: dict[str, list[tuple[date, int, str]]], opening_day: date) -> str:
    counts = {outlet: sum(day == opening_day for day, _, _ in people) for outlet, people in at_outlet.items()}
    return min(counts, key=lambda outlet: (-counts[outlet], outlet)) if counts else ""


def _named(posts: list[tuple[date, str, str, str]], random: Random) -> Iterator[tuple[date, Row]]:
    for day, staff_id, institution, role in posts:
        yield day, (staff_id, staff_name(random), institution, role, "retail", "", "")
