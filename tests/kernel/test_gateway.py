"""The gateway: who may, how often, how much; what it answers when it says no, and what every answer carries."""

import asyncio
import gzip
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, text
from starlette.types import Receive, Scope, Send

from haoyou.gateway.limits import CALLERS_MAX, Buckets
from haoyou.gateway.static import Site
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from tests.kernel.rooms import add_item

ITEMS, COUNTS, OPEN = "/api/probe/v1/items", "/api/probe/v1/counts", "/api/probe/v1/open"
JSON_TYPE = {"Content-Type": "application/json"}


def nothing_happened(admin: Connection) -> bool:
    return admin.execute(text("select count(*) from probe.done")).scalar_one() == 0


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


async def test_without_a_session_there_is_no_answer(client: Client) -> None:
    assert refusal(await client.get(ITEMS)) == (401, "unauthenticated")
    assert (await client.get(OPEN)).status_code == 200


@pytest.mark.parametrize(
    "cookie", ["__Host-haoyou=", "haoyou=1", "__host-haoyou=1", ";;;", "__Host-haoyou", "\xff=\xff; =", '"']
)
async def test_a_cookie_that_is_not_ours_is_no_session(client: Client, cookie: str) -> None:
    assert refusal(await client.http.get(ITEMS, headers=[(b"cookie", cookie.encode("latin-1"))])) == (
        401,
        "unauthenticated",
    )


async def test_a_session_that_nobody_knows_has_ended(client: Client) -> None:
    answer = await client.as_staff("99").get(ITEMS)
    assert refusal(answer) == (401, "identity.session_ended")
    assert answer.json()["reason"] == "unknown"


async def test_a_database_out_of_reach_is_worth_another_try(client: Client, house: House) -> None:
    """503 with a code that the web app repeats by itself, not 500."""
    kept, house.engine = house.engine, open_engine("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    answer = await client.as_staff("1").get(ITEMS)
    await house.engine.dispose()
    house.engine = kept
    assert refusal(answer) == (503, "unavailable")
    assert (await client.as_staff("1").get(ITEMS)).status_code == 200


async def test_a_right_that_is_missing_is_403(client: Client, admin: Connection) -> None:
    three = client.as_staff("3")
    assert refusal(await three.get(ITEMS)) == (403, "forbidden")
    assert refusal(await three.post(COUNTS, json={"words": "w"})) == (403, "forbidden")
    assert nothing_happened(admin)


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_write_from_a_foreign_page_is_refused(client: Client, admin: Connection, method: str) -> None:
    one = client.as_staff("1")
    del one.http.headers["X-Haoyou"]
    path = COUNTS if method == "POST" else f"{ITEMS}/1"
    assert refusal(await one.send(method, path, json={"words": "w"}, version=1)) == (403, "forbidden")
    assert (await one.get(ITEMS)).status_code == 200, "reading needs no such header"
    assert nothing_happened(admin)


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/probe",
        "/api/probe/v1",
        "/api/probe/v2/items",
        "/api/nobody/v1/items",
        ITEMS + "/",
        ITEMS + "/1/2",
        "/api//probe/v1/items",
        "/api/openapi.json",
    ],
)
async def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    answer = await client.as_staff("1").get(path)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", ITEMS), ("POST", ITEMS), ("PATCH", COUNTS), ("GET", COUNTS), ("PUT", OPEN)]
)
async def test_a_method_that_is_not_offered_is_405(client: Client, method: str, path: str) -> None:
    assert refusal(await client.as_staff("1").send(method, path, json={})) == (405, "method_not_allowed")


@pytest.mark.house(body_bytes_max=200)
async def test_too_much_is_413(client: Client, admin: Connection) -> None:
    one = client.as_staff("1")
    assert refusal(await one.post(COUNTS, json={"words": "w" * 300})) == (413, "too_large")

    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(30):
            yield b'{"words": "w"}'

    assert refusal(await one.post(COUNTS, content=pieces(), headers=JSON_TYPE)) == (413, "too_large")
    lying = [(b"cookie", b"__Host-haoyou=1"), (b"content-length", b"-1"), (b"content-type", b"application/json")]
    assert refusal(await one.http.post(COUNTS, content=b"{}", headers=lying)) == (413, "too_large")
    assert nothing_happened(admin)
    assert (await one.post(COUNTS, json={"words": "w"})).status_code == 201


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""]
)
async def test_what_is_not_json_is_415(client: Client, admin: Connection, kind: str) -> None:
    answer = await client.as_staff("1").post(COUNTS, content=b'{"words": "w"}', headers={"Content-Type": kind})
    assert refusal(answer) == (415, "unsupported_media_type")
    assert nothing_happened(admin)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"words": 7}',
        b'{"words": ""}',
        b'{"words": " "}',
        b"\xff",
        b"{}",
        b'{"words": "a\\u0000"}',
        b'{"words": "' + b"w" * 51 + b'"}',
        b"[" * 10_000,
    ],
)
async def test_what_is_misshapen_is_422_and_the_value_is_not_repeated(
    client: Client, admin: Connection, content: bytes
) -> None:
    answer = await client.as_staff("1").post(COUNTS, content=content, headers=JSON_TYPE)
    assert refusal(answer) == (422, "invalid")
    assert {set(one) == {"field", "code", "message"} for one in answer.json()["errors"]} == {True}
    assert b"wwww" not in answer.content
    assert nothing_happened(admin)


async def test_a_fault_of_ours_tells_the_caller_a_reference_and_nothing_else(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.as_staff("1").get("/api/probe/v1/breaks")
    assert refusal(answer) == (500, "error")
    assert set(answer.json()) == {"type", "title", "status", "code", "reference"}
    assert answer.json()["reference"] == answer.headers["x-request-id"]
    assert answer.json()["reference"] in caplog.text


@pytest.mark.house(rate_per_second=5)
async def test_too_often_is_429_for_one_and_leaves_others_alone(client: Client) -> None:
    one, two = client.as_staff("1"), client.as_staff("2")
    answers = [await one.get(ITEMS) for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:20]] == [200] * 20
    assert len(refused) >= 5
    assert refusal(refused[0]) == (429, "rate_limited")
    assert int(refused[0].headers["retry-after"]) >= 1
    assert (await two.get(ITEMS)).status_code == 200
    await asyncio.sleep(1)
    assert (await one.get(ITEMS)).status_code == 200


async def test_who_is_not_signed_in_is_limited_by_address(client: Client) -> None:
    assert [(await client.get(OPEN)).status_code for _ in range(40)] == [200] * 40  # looking is not trying
    answers = [(await client.post("/api/probe/v1/try")).status_code for _ in range(40)]
    assert answers[:20] == [200] * 20
    assert answers.count(429) >= 5


def test_a_bucket_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("haoyou.gateway.limits.monotonic", lambda: now)
    buckets = Buckets(per_second=2, burst=3)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    now += 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    now += 100
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_the_memory_of_callers_is_bounded() -> None:
    buckets = Buckets(per_second=1, burst=1)
    for number in range(CALLERS_MAX + 10):
        buckets.take(str(number))
    assert len(buckets._level) == CALLERS_MAX
    assert buckets.take("0") == 0, "the least recently seen was forgotten"


SECURE = {
    "content-security-policy": "default-src 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self)",
}


@pytest.mark.parametrize("path", [OPEN, ITEMS, "/api/nowhere", "/", "/somewhere"])
async def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    answer = await client.get(path)
    for name, start in SECURE.items():
        assert answer.headers[name].startswith(start), name
    if path.startswith("/api/"):
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 32


async def test_an_answer_says_how_many_statements_it_cost(client: Client) -> None:
    answer = await client.as_staff("1").get(ITEMS)
    assert answer.headers["server-timing"] == 'sql;desc="2"'  # who I am, what I asked


async def test_a_person_sees_their_own_rows_only(client: Client, house: House) -> None:
    for unit in (1, 2):
        await add_item(house.service_ctx("probe"), words=f"of {unit}", unit=unit, owner=unit)
    assert (await client.as_staff("1").get(ITEMS)).json() == ["of 1"]
    assert (await client.as_staff("2").get(ITEMS)).json() == ["of 2"]


async def test_an_audited_read_leaves_its_row(client: Client, house: House, admin: Connection) -> None:
    answer = await client.as_staff("1").get("/api/probe/v1/audited")
    await house.sealer.seal()
    (entry,) = admin.execute(text("select entry from kernel.audit_log")).scalars()
    assert (entry["operation"], entry["who"], entry["request"]) == (
        "probe.items_counted",
        "person:1",
        answer.headers["x-request-id"],
    )


async def test_health_and_measurements(client: Client) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    await client.get(OPEN)
    assert 'haoyou_requests_total{operation="probe_get_open",status="200"}' in (await client.get("/metrics")).text


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A web app as the build leaves it, with compressed twins; and a secret beside it."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>page")
    (dist / "assets" / "app-1a2b.js").write_text("plain")
    (dist / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"plain"))
    (tmp_path / "secret.txt").write_text("secret")
    return dist


@pytest.fixture
async def site(built: Path) -> AsyncGenerator[httpx.AsyncClient]:
    pages = Site(built)

    async def serve(scope: Scope, _receive: Receive, send: Send) -> None:
        accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
        await pages.send(send, path=scope["path"], accepts=accepts, method=scope["method"], headers=[])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=serve), base_url="https://bank.test") as browser:
        yield browser


async def test_the_page_is_asked_for_every_time_and_hashed_files_never_again(site: httpx.AsyncClient) -> None:
    page = await site.get("/customers/7")
    assert (page.status_code, page.text, page.headers["cache-control"]) == (200, "<!doctype html>page", "no-cache")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    script = await site.get("/assets/app-1a2b.js")
    assert (script.text, script.headers["cache-control"]) == ("plain", "public, max-age=31536000, immutable")


async def test_a_compressed_twin_is_sent_to_who_accepts_it(site: httpx.AsyncClient) -> None:
    packed = await site.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", "plain")
    plain = await site.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert ("content-encoding" in plain.headers, plain.text) == (False, "plain")
    assert plain.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "path", ["/assets/app-9z9z.js", "/../secret.txt", "/%2e%2e/secret.txt", "/x//../secret.txt", "/favicon.ico"]
)
async def test_a_file_that_was_not_built_is_404(site: httpx.AsyncClient, path: str) -> None:
    answer = await site.get(path)
    assert (answer.status_code, answer.content) == (404, b"")


async def test_the_site_only_answers_reading(site: httpx.AsyncClient) -> None:
    assert (await site.post("/")).status_code == 405
    head = await site.head("/")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "19")


async def test_without_a_built_web_app_the_page_is_404(client: Client) -> None:
    assert (await client.get("/")).status_code == 404
