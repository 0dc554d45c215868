"""Sessions: opened by a password, ended by time and by what happens to the person, in every process within a second."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

import httpx
import pytest

from haoyou.centers.identity import rules, service, session
from haoyou.centers.identity.api.session import COOKIE
from haoyou.centers.identity.tests import factories
from haoyou.centers.identity.tests.factories import PASSWORD, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import HOST, Client
from haoyou.kernel.testing.clock import SetClock

MakeHouse = Callable[[], Awaitable[House]]
ME, SIGN_IN = "/api/identity/v1/me", "/api/identity/v1/sign-in"
RIGHTS_END_S = 1.0


@pytest.fixture
async def with_password(house: House, bank: Bank) -> None:
    for code in ("RM-O11", "ADMIN"):
        await session.set_password(house.service_ctx("identity"), code=code, password=PASSWORD)


async def sign_in(client: Client, login: str = "RM-O11", password: str = PASSWORD, **more: object) -> httpx.Response:
    return await client.post(SIGN_IN, json={"login": login, "password": password, **more}, key=None)


async def reason(client: Client) -> str:
    """Why this client's session has ended, as another process sees it; empty while it lives."""
    session.cache.forget_all()
    answer = await client.get(ME)
    if answer.status_code == 200:
        return ""
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.session_ended")
    return answer.json()["reason"]


@pytest.mark.usefixtures("with_password")
async def test_signing_in_opens_a_session_that_only_the_browser_can_carry(client: Client) -> None:
    answer = await sign_in(client)
    assert (answer.status_code, answer.json()["staff"]["code"]) == (200, "RM-O11")
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert flags == {"path=/", "secure", "httponly", "samesite=strict"}
    assert (await client.get(ME)).json() == answer.json()


@pytest.mark.usefixtures("with_password")
async def test_the_token_is_not_kept_where_it_could_be_stolen(client: Client, house: House) -> None:
    await sign_in(client)
    token = client.http.cookies[COOKIE]
    async with house.engine.connect() as connection:
        await connection.exec_driver_sql("select set_config('role', 'haoyou_identity', true)")
        (row,) = (await connection.exec_driver_sql("select s::text from identity.session s")).all()
    assert token not in row[0]
    assert len(token) >= 43


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    ("login", "password"), [("RM-O11", "wrong"), ("NOBODY", PASSWORD), ("RM-O12", PASSWORD), ("rm-o11", PASSWORD)]
)
async def test_a_wrong_password_and_an_unknown_person_look_the_same(client: Client, login: str, password: str) -> None:
    answer = await sign_in(client, login, password)
    assert answer.status_code == 401
    assert {name: answer.json()[name] for name in ("code", "title", "status")} == {
        "code": "identity.bad_credentials",
        "title": "The staff number or the password is wrong",
        "status": 401,
    }
    assert "set-cookie" not in answer.headers


@pytest.mark.usefixtures("with_password")
async def test_five_wrong_passwords_lock_the_account_and_only_that(client: Client, clock: SetClock) -> None:
    codes = [(await sign_in(client, password="wrong")).json()["code"] for _ in range(5)]
    assert codes == ["identity.bad_credentials"] * 4 + ["identity.locked"]
    right = await sign_in(client)
    assert (right.status_code, right.json()["code"], right.headers["retry-after"]) == (429, "identity.locked", "31")
    assert (await sign_in(client, "ADMIN")).status_code == 200

    await clock.advance(seconds=29)
    assert (await sign_in(client)).status_code == 429
    await clock.advance(seconds=1)
    assert (await sign_in(client, password="wrong")).json()["retry_after_s"] == 61  # doubled
    await clock.advance(seconds=60)
    assert (await sign_in(client)).status_code == 200
    assert (await sign_in(client, password="wrong")).json()[
        "code"
    ] == "identity.bad_credentials"  # counted from one again


@pytest.mark.usefixtures("with_password")
async def test_guesses_at_the_same_time_are_all_counted(client: Client) -> None:
    answers = await asyncio.gather(*(sign_in(client, password=f"wrong {n}") for n in range(8)))
    assert sorted({answer.status_code for answer in answers}) in ([401, 429], [429])
    assert (await sign_in(client)).json()["code"] == "identity.locked"


@pytest.mark.usefixtures("with_password")
async def test_a_right_guess_among_wrong_ones_does_not_slip_through(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them looked before any was counted; the right one must look again."""
    hold = asyncio.Event()
    verify = session.verify_password

    async def verify_late(password_hash: str | None, password: str) -> bool:
        good = await verify(password_hash, password)
        if good:
            await hold.wait()
        return good

    monkeypatch.setattr(session, "verify_password", verify_late)

    def guess(password: str) -> Awaitable[object]:
        ctx = house.ctx("identity", house.service_ctx("identity").principal)
        return session.sign_in(ctx, login="RM-O11", password=password, post_id=None, device="desktop")

    right = asyncio.ensure_future(guess(PASSWORD))
    for n in range(5):
        with pytest.raises((rules.BadCredentials, rules.AccountLocked)):
            await guess(f"wrong {n}")
    hold.set()
    with pytest.raises(rules.AccountLocked):
        await right


async def test_a_session_ends_after_fifteen_idle_minutes(client: Client, bank: Bank, clock: SetClock) -> None:
    one = client.as_staff("RM-O11")
    assert await reason(one) == ""
    await clock.advance(minutes=15)
    assert await reason(one) == ""  # to the second; and it was seen just now
    await clock.advance(minutes=14, seconds=59)
    assert await reason(one) == ""
    await clock.advance(minutes=15, seconds=1)
    assert await reason(one) == "idle"


async def test_a_session_ends_after_twelve_hours_however_busy(client: Client, bank: Bank, clock: SetClock) -> None:
    one = client.as_staff("RM-O11")
    for _ in range(12 * 6):
        assert await reason(one) == ""
        await clock.advance(minutes=10)
    assert await reason(one) == ""
    await clock.advance(seconds=1)
    assert await reason(one) == "absolute"


PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0"


async def sign_in_with(client: Client, agent: str, login: str = "RM-O11") -> Client:
    one = client.as_staff(None)
    body = {"login": login, "password": PASSWORD}
    answer = await one.post(SIGN_IN, json=body, key=None, headers={"User-Agent": agent})
    assert answer.status_code == 200, answer.text
    return one


@pytest.mark.usefixtures("with_password")
async def test_a_second_phone_ends_the_session_on_the_first_and_on_nothing_else(client: Client) -> None:
    desk = await sign_in_with(client, DESKTOP)
    other = await sign_in_with(client, PHONE, login="ADMIN")
    programs = [await sign_in_with(client, "python-httpx/0.28") for _ in range(2)]
    first = await sign_in_with(client, PHONE)
    second = await sign_in_with(client, PHONE)
    assert (await reason(first), await reason(second)) == ("replaced", "")
    assert [await reason(one) for one in (desk, other, *programs)] == ["", "", "", ""]


@pytest.mark.usefixtures("with_password")
@pytest.mark.house(session_one_per_device=False)
async def test_a_bank_may_let_sessions_be_side_by_side(client: Client) -> None:
    first, second = await sign_in_with(client, PHONE), await sign_in_with(client, PHONE)
    assert (await reason(first), await reason(second)) == ("", "")


async def test_a_tablet_that_is_passed_on_ends_its_session_after_five_minutes(
    client: Client, house: House, bank: Bank, clock: SetClock
) -> None:
    tablet = client.as_staff(None)
    token = await factories.open_session(house, code="LM-O11", device="tablet")
    tablet.http.cookies.set(COOKIE, token, domain=HOST)
    await clock.advance(minutes=5)
    assert await reason(tablet) == ""
    await clock.advance(minutes=5, seconds=1)
    assert await reason(tablet) == "idle"


async def next_event(stream: AsyncGenerator[str]) -> str:
    async with asyncio.timeout(RIGHTS_END_S):
        return await anext(stream, "over")


@pytest.mark.parametrize("end", ["signed out elsewhere", "left", "idle"])
async def test_a_stream_ends_within_a_second_after_its_session(
    client: Client, make_house: MakeHouse, house: House, bank: Bank, clock: SetClock, end: str
) -> None:
    """The session ends in one process, the browser listens to another."""
    listening = await make_house()
    _, session_id = await factories.open_named_session(house, code="RM-O11")
    _, kept_id = await factories.open_named_session(house, code="RM-O12")
    mine = listening.hub.stream(bank.staff["RM-O11"], None, session_id=session_id)
    theirs = listening.hub.stream(bank.staff["RM-O12"], None, session_id=kept_id)
    assert "welcome" in await next_event(mine)
    assert "welcome" in await next_event(theirs)
    match end:
        case "left":
            path = f"/api/identity/v1/staff/{bank.staff['RM-O11']}/leave"
            assert (await client.as_staff("ADMIN").post(path, json={"reason": "gone away"})).status_code == 200
        case "idle":
            await clock.advance(minutes=15, seconds=1)
        case _:
            path = f"/api/identity/v1/sessions/{session_id}"
            assert (await client.as_staff("RM-O11").delete(path, key=None)).status_code == 204
    said = [await next_event(mine)]  # hints of what happened before may come first
    while said[-1] != "over":
        said.append(await next_event(mine))
    assert '{"keys": ["me"]}' in said[-2]  # the browser asks who it is, and is told why it is nobody
    await theirs.aclose()


@pytest.mark.parametrize("act", ["leave", "move"])
async def test_who_asks_who_they_are_just_after_is_told_that_and_why(
    client: Client, elsewhere: Client, house: House, bank: Bank, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process remembers the session for half a second; the post behind it is gone at once."""
    monkeypatch.setattr(session.SessionCache, "forget_all", lambda _: None)
    token, _ = await factories.open_named_session(house, code="RM-O11")
    elsewhere.http.cookies.set(COOKIE, token, domain=HOST)
    me = (await elsewhere.get(ME)).json()
    body: dict[str, object] = {"reason": "gone away"}
    if act == "move":
        body = {"post_id": me["post"]["id"], "institution_id": bank.institutions["O12"]}
    path = f"/api/identity/v1/staff/{bank.staff['RM-O11']}/{act}"
    assert (await client.as_staff("ADMIN").post(path, json=body)).status_code == 200
    answer = await elsewhere.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.session_ended")
    assert answer.json()["reason"] == {"leave": "left", "move": "moved"}[act]


async def test_signing_out_ends_this_session_and_no_other(client: Client, bank: Bank) -> None:
    here, there = client.as_staff("RM-O11"), client.as_staff("RM-O11")
    assert (await reason(here), await reason(there)) == ("", "")
    kept = here.http.cookies[COOKIE]
    answer = await here.post("/api/identity/v1/sign-out", key=None)
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await here.get(ME)).json()["code"] == "unauthenticated"
    here.http.cookies.set(COOKIE, kept, domain=HOST)  # somebody kept the cookie
    assert (await reason(here), await reason(there)) == ("signed_out", "")


async def test_one_may_end_ones_own_sessions_and_no_one_elses(client: Client, bank: Bank) -> None:
    here, there, other = client.as_staff("RM-O11"), client.as_staff("RM-O11"), client.as_staff("RM-O12")
    for one in (here, there, other):
        await reason(one)
    listed = (await here.get("/api/identity/v1/sessions")).json()["items"]
    assert sorted(one["current"] for one in listed) == [False, True]
    (elsewhere,) = [one["id"] for one in listed if not one["current"]]
    assert (await other.delete(f"/api/identity/v1/sessions/{elsewhere}", key=None)).status_code == 404
    assert await reason(there) == ""
    assert (await here.delete(f"/api/identity/v1/sessions/{elsewhere}", key=None)).status_code == 204
    assert (await reason(here), await reason(there), await reason(other)) == ("", "signed_out", "")
    assert (await here.delete(f"/api/identity/v1/sessions/{elsewhere}", key=None)).status_code == 404


@pytest.mark.usefixtures("with_password")
async def test_a_new_password_ends_my_other_sessions(client: Client) -> None:
    here, there = client.as_staff(None), client.as_staff("RM-O11")
    await sign_in(here)
    assert await reason(there) == ""
    change = {"current": PASSWORD, "new": "another long password"}
    assert (await here.post("/api/identity/v1/password", json=change, key=None)).status_code == 204
    assert (await reason(here), await reason(there)) == ("", "signed_out")
    assert (await sign_in(client)).status_code == 401
    assert (await sign_in(client, password="another long password")).status_code == 200


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    ("current", "new", "status", "code"),
    [
        ("wrong", "another long password", 401, "identity.bad_credentials"),
        (PASSWORD, "short", 422, "invalid"),
        (PASSWORD, "", 422, "invalid"),
    ],
)
async def test_a_password_that_may_not_be_changed(
    client: Client, current: str, new: str, status: int, code: str
) -> None:
    await sign_in(client)
    answer = await client.post("/api/identity/v1/password", json={"current": current, "new": new}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await sign_in(client.as_staff(None))).status_code == 200


@pytest.fixture
async def elsewhere(
    make_house: Callable[[], Awaitable[House]], client_of: Callable[[House], Client], house: House
) -> Client:
    """A browser that reaches another process of the same house, which shares no memory with the first."""
    return client_of(await make_house())


@pytest.mark.parametrize("act", ["leave", "move"])
async def test_rights_end_in_every_process_within_a_second(
    client: Client, elsewhere: Client, house: House, bank: Bank, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process is not told, it forgets by itself; so nobody here may clear the memory that the two share."""
    monkeypatch.setattr(session.SessionCache, "forget_all", lambda _: None)
    token, _ = await factories.open_named_session(house, code="RM-O11")
    elsewhere.http.cookies.set(COOKIE, token, domain=HOST)
    me = (await elsewhere.get(ME)).json()
    admin, staff = client.as_staff("ADMIN"), bank.staff["RM-O11"]
    body: dict[str, object] = {"reason": "gone away"}
    if act == "move":
        body = {"post_id": me["post"]["id"], "institution_id": bank.institutions["O12"]}
    answer = await admin.post(f"/api/identity/v1/staff/{staff}/{act}", json=body)
    assert answer.status_code == 200, answer.text
    acted = time.monotonic()
    while (answer := await elsewhere.get("/api/identity/v1/institutions")).status_code == 200:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert time.monotonic() - acted <= RIGHTS_END_S
    assert answer.status_code == 401, answer.text
    assert answer.json()["reason"] == {"leave": "left", "move": "moved"}[act]


async def test_the_memory_of_sessions_is_short_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert session.CACHE_S <= RIGHTS_END_S / 2
    monkeypatch.setattr(session, "CACHE_MAX", 3)
    cache = session.SessionCache()
    for n in range(10):
        cache.put(str(n), session.SignedOn(None))
        assert len([one for one in range(10) if cache.get(str(one))]) <= 3
        assert cache.get(str(n)) == session.SignedOn(None)


async def test_acting_in_another_post_changes_what_one_sees(client: Client, house: House, bank: Bank) -> None:
    staff = bank.staff["RM-O11"]
    second = await factories.give_post(house, staff=staff, institution=bank.institutions["B2"], role="branch_manager")
    one = client.as_staff("RM-O11")
    me = (await one.get(ME)).json()
    assert (me["role"]["code"], [post["id"] for post in me["posts"]]) == (
        "relationship_manager",
        [me["post"]["id"], second],
    )
    switched = (await one.post("/api/identity/v1/post", json={"post_id": second}, key=None)).json()
    assert (switched["role"]["code"], switched["post"]["institution"]["code"]) == ("branch_manager", "B2")
    assert "identity.staff.read" in switched["permissions"]
    below = (await one.get("/api/identity/v1/institutions")).json()["items"]
    assert sorted(place["code"] for place in below) == ["B2", "O21"]
    back = (await one.post("/api/identity/v1/post", json={"post_id": me["post"]["id"]}, key=None)).json()
    assert "identity.staff.read" not in back["permissions"]  # rights of two posts never add up


async def test_nobody_acts_in_a_post_that_is_not_theirs(client: Client, house: House, bank: Bank) -> None:
    boss = await factories.give_post(
        house, staff=bank.staff["HO"], institution=bank.institutions["HO"], role="administrator"
    )
    one = client.as_staff("RM-O11")
    for post in (boss, 2_000_000_000):
        answer = await one.post("/api/identity/v1/post", json={"post_id": post}, key=None)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    session.cache.forget_all()
    assert (await one.get(ME)).json()["role"]["code"] == "relationship_manager"


@pytest.mark.usefixtures("with_password")
async def test_one_may_choose_the_post_when_signing_in(client: Client, house: House, bank: Bank) -> None:
    second = await factories.give_post(
        house, staff=bank.staff["RM-O11"], institution=bank.institutions["O21"], role="lobby_manager"
    )
    assert (await sign_in(client, post_id=second)).json()["role"]["code"] == "lobby_manager"
    theirs = (await service.get_me(house.ctx("identity", (await _principal(house, "HO"))))).post.id
    assert (await sign_in(client, post_id=theirs)).status_code == 401


async def _principal(house: House, code: str):  # type: ignore[no-untyped-def]
    token = await factories.open_session(house, code=code)
    signed_on = await session.resolve(house.service_ctx("identity"), token=token)
    assert signed_on.principal
    return signed_on.principal
