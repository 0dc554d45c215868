"""Opportunities as people read them: lists, one card, the customer's page, and who sees what."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import true

from haoyou.centers.customers.contract import Card, Part, PartLine, ProfilePart
from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.marketing import store, wording
from haoyou.centers.marketing.rules import Facts
from haoyou.centers.marketing.tests.factories import BANK_DATE, day, id_of, inflow_figures, signal, tell_signals
from haoyou.kernel.house import House
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.testing.client import Client

Settle = Callable[[], Awaitable[None]]
PATH = "/api/marketing/v1/opportunities"


@pytest.fixture
async def raised(house: House, cards: dict[str, Card], settle: Settle) -> dict[str, UUID]:
    """One opportunity of each customer (two of C1), by transaction."""
    signals = [
        signal(cards["C1"], "T1", bank_date=day(-1)),
        signal(cards["C1"], "T1b"),
        signal(cards["C2"], "T2"),
        signal(cards["C3"], "T3"),
        signal(cards["C4"], "T4"),
        signal(cards["C5"], "T5"),
        signal(cards["K1"], "TK"),
    ]
    await tell_signals(house, *signals)
    await settle()
    return {one.raised_by: id_of(one) for one in signals}


async def numbers(client: Client, code: str, **params: str) -> list[str]:
    answer = await client.as_staff(code).get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    return sorted(one["customer"]["number"] for one in answer.json()["items"])


@pytest.mark.usefixtures("raised")
async def test_everybody_sees_the_opportunities_of_their_own_customers(client: Client) -> None:
    expected = {
        "RM-O11": ["C1", "C1", "C4"],
        "RM2-O11": [],
        "RM-O12": ["C5"],
        "RM-O21": ["C3", "C4"],
        "RMC-O11": ["K1"],
        "LM-O11": ["C1", "C1", "C2", "C4"],
        "BM-B1": ["C1", "C1", "C2", "C4", "C5", "K1"],
        "BM-B2": ["C3"],
        "HO": ["C1", "C1", "C2", "C3", "C4", "C5", "K1"],
    }
    assert {code: await numbers(client, code) for code in expected} == expected


@pytest.mark.usefixtures("raised")
async def test_the_list_by_status(client: Client) -> None:
    assert await numbers(client, "RM-O11", status="open") == ["C1", "C4"]
    assert await numbers(client, "RM-O11", status="suppressed") == ["C1"]
    assert await numbers(client, "RM-O11", status="contacted") == []
    assert await numbers(client, "BM-B1", status="suppressed") == ["C1", "C2"]


async def test_pages_follow_each_other_without_a_gap(client: Client, raised: dict[str, UUID]) -> None:
    mine = client.as_staff("HO")
    seen: list[tuple[str, str]] = []
    after: str | None = None
    sizes: list[int] = []
    for _ in range(4):
        params = {"limit": "2"} | ({"after": after} if after else {})
        page = (await mine.get(PATH, params=params)).json()
        seen += [(one["raised_on"], one["id"]) for one in page["items"]]
        sizes.append(len(page["items"]))
        after = page["next"]
    assert (sizes, after) == ([2, 2, 2, 1], None)
    today = sorted(str(raised[one]) for one in ("T1b", "T2", "T3", "T4", "T5", "TK"))
    assert seen == [*(("2026-11-20", one) for one in today), ("2026-11-19", str(raised["T1"]))]


def line(card: Card, opportunity_id: UUID) -> dict[str, Any]:
    return {
        "id": str(opportunity_id),
        "customer": {"id": str(card.id), "name": card.name, "number": card.code},
        "rule": {"code": "large_inflow", "version": 1, "name": {"zh": "大额资金流入", "en": "Large inflow"}},
        "need": {"zh": "资金承接", "en": "Keep the money with us"},
        "why": {
            "zh": "入账 ¥32,000.00，约为近半年单笔平均的 5.2 倍",
            "en": "¥32,000.00 came in, about 5.2 times the average credit of the last half year",
        },
        "value": {"minor": 3_200_000, "currency": "CNY"},
        "status": "open",
        "raised_on": "2026-11-20",
        "expires_on": "2026-12-20",
        "last_outcome": None,
        "result": None,
    }


async def test_a_line_and_its_card(client: Client, bank: Bank, cards: dict[str, Card], raised: dict[str, UUID]) -> None:
    mine = client.as_staff("RM-O12")
    expected = line(cards["C5"], raised["T5"])
    assert (await mine.get(PATH)).json() == {"items": [expected], "next": None}
    answer = await mine.get(f"{PATH}/{raised['T5']}")
    text = wording.RULES["large_inflow", 1]
    assert (answer.status_code, answer.json()) == (
        200,
        expected
        | {
            "evidence": [
                _evidence("入账金额", "Amount that came in", "¥32,000.00", "money", 3_200_000),
                _evidence("入账日期", "Date", "2026-11-20", "date"),
                _evidence(
                    "近 180 天平均每笔入账", "Average credit of the last 180 days", "¥6,083.33", "money", 608_333
                ),
                _evidence("近 180 天入账笔数", "Credits in the last 180 days", "6", "number"),
                _evidence("入账前余额", "Balance before", "¥1,234.56", "money", 123_456),
            ],
            "script": {"zh": text.script.zh, "en": text.script.en},
            "product": {"code": "TERM-3M", "name": {"zh": "三个月定期存款", "en": "Three-month term deposit"}},
            "manager": {"id": bank.staff["RM-O12"], "name": "员工RM-O12"},
            "institution": {"id": bank.institutions["O12"], "name": {"zh": "一二网点", "en": "Outlet one two"}},
            "customer_card": {
                "phone_masked": "138****0005",
                "tier": "plain",
                "aum": {"minor": 0, "currency": "CNY"},
            },
            "contacts": [],
            "suppressed_reason": None,
            "version": 1,
            "draft": None,
            "decision": {
                "score": 1350,
                "factors": [
                    {"code": "propensity", "figure": "30.0%"},
                    {"code": "tier", "figure": "×1.00"},
                    {"code": "time", "figure": "×1.00"},
                    {"code": "value", "figure": "×4.50"},
                    {"code": "lever", "figure": "×1.00"},
                ],
            },
            "outscored_by": None,
        },
    )


def _evidence(zh: str, en: str, value: str, kind: str, minor: int | None = None) -> dict[str, Any]:
    money = None if minor is None else {"minor": minor, "currency": "CNY"}
    return {"label": {"zh": zh, "en": en}, "value": value, "kind": kind, "money": money}


async def test_a_suppressed_card_says_why(client: Client, raised: dict[str, UUID]) -> None:
    answer = (await client.as_staff("BM-B1").get(f"{PATH}/{raised['T2']}")).json()
    assert (answer["status"], answer["suppressed_reason"], answer["manager"]) == ("suppressed", "no_manager", None)


async def test_a_stranger_finds_nothing(client: Client, raised: dict[str, UUID]) -> None:
    for code in ("RM2-O11", "RM-O12", "RM-O21", "RMC-O11", "BM-B2", "LM-O21"):
        answer = await client.as_staff(code).get(f"{PATH}/{raised['T1b']}")
        assert (code, answer.status_code, answer.json()["code"]) == (code, 404, "not_found")


async def test_who_assists_sees_the_card(client: Client, raised: dict[str, UUID]) -> None:
    assert (await client.as_staff("RM-O21").get(f"{PATH}/{raised['T4']}")).status_code == 200


async def test_nobody_is_told_to_sign_in(client: Client, raised: dict[str, UUID]) -> None:
    for path in (PATH, f"{PATH}/{raised['T1']}", "/api/marketing/v1/results"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_what_a_post_may_not_do(client: Client, raised: dict[str, UUID]) -> None:
    card = f"{PATH}/{raised['T1b']}"
    for code, method, path in (
        ("ADMIN", "GET", PATH),
        ("ADMIN", "GET", card),
        ("LM-O11", "POST", f"{card}/contacts"),
        ("LM-O11", "POST", f"{card}/reservations"),
        ("LM-O11", "PUT", f"{card}/draft"),
        ("LM-O11", "GET", f"{card}/draft"),
        ("LM-O11", "GET", "/api/marketing/v1/results"),
        ("HO", "POST", f"{card}/contacts"),
    ):
        answer = await client.as_staff(code).send(method, path, version=0)
        assert (code, path, answer.status_code, answer.json()["code"]) == (code, path, 403, "forbidden")


@pytest.mark.usefixtures("cards")
async def test_a_list_asked_for_badly(client: Client) -> None:
    mine = client.as_staff("RM-O11")
    cursors = ("!", "eA==", "WzEsMl0=", "W251bGwsIG51bGxd")  # no alphabet, no JSON, no date, nulls
    asked = [
        ("status", "lost"),
        ("status", "control"),
        ("rule", "luck"),
        ("limit", "0"),
        ("limit", "101"),
        *(("after", one) for one in cursors),
    ]
    for field, value in asked:
        answer = await mine.get(PATH, params={field: value})
        faults = [one["field"] for one in answer.json()["errors"]]
        assert (value, answer.status_code, answer.json()["code"], faults) == (value, 422, "invalid", [field])


async def test_an_id_that_is_none(client: Client, cards: dict[str, Card]) -> None:
    mine = client.as_staff("RM-O11")
    assert (await mine.get(f"{PATH}/nonsense")).status_code == 422
    assert (await mine.get(f"{PATH}/{UUID(int=1)}")).status_code == 404


def person(staff: int) -> Principal:
    return Principal(id=staff, name="", scope=Scope(owner=staff, lines=("retail",)))


async def test_the_customers_page_shows_its_opportunities(
    house: House, bank: Bank, cards: dict[str, Card], raised: dict[str, UUID]
) -> None:
    (part,) = [one for one in house.provided(ProfilePart) if one.room == "marketing"]
    mine = house.ctx("customers", person(bank.staff["RM-O11"]))
    line = PartLine(
        id=str(raised["T4"]),
        title=Name("资金承接", "Keep the money with us"),
        detail=wording.RULES["large_inflow", 1].why(Money(3_200_000, "CNY"), Facts(inflow_figures())),
        status="open",
        on=BANK_DATE,
        amount=Money(3_200_000, "CNY"),
    )
    assert await part.get_part(mine, customer_no=cards["C4"].no) == Part("opportunities", (line,))
    assert len((await part.get_part(mine, customer_no=cards["C1"].no)).lines) == 1  # the suppressed one is no line
    stranger = house.ctx("customers", person(bank.staff["RM-O12"]))
    assert await part.get_part(stranger, customer_no=cards["C4"].no) == Part("opportunities", ())


async def test_row_level_security_holds_where_a_filter_is_forgotten(
    client: Client, raised: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "narrow", lambda *_scope, **_columns: true())
    expected = {"RM-O11": ["C1", "C1", "C4"], "RM2-O11": [], "RMC-O11": ["K1"], "BM-B2": ["C3"]}
    assert {code: await numbers(client, code) for code in expected} == expected
    stranger = await client.as_staff("RM2-O11").get(f"{PATH}/{raised['T1b']}")
    assert stranger.status_code == 404
