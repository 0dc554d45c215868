"""HTTP of customers: the people and firms around one customer."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from haoyou.centers.customers import kinship, relation
from haoyou.centers.customers.api.view import share_bps
from haoyou.kernel.errors import NotFound
from haoyou.kernel.money import Money
from haoyou.kernel.web.fields import Day, MoneyView
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import Data

router = Router("customers")


class RelatedView(BaseModel):
    """A customer in the graph whom the reader may see."""

    id: UUID
    number: str
    name: str | None
    kind: str
    line: str
    tier: str
    aum: MoneyView


class NodeView(BaseModel):
    """`customer` is null for another customer of the bank, whom the reader may not see."""

    key: str
    step: int
    customer: RelatedView | None

    @staticmethod
    def of(node: relation.Node) -> "NodeView":
        card = node.card
        seen = card and RelatedView(
            id=card.id,
            number=card.code,
            name=card.name,
            kind=card.kind,
            line=card.line,
            tier=card.tier,
            aum=MoneyView.of(card.aum),
        )
        return NodeView(key=node.key, step=node.step, customer=seen)


class EdgeView(BaseModel):
    """Read from one end to the other: from heads a household, is parent, owns a share of, guarantees for, controls."""

    from_key: str
    to_key: str
    kind: kinship.Kind
    share_bps: int | None
    from_date: date
    to_date: date | None
    holds: bool

    @staticmethod
    def of(link: relation.Link) -> "EdgeView":
        return EdgeView(
            from_key=link.from_key,
            to_key=link.to_key,
            kind=link.edge.kind,
            share_bps=share_bps(link.edge.share_ppm),
            from_date=link.edge.from_date,
            to_date=link.edge.to_date,
            holds=link.holds,
        )


class ExposureView(BaseModel):
    """What `customers` customers have together; `hidden` more lie outside the reader's scope and are not added."""

    customers: int
    hidden: int
    foreign: int
    deposits: MoneyView
    aum: MoneyView
    loans: MoneyView
    as_of: date

    @staticmethod
    def of(sum_: kinship.Exposure) -> "ExposureView":
        return ExposureView(
            customers=sum_.customers,
            hidden=sum_.hidden,
            foreign=sum_.foreign,
            deposits=MoneyView.of(Money(sum_.deposits_minor, sum_.currency)),
            aum=MoneyView.of(Money(sum_.aum_minor, sum_.currency)),
            loans=MoneyView.of(Money(sum_.loans_minor, sum_.currency)),
            as_of=sum_.as_of,
        )


class RelationsView(BaseModel):
    on: date
    nodes: list[NodeView]
    edges: list[EdgeView]
    household: ExposureView | None
    control: ExposureView | None
    truncated: bool


@router.get("/customers/{customer_id}/relations", permission="customers.read", data=Data.CUSTOMER, raises=(NotFound,))
async def get_relations(ctx: Caller, customer_id: UUID, on: Annotated[Day | None, Query()] = None) -> RelationsView:
    graph = await relation.get_relations(ctx, customer_id=customer_id, on=on)
    return RelationsView(
        on=graph.on,
        nodes=[NodeView.of(node) for node in graph.nodes],
        edges=[EdgeView.of(link) for link in graph.links],
        household=graph.household and ExposureView.of(graph.household),
        control=graph.control and ExposureView.of(graph.control),
        truncated=graph.truncated,
    )
