"""The way through the single sign-on: one attempt, one browser, once; and an answer in time, whatever the line does."""

import asyncio
import time
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from demobank.sign_on import DISCOVERY, KEYS, TOKEN, Fault, Key, Provider
from haoyou.centers.identity import session
from haoyou.centers.identity.api.session import COOKIE
from haoyou.centers.identity.oidc import line, sign_on
from haoyou.centers.identity.oidc.configuration import Misconfigured, read_configuration
from haoyou.centers.identity.tests.factories import PASSWORD, Bank
from haoyou.kernel.house import House
from haoyou.kernel.settings import Settings
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock
from tests.signon.conftest import BEGIN, FINISH, Attempt

WAYS, ME, SIGN_IN = "/api/identity/v1/sign-in/ways", "/api/identity/v1/me", "/api/identity/v1/sign-in"
OVER = (401, "identity.sign_on_over")
REFUSED = (401, "identity.sign_on_refused")
DOWN = (503, "identity.provider_unavailable")
Configure = Callable[..., None]

pytestmark = pytest.mark.house(running=False)


def said(answer) -> tuple[int, str]:
    assert COOKIE + "=" not in answer.headers.get("set-cookie", "")
    return answer.status_code, answer.json()["code"]


async def test_nothing_configured_nothing_there(client: Client, bank: Bank) -> None:
    assert (await client.get(WAYS)).json() == {"password": "anybody", "single_sign_on": None}
    assert said(await client.post(BEGIN, json={}, key=None)) == (404, "not_found")
    assert said(await client.post(FINISH, json={"state": "x", "code": "y"}, key=None)) == (404, "not_found")


async def test_one_way_through_and_what_the_browser_holds(attempt: Attempt, client: Client) -> None:
    query = await attempt.begin("/customers?view=mine")
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert {"state", "nonce", "code_challenge"} < query.keys()
    assert "prompt" not in query
    answer = await attempt.finish(attempt.admit(query))
    assert (answer.status_code, answer.json()["return_to"]) == (200, "/customers?view=mine")
    assert answer.json()["me"] == (await client.get(ME)).json()
    assert answer.json()["me"]["staff"]["code"] == "RM-O11"
    (opened,) = answer.headers.get_list("set-cookie")
    flags = {part.strip().lower() for part in opened.split(";")[1:]}
    assert opened.startswith(f"{COOKIE}=")
    assert flags == {"path=/", "secure", "httponly", "samesite=strict"}
    for word in ("access_token", "id_token", "eyJ"):  # no token of the provider reaches the browser
        assert word not in answer.text


async def test_a_state_is_worth_one_answer(attempt: Attempt) -> None:
    returned = attempt.admit(await attempt.begin())
    answers = await asyncio.gather(*(attempt.finish(returned) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [401] * 7
    assert said(await attempt.finish(returned)) == OVER
    assert attempt.provider.asked[TOKEN] == 1


async def test_a_failed_answer_spends_the_state_as_well(attempt: Attempt) -> None:
    query = await attempt.begin()
    assert said(await attempt.finish({"state": query["state"], "code": "guessed"})) == REFUSED
    assert said(await attempt.finish(attempt.admit(query))) == OVER


async def test_a_state_belongs_to_the_browser_that_began(attempt: Attempt, client: Client) -> None:
    returned = attempt.admit(await attempt.begin())
    thief = Attempt(client.as_staff(None), attempt.provider)
    assert said(await thief.finish(returned)) == OVER  # a link sent to somebody else opens nothing
    await thief.begin()  # a browser with an attempt of its own
    assert said(await thief.finish(returned)) == OVER
    assert attempt.provider.asked[TOKEN] == 0
    assert (await attempt.finish(returned)).status_code == 200  # and takes nothing from whose it is


async def test_a_code_and_an_answer_belong_to_their_attempt(attempt: Attempt) -> None:
    first, second = attempt.admit(await attempt.begin()), attempt.admit(await attempt.begin())
    assert said(await attempt.finish({**second, "code": first["code"]})) == REFUSED  # PKCE: made for another verifier
    returned = attempt.admit(await attempt.begin())
    assert (await attempt.finish(returned)).status_code == 200
    again = await attempt.begin()
    assert said(await attempt.finish({**returned, "state": again["state"]})) == REFUSED  # a code is good once
    for wrong in ({"iss": "https://elsewhere.example"}, {"iss": None}):  # a mix-up of providers
        assert said(await attempt.finish({**attempt.admit(await attempt.begin()), **wrong})) == REFUSED
    cancelled = {"state": (await attempt.begin())["state"], "error": "access_denied", "iss": attempt.provider.issuer}
    assert said(await attempt.finish(cancelled)) == REFUSED


async def test_two_tabs_of_one_browser(attempt: Attempt) -> None:
    one, other = await attempt.begin("/a"), await attempt.begin("/b")
    assert (await attempt.finish(attempt.admit(one))).json()["return_to"] == "/a"
    assert (await attempt.finish(attempt.admit(other))).json()["return_to"] == "/b"


async def test_an_attempt_lasts_ten_minutes_and_there_is_room_for_so_many(
    attempt: Attempt, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = await attempt.begin()
    await clock.advance(seconds=sign_on.FLOW_S)
    assert (await attempt.finish(attempt.admit(query))).status_code == 200
    query = await attempt.begin()
    await clock.advance(seconds=sign_on.FLOW_S + 1)
    assert said(await attempt.finish(attempt.admit(query))) == OVER
    monkeypatch.setattr(sign_on, "FLOWS_MAX", 2)
    begun = []
    for _ in range(3):
        begun.append(await attempt.begin())
        await clock.advance(seconds=1)
    answers = [(await attempt.finish(attempt.admit(one))).status_code for one in begun]
    assert answers == [401, 200, 200]  # the oldest made room


FOREIGN = (
    "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "elsewhere", "", "/a\\b", "/a b",
    "/\t/elsewhere.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y", "/" + "a" * 500,
)  # fmt: skip


async def test_the_way_back_is_a_path_of_this_house(attempt: Attempt) -> None:
    answers = [await attempt.client.post(BEGIN, json={"return_to": path}, key=None) for path in FOREIGN]
    assert [said(one) for one in answers] == [(422, "invalid")] * len(FOREIGN)


async def test_only_who_is_known_here_and_may_work(attempt: Attempt, house: House, bank: Bank, clock: SetClock) -> None:
    assert said(await attempt.run("STRANGER")) == (403, "identity.not_known_here")
    assert said(await attempt.run("rm-o11")) == (403, "identity.not_known_here")  # to the letter
    admin = attempt.client.as_staff("ADMIN")
    lock = f"/api/identity/v1/staff/{bank.staff['RM-O11']}/lock"
    assert (await admin.put(lock, json={"locked": True, "reason": "离岗"})).status_code == 200
    assert said(await attempt.run()) == (403, "identity.disabled")
    leave = f"/api/identity/v1/staff/{bank.staff['RM-O12']}/leave"
    assert (await admin.post(leave, json={"reason": "离职手续"})).status_code == 200
    assert said(await attempt.run("RM-O12")) == (403, "identity.not_known_here")
    assert (await attempt.run("RM-O21")).json()["me"]["staff"]["code"] == "RM-O21"


async def test_wrong_passwords_lock_this_door_too(attempt: Attempt, clock: SetClock) -> None:
    for _ in range(5):
        await attempt.client.post(SIGN_IN, json={"login": "RM-O11", "password": "wrong"}, key=None)
    assert said(await attempt.run()) == (429, "identity.locked")
    await clock.advance(seconds=31)
    assert (await attempt.run()).status_code == 200


async def test_one_device_of_a_kind_and_no_password_to_change(
    attempt: Attempt, client: Client, house: House, bank: Bank
) -> None:
    """The session is the one a password would have opened, but for the password."""
    reset = f"/api/identity/v1/staff/{bank.staff['RM-O11']}/password"
    assert (await client.as_staff("ADMIN").post(reset, json={}, key=None)).status_code == 200
    browser = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0)"}
    attempt.client.http.headers.update(browser)
    before = await attempt.run()
    assert before.json()["me"]["must_change_password"] is False  # the one-time password was not what opened it
    assert "customers.read" in before.json()["me"]["permissions"]
    other = Attempt(client.as_staff(None), attempt.provider)
    other.client.http.headers.update(browser)
    assert (await other.run()).status_code == 200
    session.cache.forget_all()
    ended = await attempt.client.get(ME)
    assert (ended.status_code, ended.json()["reason"]) == (401, "replaced")


async def test_a_tablet_that_passes_from_hand_to_hand_asks_again(attempt: Attempt) -> None:
    attempt.client.http.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 15)"
    assert (await attempt.begin())["prompt"] == "login"


async def test_passwords_can_be_switched_off_but_for_one(
    attempt: Attempt, house: House, configure: Configure, bank: Bank
) -> None:
    for code in ("RM-O11", "ADMIN"):
        await session.set_password(house.service_ctx("identity"), code=code, password=PASSWORD)
    configure(password_sign_in=False)
    assert (await attempt.client.get(WAYS)).json()["password"] == "nobody"
    configure(break_glass_login="ADMIN")
    assert (await attempt.client.get(WAYS)).json()["password"] == "reserved"
    for login in ("RM-O11", "STRANGER"):
        tried = await attempt.client.post(SIGN_IN, json={"login": login, "password": PASSWORD}, key=None)
        assert said(tried) == (403, "identity.password_off")
    entered = await attempt.run()
    assert entered.json()["me"]["password_sign_in"] is False
    change = {"current": PASSWORD, "new": "another long password"}
    assert said(await attempt.client.post("/api/identity/v1/password", json=change)) == (403, "identity.password_off")
    glass = await attempt.client.post(SIGN_IN, json={"login": "ADMIN", "password": PASSWORD}, key=None)
    assert (glass.status_code, glass.json()["password_sign_in"]) == (200, True)


@pytest.mark.parametrize("door", [DISCOVERY, KEYS, TOKEN])
async def test_a_provider_that_fails_is_said_to_fail_in_time(
    attempt: Attempt, provider: Provider, clock: SetClock, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    monkeypatch.setattr(line, "TOTAL_S", 0.5)
    faults: tuple[Fault, ...] = ("down", "slow", "garbage", "huge", "redirect", "not-an-object")
    for fault in faults:
        await clock.advance(hours=2)  # nothing is remembered any more
        provider.faults = {door: fault}
        began = time.monotonic()
        if door == DISCOVERY:
            answer = await attempt.client.post(BEGIN, json={}, key=None)
        else:
            answer = await attempt.run()
        assert time.monotonic() - began < 5
        told = REFUSED if door == TOKEN and fault in ("redirect", "not-an-object") else DOWN
        assert said(answer) == told, fault
        provider.faults = {}
        await clock.advance(seconds=10)
        assert (await attempt.run()).status_code == 200, fault  # and once it is back, so are we
    assert provider.asked["/elsewhere"] == 0


async def test_while_the_provider_is_down_nobody_waits_for_it_again(attempt: Attempt, provider: Provider) -> None:
    provider.faults = {DISCOVERY: "down"}
    answers = [await attempt.client.post(BEGIN, json={}, key=None) for _ in range(10)]
    assert [said(one) for one in answers] == [DOWN] * 10
    assert provider.asked[DISCOVERY] == 1


LEADS_ELSEWHERE: tuple[dict[str, object], ...] = (
    {"issuer": "https://elsewhere.example"},
    {"token_endpoint": "http://elsewhere.example/token"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"jwks_uri": None},
    {"jwks_uri": "https://name:word@elsewhere.example/keys"},
    {"code_challenge_methods_supported": ["plain"]},
)


async def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    attempt: Attempt, provider: Provider, clock: SetClock
) -> None:
    for provider.says in LEADS_ELSEWHERE:
        assert said(await attempt.client.post(BEGIN, json={}, key=None)) == DOWN, provider.says
        await clock.advance(seconds=10)
    assert provider.asked[DISCOVERY] == len(LEADS_ELSEWHERE)


async def test_a_new_key_is_found_and_looked_for_rarely(attempt: Attempt, provider: Provider, clock: SetClock) -> None:
    assert (await attempt.run()).status_code == 200
    for algorithm in ("ES256", "PS256", "RS256"):
        provider.rotate(algorithm)
        await clock.advance(seconds=31)
        answers = await asyncio.gather(*(Attempt(attempt.client.as_staff(None), provider).run() for _ in range(5)))
        assert [one.status_code for one in answers] == [200] * 5
    assert provider.asked[KEYS] == 4  # one look for five people
    provider.keys = [Key.make("never published"), *provider.keys]
    honest = provider.keys.pop(0)
    provider.forge = lambda token: type(token)(honest, token.header | {"kid": honest.name}, token.claims, "").token()
    assert [said(await attempt.run()) for _ in range(5)] == [REFUSED] * 5
    assert provider.asked[KEYS] == 4  # within half a minute nobody makes us ask again
    await clock.advance(seconds=31)
    assert [said(await attempt.run()) for _ in range(5)] == [REFUSED] * 5
    assert provider.asked[KEYS] == 5


async def test_keys_that_prove_nothing(attempt: Attempt, provider: Provider, clock: SetClock) -> None:
    """A short key, and two keys of one name."""
    for keys in ([Key.make("short", bits=1_024)], [Key.make("twin"), Key.make("twin")]):
        provider.keys = keys
        await clock.advance(seconds=31)
        assert said(await attempt.run()) == REFUSED


@pytest.mark.parametrize(("ways", "secret"), [(["client_secret_post"], "s"), (["none"], None)])
async def test_other_ways_to_say_who_we_are(
    attempt: Attempt, provider: Provider, configure: Configure, ways: list[str], secret: str | None
) -> None:
    provider.says, provider.secret = {"token_endpoint_auth_methods_supported": ways}, secret
    configure(oidc_client_secret=SecretStr(secret) if secret else None)
    assert (await attempt.run()).status_code == 200


SSO = {"oidc_issuer": "https://sso.bank.example", "oidc_client_id": "haoyou"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**SSO, "oidc_issuer": "http://sso.bank.example"}, "ISSUER must be an https"),
        ({**SSO, "oidc_client_id": ""}, "needs HAOYOU_OIDC_CLIENT_ID"),
        (
            {**SSO, "oidc_algorithms": "RS256 HS256"},
            "takes some of",
        ),
        ({**SSO, "oidc_algorithms": "none"}, "takes some of"),
        (
            {**SSO, "public_address": "http://desk.example"},
            "https",
        ),
        ({**SSO, "oidc_client_secret_file": "/nowhere"}, "read"),
        ({"password_sign_in": False}, "nobody could sign in"),
    ],
)
def test_a_configuration_that_cannot_hold_keeps_the_house_shut(given: dict[str, object], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        read_configuration(Settings(**given))  # type: ignore[arg-type]
