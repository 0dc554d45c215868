"""Questions between rooms: for the same principal, never inside a transaction, the same in process and over a wire."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from haoyou.kernel.db.engine import open_transaction
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.masking import Phone
from haoyou.kernel.money import Money
from haoyou.kernel.port import PortInsideTransaction
from tests.kernel.conftest import person
from tests.kernel.rooms import Card, ProbePort, ProbeTaken, add_item

pytestmark = pytest.mark.house(running=False)
both = pytest.mark.parametrize("wire", [False, True])

CARD = Card(
    id=new_id(),
    price=Money(1_000_000_000_01, "CNY"),
    rate=Decimal("0.10"),
    on=date(2026, 11, 20),
    phone=Phone("13800138000"),
    tags=("甲", "b"),
)


@both
async def test_what_is_asked_arrives_whole(house: House) -> None:
    """The phone number too: between rooms it travels in clear, to a browser never."""
    ctx = house.service_ctx("echo")
    for card in (CARD, replace(CARD, phone=None, tags=())):
        answered = await ctx.port(ProbePort).get_card(ctx, card=card)
        assert answered == card
        assert type(answered.rate) is Decimal


@both
async def test_the_room_answers_for_the_same_person(house: House) -> None:
    ctx = replace(person(house, 7), room="echo")
    assert await ctx.port(ProbePort).who(ctx) == ("probe", "person:7")
    ctx = house.service_ctx("echo")
    assert await ctx.port(ProbePort).who(ctx) == ("probe", "service:echo")


@both
async def test_the_scope_goes_with_the_question(house: House) -> None:
    await add_item(house.service_ctx("probe"), words="mine", unit=1)
    await add_item(house.service_ctx("probe"), words="not mine", unit=2, owner=2)
    ctx = replace(person(house, 1, units=(1,)), room="echo")
    assert await ctx.port(ProbePort).count_items(ctx) == 1


@both
async def test_an_error_keeps_its_type_and_its_words(house: House) -> None:
    ctx = house.service_ctx("echo")
    with pytest.raises(ProbeTaken, match="by a colleague") as refused:
        await ctx.port(ProbePort).refuse(ctx)
    assert refused.value.data == {"item": "7"}
    assert refused.value.as_problem()["code"] == "probe.taken"


@both
@pytest.mark.parametrize("kind", ["read", "write", "audited_read"])
async def test_no_question_inside_a_transaction(house: House, kind: str) -> None:
    ctx = house.service_ctx("echo")
    with pytest.raises(PortInsideTransaction, match="echo asked probe inside a transaction"):
        async with getattr(ctx, kind)():
            await ctx.port(ProbePort).count_items(ctx)
    assert open_transaction.get() is None
    assert await ctx.port(ProbePort).count_items(ctx) == 0


@pytest.mark.parametrize("wire", [False])
async def test_in_one_process_a_slip_is_not_seen(house: House) -> None:
    ctx = house.service_ctx("echo")
    assert type(await ctx.port(ProbePort).get_wrong(ctx)) is float


@pytest.mark.parametrize("wire", [True])
async def test_over_the_wire_a_float_is_no_decimal(house: House) -> None:
    ctx = house.service_ctx("echo")
    with pytest.raises(PydanticSerializationError, match="decimal"):
        await ctx.port(ProbePort).get_wrong(ctx)
    with pytest.raises(PydanticSerializationError, match="decimal"):
        await ctx.port(ProbePort).get_rate(ctx, rate=0.30000000000000004)  # type: ignore[arg-type]
    assert await ctx.port(ProbePort).get_rate(ctx, rate=Decimal("0.3")) == Decimal("0.3")


@pytest.mark.parametrize("wire", [True])
async def test_over_the_wire_every_argument_is_named(house: House) -> None:
    ctx = house.service_ctx("echo")
    with pytest.raises(ValidationError, match="Field required"):
        await ctx.port(ProbePort).get_rate(ctx)  # type: ignore[call-arg]


async def test_a_second_write_in_one_use_case_is_a_mistake(house: House) -> None:
    ctx = house.service_ctx("probe")
    await add_item(ctx, words="one")
    with pytest.raises(AssertionError, match="a second write in one use case"):
        await add_item(ctx, words="two")


async def test_a_second_transaction_inside_the_first_is_a_mistake(house: House) -> None:
    ctx = house.service_ctx("probe")
    async with ctx.write():
        with pytest.raises(AssertionError, match="a second transaction in one use case"):
            async with house.service_ctx("probe").read():
                pass
