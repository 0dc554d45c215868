"""Names are asked for by every page: asked again they cost nothing, changed here they are new at once."""

from haoyou.centers.identity import contract, naming
from haoyou.centers.identity.contract import IdentityPort, StaffRow
from haoyou.centers.identity.tests.factories import Bank
from haoyou.kernel.db.engine import statements
from haoyou.kernel.house import House


async def ask(house: House, *ids: int) -> tuple[tuple[contract.StaffCard, ...], int]:
    """The cards, and how many statements they cost."""
    counter = [0]
    token = statements.set(counter)
    try:
        return await house.ports.open(IdentityPort).list_staff(house.service_ctx("tasks"), ids=ids), counter[0]
    finally:
        statements.reset(token)


async def test_names_asked_again_cost_nothing(house: House, bank: Bank) -> None:
    one, two = bank.staff["RM-O11"], bank.staff["BM-B1"]
    naming.forget(house)
    first, cost = await ask(house, one)
    assert [card.code for card in first] == ["RM-O11"]
    assert cost > 0
    assert await ask(house, one) == (first, 0)
    both, cost_of_both = await ask(house, two, one, 2_000_000_000)
    assert {card.code for card in both} == {"RM-O11", "BM-B1"}
    assert cost_of_both == cost


async def test_a_name_changed_here_is_new_at_once(house: House, bank: Bank) -> None:
    number = bank.staff["RM-O11"]
    await ask(house, number)
    row = StaffRow("RM-O11", "新名字", "O11", "relationship_manager", ("retail",), None)
    await house.ports.open(IdentityPort).apply_staff(house.service_ctx("backoffice"), rows=(row,))
    ((card,), _) = await ask(house, number)
    assert card.name == "新名字"
