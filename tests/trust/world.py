"""A small bank in which every right can be tried, made through the rooms' own doors.

Head office above two branches, outlets O11 and O12 under B1, O21 under B2 (identity's factories), and here customers of
two managers of O11, of one each of O12 and O21, one whom nobody manages, one firm, and two with an assisting manager
from elsewhere; each with an account, an opportunity and what follows from it.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg

from haoyou.centers.customers.contract import Card
from haoyou.centers.customers.tests import factories as customers
from haoyou.centers.customers.tests.factories import Someone
from haoyou.centers.identity.contract import IdentityPort, StaffRow
from haoyou.centers.identity.tests import factories as identity
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY
from haoyou.centers.insight.contract import Signal, SignalsRaised
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.server import Database

Settle = Callable[[], Awaitable[None]]

BELOW = {
    "HO": {"HO", "B1", "B2", "O11", "O12", "O21"},
    "B1": {"B1", "O11", "O12"},
    "B2": {"B2", "O21"},
    "O11": {"O11"},
    "O12": {"O12"},
    "O21": {"O21"},
}
"""An institution and all below it, written down here, not asked of the house."""
PARENT = {"B1": "HO", "B2": "HO", "O11": "B1", "O12": "B1", "O21": "B2"}

PEOPLE = (
    Someone("W1", "王小明", "O11", "RM-O11", balance_minor=900_00, phone="13810000001"),
    Someone("W2", "王小红", "O11", "RM-O11", ("RM-O12",), balance_minor=800_00, phone="13810000002"),
    Someone("W3", "李大力", "O11", "RM2-O11", balance_minor=700_00, phone="13810000003"),
    Someone("W4", "赵敏", "O12", "RM-O12", balance_minor=600_00, phone="13810000004"),
    Someone("W5", "钱多多", "O21", "RM-O21", ("RM2-O11",), balance_minor=500_00, phone="13810000005"),
    Someone("W6", "孙无主", "O11", None, balance_minor=400_00, phone="13810000006"),
    Someone("W7", "南宁好友商贸", "O11", "RMC-O11", line="corporate", balance_minor=300_00, phone="07710000007"),
    Someone("W8", "周一一", "O21", "RM-O21", balance_minor=200_00, phone="13810000008"),
)
ONCE_ASSISTING = ("W4", "RM-O11")
"""RM-O11 assisted this customer until a week ago: it gives no right any more."""
JUDGED = ("W2", "W3", "W5")
"""Their opportunities have a result, so that the board has lines."""

REPORTED = (("W3", "RM2-O11"), ("W5", "RM-O21"))
"""Of whom there are reports, and who wrote them."""
LEVELS = ("normal", "restricted", "private")

MORE_STAFF = (
    identity.staff_row("ADMIN-B1", "B1", "administrator", lines=identity.BOTH),
    *(identity.staff_row(f"RM9-{place}", place) for place in ("O11", "O12", "O21")),
)
"""An administrator of one branch only, and people who will be moved and let go."""
STAFF: Mapping[str, StaffRow] = {row.code: row for row in (*identity.STAFF, *MORE_STAFF)}
WITH_TO_DO = ("RM-O11", "RM2-O11", "RM-O12", "RM-O21", "LM-O11", "BM-B1", "HO", "ADMIN")
SECOND_POST = ("RM-O12", "O21", "lobby_manager")
"""Somebody with another post elsewhere; a session acts in one post, and theirs in the first."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something with an id. `place` and `line` say whose it is besides `owner` (a staff code, or nobody)."""

    kind: str
    id: str
    owner: str | None
    place: str
    line: str = "retail"
    customer: str | None = None
    """The code of the customer it is about."""
    live: bool = True
    """Whether it can still be worked on."""
    level: str = ""
    """Of a report: how confidential it is."""


@dataclass(slots=True)
class World:
    house: House
    database: Database
    settle: Settle
    staff: dict[str, int] = field(default_factory=dict[str, int])
    institutions: dict[str, int] = field(default_factory=dict[str, int])
    cards: dict[str, Card] = field(default_factory=dict[str, Card])
    people: dict[str, Client] = field(default_factory=dict[str, Client])
    targets: list[Target] = field(default_factory=list[Target])

    def of_kind(self, kind: str) -> Iterator[Target]:
        return (target for target in self.targets if target.kind == kind)

    def add(self, *targets: Target) -> None:
        self.targets += targets


async def make_world(house: House, database: Database, client: Client, settle: Settle) -> World:
    await identity.make_bank(house)
    port = house.ports.open(IdentityPort)
    await port.apply_staff(house.service_ctx("identity"), rows=MORE_STAFF)
    found = await port.find_codes(
        house.service_ctx("identity"), institutions=tuple(BELOW), staff=tuple(STAFF)
    )  # fmt: skip
    world = World(house, database, settle, found.staff, found.institutions)
    world.people = {code: client.as_staff(code) for code in STAFF}
    await _add_posts_and_sessions(world)
    await _add_customers(world)
    await _add_moves(world)
    await _add_merges(world)
    await _add_opportunities(world)
    await _add_tasks(world)
    await _add_views(world)
    await _add_reports(world)
    await _work(world)
    _judge(world)
    await settle()
    return world


async def _add_posts_and_sessions(world: World) -> None:
    code, place, role = SECOND_POST
    await identity.give_post(
        world.house, staff=world.staff[code], institution=world.institutions[place], role=role
    )  # fmt: skip
    world.add(*(Target("institution", str(number), None, place) for place, number in world.institutions.items()))
    for code, row in STAFF.items():
        place = row.institution_code
        world.add(Target("staff", str(world.staff[code]), code, place))
        _, session = await identity.open_named_session(world.house, code=code, device="phone")
        world.add(Target("session", str(session), code, place))
    with psycopg.connect(world.database.admin_url) as connection:
        for staff, place, post in connection.execute(
            "select s.code, i.code, p.id from identity.post p join identity.staff s on s.id = p.staff_id"
            " join identity.institution i on i.id = p.institution_id order by p.id"
        ).fetchall():
            world.add(Target("post", str(post), staff, place))


async def _add_customers(world: World) -> None:
    world.cards = await customers.make_customers(world.house, *PEOPLE)
    code, staff = ONCE_ASSISTING
    over = customers.assignment_fact(code, staff, "assisting", to_date=BANK_DATE - timedelta(days=7))
    await customers.feed(world.house, assignments=[over])
    world.add(
        *(
            Target("customer", str(world.cards[one.code].id), one.manager, one.institution, one.line, one.code)
            for one in PEOPLE
        )
    )
    for one in PEOPLE:
        about = Target("governed", str(world.cards[one.code].id), one.manager, one.institution, one.line, one.code)
        world.add(about, *[replace(about, kind="pooled")] * (one.manager is None))
    managers = [code for code in STAFF if STAFF[code].role == "relationship_manager"]
    world.add(*(Target("receiver", str(world.staff[code]), code, STAFF[code].institution_code) for code in managers))


async def _add_moves(world: World) -> None:
    """One each of a branch manager and head office, of a customer who then is where they were before."""
    for code, customer, after in (("BM-B1", "W1", "RM2-O11"), ("HO", "W8", "RM9-O21")):
        chosen = {"select": {"customers": [str(world.cards[customer].id)]}, "to": [world.staff[after]]}
        seen = await _post(world, code, "/api/customers/v1/move-previews", chosen)
        made = await _post(world, code, "/api/customers/v1/moves", {**chosen, "seen": seen["seen"], "reason": "调整"})
        world.add(Target("move", made["id"], code, STAFF[code].institution_code))
        back = await world.people[code].post(f"/api/customers/v1/moves/{made['id']}/undo")
        assert back.status_code == 204, back.text
    await world.settle()


async def _add_merges(world: World) -> None:
    """One each of a branch manager and head office, undone, so that everybody is who they were before."""
    for code, survivor, loser in (("BM-B1", "W1", "W3"), ("HO", "W8", "W5")):
        both = {"survivor_id": str(world.cards[survivor].id), "loser_id": str(world.cards[loser].id)}
        made = await _post(world, code, "/api/customers/v1/merges", {**both, "reason": "证件核对为同一人"})
        one = next(one for one in PEOPLE if one.code == survivor)
        world.add(Target("merge", made["id"], one.manager, one.institution, one.line, one.code))
        undone = {"reason": "核对为不同的人"}
        back = await world.people[code].post(f"/api/customers/v1/merges/{made['id']}/undo", json=undone)
        assert back.status_code == 204, back.text
    await world.settle()


async def _add_opportunities(world: World) -> None:
    """Money came in for everybody; nobody's customer becomes an opportunity that is set aside."""
    signals = tuple(_signal(world.cards[one.code]) for one in PEOPLE)
    async with world.house.service_ctx("insight").write() as tx:
        tx.tell(SignalsRaised(bank_date=BANK_DATE, signals=signals))
    await world.settle()
    by_number = {world.cards[one.code].no: one for one in PEOPLE}
    with psycopg.connect(world.database.admin_url) as connection:
        rows = connection.execute("select id, task_id, customer_no from marketing.opportunity").fetchall()
    for opportunity, task, number in rows:
        one = by_number[number]
        live = one.manager is not None and one.code not in JUDGED
        about = (one.manager, one.institution, one.line, one.code)
        world.add(Target("opportunity", str(opportunity), *about, live=live))
        world.add(*[Target("task", str(task), *about, live=False)] * (one.manager is not None))


def _signal(card: Card) -> Signal:
    return Signal(
        id=uuid5(UUID(int=1), card.code),
        rule="large_inflow",
        rule_version=1,
        customer_no=card.no,
        account_code=f"62220000{card.code}",
        transaction_code=f"T-{card.code}",
        bank_date=BANK_DATE,
        amount_minor=32_000_00,
        currency=CURRENCY,
        history_count=6,
        history_sum_minor=36_500_00,
        balance_before_minor=1_234_56,
        counterparty=None,
    )


async def _add_tasks(world: World) -> None:
    """Some have a to-do of their own; branch manager B1 has one about a customer of RM-O11."""
    for code in WITH_TO_DO:
        row = STAFF[code]
        made = await _post(world, code, "/api/tasks/v1/tasks", {"title": f"待办{code}", "due_on": str(BANK_DATE)})
        world.add(Target("task", made["id"], code, row.institution_code, row.lines[0]))
    about = {"title": "陪访", "due_on": str(BANK_DATE), "customer_id": str(world.cards["W1"].id)}
    made = await _post(world, "BM-B1", "/api/tasks/v1/tasks", about)
    world.add(Target("task", made["id"], "BM-B1", "O11", "retail", "W1"))


async def _add_views(world: World) -> None:
    """Everybody who reads customers keeps a view; nobody shares one, so that each is its owner's only."""
    for code, row in STAFF.items():
        if row.role != "administrator" and not code.startswith("RM9-"):
            view = str(uuid4())
            body = {"name": f"视图{code}", "filter": {"view": "mine"}}
            answer = await world.people[code].put(f"/api/customers/v1/views/{view}", json=body, version=0)
            assert answer.status_code == 200, answer.text
            world.add(Target("view", view, code, row.institution_code, row.lines[0]))


async def _add_reports(world: World) -> None:
    """The managers of W3 and W5 have a report of each level about them, with a next step, a draft, and one to drop."""
    said = {"channel": "visit", "met_on": str(BANK_DATE), "met_time": "09:30", "purpose": "visit", "said": "近况"}
    for customer, code in REPORTED:
        room, place = "/api/customers/v1", STAFF[code].institution_code
        step = {"what": "回访", "staff_id": world.staff[code], "due_on": str(BANK_DATE)}
        for kind, level in (*(("report", one) for one in LEVELS), ("draft", ""), ("dropped", "")):
            report = str(uuid4())
            path = f"{room}/customers/{world.cards[customer].id}/report-drafts/{report}"
            draft = await world.people[code].put(path, json={"said": "草稿"}, version=0)
            assert draft.status_code == 200, draft.text
            world.add(Target(kind, report, code, place, customer=customer, level=level))
            if level:
                body = {**said, "level": level, "steps": [step]}
                await _post(world, code, f"{room}/report-drafts/{report}/file", body)
    await world.settle()
    reports = {one.id: one for one in world.of_kind("report")}
    with psycopg.connect(world.database.admin_url) as connection:
        rows = connection.execute("select id, origin_id from tasks.task where origin_kind = 'report'").fetchall()
    for task, report in rows:
        about = reports[report]
        customer = about.customer if about.level == "normal" else None
        world.add(Target("task", str(task), about.owner, about.place, customer=customer))


async def _work(world: World) -> None:
    """One contact at O11 and one at O21, a draft of RM-O11, a reservation of RM-O12."""
    ids = {target.customer: target.id for target in world.of_kind("opportunity")}
    room = "/api/marketing/v1/opportunities"
    for customer, staff in (("W1", "RM-O11"), ("W8", "RM-O21")):
        await _post(world, staff, f"{room}/{ids[customer]}/contacts", {"channel": "visit", "outcome": "reached"})
    draft = await world.people["RM-O11"].put(f"{room}/{ids['W2']}/draft", json={"note": "草稿"}, version=0)
    assert draft.status_code == 200, draft.text
    reservation = str(uuid4())
    await _post(world, "RM-O12", f"{room}/{ids['W4']}/reservations", {"id": reservation, "channel": "call"})
    world.add(Target("reservation", reservation, "RM-O12", "O12", customer="W4"))


async def _post(world: World, code: str, path: str, body: dict[str, Any]) -> dict[str, str]:
    answer = await world.people[code].post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def _judge(world: World) -> None:
    """Results as a month of facts would have booked them."""
    numbers = [world.cards[code].no for code in JUDGED]
    with psycopg.connect(world.database.admin_url) as connection:
        connection.execute(
            "insert into marketing.result select id, customer_no, institution_id, manager_id, line, 'held', 10000,"
            " value_minor, '[]', raised_on, 2, arm from marketing.opportunity where customer_no = any(%s)",
            [numbers],
        )
        connection.execute(
            "update marketing.opportunity set status = 'closed' where customer_no = any(%s)", [numbers]
        )  # fmt: skip
