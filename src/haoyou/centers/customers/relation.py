"""Relationships between customers: filled by the feed, read as a graph of at most two steps around one customer.

Whoever may see a customer may see that customer's relationships. The other end has a name only where the reader may see
it too; otherwise it is another customer of the bank, without number, kind or figures.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import contract, feed_store, kinship, relation_store, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Node:
    """`card` is None where the reader may not see the customer; `key` then only tells the knots of one answer apart."""

    key: str
    step: int
    card: contract.Card | None


@dataclass(frozen=True, slots=True)
class Link:
    """`holds` on the day that was asked for; ended ones stay with their dates."""

    from_key: str
    to_key: str
    edge: kinship.Edge
    holds: bool


@dataclass(frozen=True, slots=True)
class Graph:
    on: date
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    household: kinship.Exposure | None
    control: kinship.Exposure | None
    truncated: bool


async def take_relationships(
    ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.RelationshipFact, ...]
) -> None:
    """New, changed and ended relationships, each kept once for each end so that either sees it."""
    facts = {(row.from_code, row.to_code, row.kind, row.from_date): row for row in rows}.values()
    async with ctx.write() as tx:
        codes = sorted({code for row in facts for code in (row.from_code, row.to_code)})
        ends = await feed_store.list_by_code(tx, source=stamp.source, codes=codes, lock=True)
        known = [row for row in facts if {row.from_code, row.to_code} <= ends.keys() and row.from_code != row.to_code]
        orphans = sorted({f"{row.from_code}-{row.to_code}" for row in facts if row not in known})
        if orphans:
            reason = "names somebody this house does not know, or the same customer twice"
            tx.audit("orphan_relationships", ids=orphans, reason=reason)
        if not known:
            return
        values = [value for row in known for value in _two_rows(row, ends)]
        await relation_store.upsert_relationships(tx, values, version=stamp.bank_date.toordinal())


def _two_rows(row: backoffice.RelationshipFact, ends: Mapping[str, Row[Any]]) -> Iterable[dict[str, Any]]:
    one, two = ends[row.from_code].no, ends[row.to_code].no
    for customer, other, outward in ((one, two, True), (two, one, False)):
        yield {
            "customer_no": customer,
            "other_no": other,
            "outward": outward,
            "kind": row.kind,
            "from_date": row.from_date,
            "to_date": row.to_date,
            "share_ppm": row.share_ppm,
        }


def _edge(row: Row[Any], survivors: Mapping[int, int]) -> kinship.Edge:
    """Between customers: numbers merged into another stand for that one."""
    customer, other = (survivors.get(number, number) for number in (row.customer_no, row.other_no))
    one, two = (customer, other) if row.outward else (other, customer)
    return kinship.Edge(one, two, kinship.Kind(row.kind), row.share_ppm, row.from_date, row.to_date)


async def get_relations(ctx: Ctx, *, customer_id: UUID, on: date | None) -> Graph:
    """The customers around one, up to two steps away, on a day (the bank's own unless another is asked for)."""
    day = on or (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date
    scope = ctx.principal.scope
    async with ctx.audited_read() as tx:
        start = await store.find_card(tx, scope, customer_id=customer_id)
        if start is None:
            raise NotFound()
        found = await _walk(ctx, tx, start, day)
        tx.audit("relations_seen", ids=sorted(found.seen))
    return _graph(found, start, day)


@dataclass(frozen=True, slots=True)
class _Found:
    """What lies around a customer: edges once each, the rows of whom the reader may see, and who is how far."""

    edges: dict[kinship.Edge, None]
    seen: dict[int, Row[Any]]
    steps: dict[int, int]
    truncated: bool


async def _walk(ctx: Ctx, tx: Tx, start: Row[Any], day: date) -> _Found:
    scope = ctx.principal.scope
    edges: dict[kinship.Edge, None] = {}
    seen, steps = {start.no: start}, {start.no: 0}
    truncated = False
    border = await store.list_members(tx, start)
    for step in range(1, kinship.STEPS_MAX + 1):
        rows = await relation_store.list_edges(
            tx, scope, numbers=border, on=day, ended=step == 1, limit=kinship.EDGES_MAX + 1
        )
        truncated |= len(rows) > kinship.EDGES_MAX
        met = {number for row in rows for number in (row.customer_no, row.other_no)}
        survivors = await store.list_survivors(tx, numbers=met)
        for row in rows[: kinship.EDGES_MAX]:
            edge = _edge(row, survivors)
            other = survivors.get(row.other_no, row.other_no)
            if edge.from_no == edge.to_no:
                continue
            if other not in steps and len(steps) >= kinship.NODES_MAX:
                truncated = True
                continue
            steps.setdefault(other, step)
            edges[edge] = None
        fresh = [number for number, at in steps.items() if at == step]
        visible = {row.no: row for row in await store.list_cards(tx, scope, numbers=fresh)} if fresh else {}
        seen |= visible
        holding = {end for edge in edges if edge.holds(day) for end in edge.ends}
        border = [
            one for number, row in visible.items() if number in holding for one in await store.list_members(tx, row)
        ]
        if not border:
            break
    return _Found(edges, seen, steps, truncated)


def _graph(found: _Found, start: Row[Any], day: date) -> Graph:
    keys = {number: str(row.id) for number, row in found.seen.items()}
    strangers = [number for number in found.steps if number not in found.seen]
    keys |= {number: f"hidden-{at}" for at, number in enumerate(strangers, 1)}
    nodes = [
        Node(keys[number], step, store.card(found.seen[number]) if number in found.seen else None)
        for number, step in found.steps.items()
    ]
    links = [Link(keys[edge.from_no], keys[edge.to_no], edge, edge.holds(day)) for edge in found.edges]
    holding = [link.edge for link in links if link.holds]
    figures = {number: _figures(row) for number, row in found.seen.items()}
    together = (kinship.household_of(start.no, holding), kinship.control_group_of(start.no, holding))
    household, control = (kinship.add_up(members, figures, currency=start.currency) for members in together)
    return Graph(day, tuple(nodes), tuple(links), household, control, found.truncated)


def _figures(row: Row[Any]) -> kinship.Figures:
    return kinship.Figures(row.deposits_minor, row.aum_minor, row.loans_minor, row.currency, row.as_of)
