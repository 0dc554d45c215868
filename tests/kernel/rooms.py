"""Rooms for the kernel's tests only. `probe` is asked and tells, `echo` hears; `RIGHTS` says who may sign in."""

import asyncio
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, select, text
from sqlalchemy.dialects.postgresql import insert

from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.ids import new_id
from haoyou.kernel.masking import Phone
from haoyou.kernel.message import Message
from haoyou.kernel.money import Money
from haoyou.kernel.port import Port
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.room import Manifest
from haoyou.kernel.web.fields import ShortText, Version
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import PUBLIC, SIGNED_IN, Data, Write
from haoyou.kernel.web.signon import SignedOn, SignOn

MIGRATIONS = Path(__file__).parent / "migrations"

probe_tables = MetaData(schema="probe")
echo_tables = MetaData(schema="echo")
item = Table(
    "item",
    probe_tables,
    Column("id", Uuid, primary_key=True),
    *(Column(name, Integer, nullable=False) for name in ("number", "unit", "owner", "version")),
    *(Column(name, Text, nullable=False) for name in ("line", "words")),
)
done = Table("done", probe_tables, Column("words", Text, primary_key=True), Column("times", Integer, nullable=False))
heard = Table(
    "heard", echo_tables, Column("n", Integer, primary_key=True), Column("key", Text), Column("number", Integer)
)


class ProbeTaken(Conflict):
    code = "probe.taken"
    title = "Somebody has it"


@dataclass(frozen=True, slots=True)
class Said(Message):
    message: ClassVar[str] = "probe.Said"
    topic: str
    number: int

    @property
    def key(self) -> str:
        return self.topic


@dataclass(frozen=True, slots=True)
class Whispered(Message):
    """Nobody hears it."""

    message: ClassVar[str] = "probe.Whispered"

    @property
    def key(self) -> str:
        return "whisper"


@dataclass(frozen=True, slots=True)
class Card:
    id: UUID
    price: Money
    rate: Decimal
    on: date
    phone: Phone | None
    tags: tuple[str, ...]


class ProbePort(Port):
    room: ClassVar[str] = "probe"

    @staticmethod
    async def get_card(ctx: Ctx, *, card: Card) -> Card:
        """Answers what it was given."""
        raise NotImplementedError

    @staticmethod
    async def get_rate(ctx: Ctx, *, rate: Decimal) -> Decimal:
        raise NotImplementedError

    @staticmethod
    async def get_wrong(ctx: Ctx) -> Decimal:
        """Says Decimal and answers a float: the slip that the wire shows."""
        raise NotImplementedError

    @staticmethod
    async def refuse(ctx: Ctx) -> None:
        raise NotImplementedError

    @staticmethod
    async def count_items(ctx: Ctx) -> int:
        raise NotImplementedError

    @staticmethod
    async def who(ctx: Ctx) -> tuple[str, str]:
        """The room that answers and for whom."""
        raise NotImplementedError


class Answers:
    @staticmethod
    async def get_card(_ctx: Ctx, *, card: Card) -> Card:
        return card

    @staticmethod
    async def get_rate(_ctx: Ctx, *, rate: Decimal) -> Decimal:
        assert type(rate) is Decimal
        return rate

    @staticmethod
    async def get_wrong(_ctx: Ctx) -> object:
        return 0.1 + 0.2

    @staticmethod
    async def refuse(_ctx: Ctx) -> None:
        raise ProbeTaken("by a colleague", item="7")

    @staticmethod
    async def count_items(ctx: Ctx) -> int:
        return len(await list_items(ctx))

    @staticmethod
    async def who(ctx: Ctx) -> tuple[str, str]:
        return ctx.room, ctx.principal.label


async def add_item(
    ctx: Ctx, *, words: str, unit: int = 1, owner: int = 1, line: str = "retail", number: int = 1
) -> UUID:
    item_id = new_id()
    values = {"number": number, "unit": unit, "owner": owner, "line": line, "words": words}
    async with ctx.write() as tx:
        await tx.run(item.insert(), {"id": item_id, "version": 1, **values})
        tx.tell(Said("items", number))
        tx.audit("item_added", ids=[item_id], reason="a test")
    return item_id


async def list_items(ctx: Ctx) -> list[str]:
    async with ctx.read() as tx:
        return [row.words for row in await tx.all(select(item.c.words).order_by(item.c.words))]


async def count_up(ctx: Ctx, *, words: str) -> int:
    """Not idempotent by itself: every time counts."""
    statement = insert(done).values(words=words, times=1)
    statement = statement.on_conflict_do_update(index_elements=[done.c.words], set_={"times": done.c.times + 1})
    async with ctx.write() as tx:
        return await tx.value(statement.returning(done.c.times))


REFUSED: set[int] = set()
"""Numbers that echo cannot bear to hear."""


async def write_down(ctx: Ctx, said: Said) -> None:
    async with ctx.write() as tx:
        await tx.run(heard.insert(), {"key": said.topic, "number": said.number})
        if said.number in REFUSED:
            raise ValueError(f"number {said.number} is unbearable")


async def list_heard(ctx: Ctx) -> list[tuple[str, int]]:
    async with ctx.read() as tx:
        return [(row.key, row.number) for row in await tx.all(select(heard).order_by(heard.c.n))]


RIGHTS = {"1": ("probe.read", "probe.write"), "2": ("probe.read", "probe.write"), "3": ()}


class SignOnProbe(SignOn):
    """The token is the person's number; person n works in unit n."""

    room = "probe"

    @staticmethod
    async def resolve_session(ctx: Ctx, *, token: str) -> SignedOn:
        if token not in RIGHTS:
            return SignedOn(None, "unknown")
        number = int(token)
        scope = Scope(units=(number,), owner=number, lines=("retail",))
        return SignedOn(Principal(id=number, name=token, scope=scope, permissions=frozenset(RIGHTS[token])))


class Words(BaseModel):
    words: Annotated[ShortText, Field(max_length=50)]


class Counted(BaseModel):
    words: str
    times: int


router = Router("probe")
gate: dict[str, asyncio.Event] = {}
"""Words → what a request about them waits for, so that a test can hold one open."""


@router.post("/counts", permission="probe.write", data=Data.OWN, write=Write.KEY, status=201, raises=(ProbeTaken,))
async def post_count(ctx: Caller, body: Words) -> Counted:
    times = await count_up(ctx, words=body.words)
    if body.words in gate:
        await gate[body.words].wait()
    if body.words == "taken":
        raise ProbeTaken
    return Counted(words=body.words, times=times)


@router.post("/others", permission="probe.write", data=Data.OWN, write=Write.KEY, status=201)
async def post_other(ctx: Caller, body: Words) -> Counted:
    return Counted(words=body.words, times=await count_up(ctx, words=f"other {body.words}"))


@router.put("/items/{number}", permission="probe.write", data=Data.OWN, write=Write.VERSION, raises=(NotFound,))
async def put_item(_ctx: Caller, number: int, version: Version) -> Counted:
    return Counted(words=str(number), times=version)


@router.get("/items", permission="probe.read", data=Data.CUSTOMER)
async def get_items(ctx: Caller) -> list[str]:
    return await list_items(ctx)


@router.get("/breaks", permission=SIGNED_IN, data=Data.OWN)
async def break_down(_ctx: Caller) -> None:
    raise RuntimeError("13800138000 is a secret")


@router.get("/open", permission=PUBLIC, data=Data.HOUSE)
async def get_open(_ctx: Caller) -> Counted:
    return Counted(words="open", times=0)


@router.post("/try", permission=PUBLIC, data=Data.HOUSE, write=Write.HANDSHAKE)
async def try_in_vain(_ctx: Caller) -> Counted:
    return Counted(words="tried", times=0)


@router.get("/audited", permission="probe.read", data=Data.CUSTOMER)
async def get_audited(ctx: Caller) -> Counted:
    async with ctx.audited_read() as tx:
        times = await tx.value(text("select count(*) from probe.item"))
        tx.audit("items_counted", reason="asked")
    return Counted(words="items", times=times)


probe = Manifest(
    name="probe",
    storey=0,
    metadata=probe_tables,
    routers=(router,),
    port=ProbePort,
    answers=Answers(),
    provides=(SignOnProbe(),),
    permissions={"probe.read": (), "probe.write": ()},
)
echo = Manifest(name="echo", storey=1, metadata=echo_tables, reactions={Said: (write_down,)})
