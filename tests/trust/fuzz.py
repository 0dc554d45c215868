"""Schemathesis over the whole API, in process, as somebody who is signed in.

It runs in a thread of its own and reaches the house through `Door`, which lends it a session: requests that carry the
placeholder instead of a token are sent with the person's real one, and when such a request finds the session ended
(sign-out, the end of one's own session, a change of post are operations like any other) the person signs on again and
it is sent once more. Requests with another token, or none, pass as they are: the check that sign-on is enforced needs
them.
The stream of hints (/api/live) never ends and is left out; tests/trust/live.py opens it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from haoyou.gateway.app import COOKIE

PLACEHOLDER = "signed-in"
STREAM = "/api/live"
ENDED = b'"identity.session_ended"'
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "negative_data_rejection",
    "missing_required_header",
)
PHASES = ("coverage", "fuzzing", "stateful")
"""All that there are, but for the one that replays examples written in the document: it has none."""


@dataclass(frozen=True, slots=True)
class Dose:
    """`examples`: random requests of each operation, and random sequences of operations.

    `coverage`: also every boundary value that the schema names. `only`: operations whose path matches.
    """

    examples: int
    coverage: bool = True
    only: str | None = None
    seed: int = 20261120


@dataclass(slots=True)
class Report:
    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter[int])
    operations: set[str] = field(default_factory=set[str])
    checks: Counter[str] = field(default_factory=Counter[str])
    phases: dict[str, str] = field(default_factory=dict[str, str])
    failures: list[str] = field(default_factory=list[str])


class Door:
    """The application of a house that lives in another event loop, with a session lent to the caller."""

    def __init__(self, app: ASGIApp, sign_on: Callable[[], Awaitable[str]]) -> None:
        self._app, self._sign_on = app, sign_on
        self._loop = asyncio.get_running_loop()
        self._token = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError("the house is already running")
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked: Future[list[Message]] = asyncio.run_coroutine_threadsafe(self._answer(dict(scope), body), self._loop)
        for message in await asyncio.wrap_future(asked):
            await send(message)

    async def _answer(self, scope: Scope, body: bytes) -> list[Message]:
        """In the house's own loop."""
        borrowed = any(name == b"cookie" and PLACEHOLDER.encode() in value for name, value in scope["headers"])
        if not borrowed:
            return await self._ask(scope, scope["headers"], body)
        answer = await self._ask(scope, self._lend(scope), body)
        if not self._token or (answer[0]["status"] == 401 and any(ENDED in one.get("body", b"") for one in answer)):
            self._token = await self._sign_on()
            answer = await self._ask(scope, self._lend(scope), body)
        return answer

    def _lend(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        lent = f"{COOKIE}={self._token}".encode()
        return [
            (name, value.replace(f"{COOKIE}={PLACEHOLDER}".encode(), lent) if name == b"cookie" else value)
            for name, value in scope["headers"]
        ]

    async def _ask(self, scope: Scope, headers: list[tuple[bytes, bytes]], body: bytes) -> list[Message]:
        sent: list[Message] = []
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            return next(given, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app({**scope, "headers": headers, "client": ("127.0.0.1", 50_000)}, receive, send)
        return sent


def configure(dose: Dose) -> SchemathesisConfig:
    checks: dict[str, Any] = {name: {"enabled": True} for name in CHECKS}
    # A draft of another version is refused before its body is read.
    checks["negative_data_rejection"]["expected-statuses"] = [
        "400",
        "401",
        "403",
        "404",
        "405",
        "409",
        "412",
        "415",
        "422",
        "428",
        "429",
    ]
    return SchemathesisConfig.from_dict(
        {
            "seed": dose.seed,
            "checks": {"enabled": False, **checks},
            "auth": {"openapi": {"session": {"api_key": PLACEHOLDER}, "page": {"api_key": "1"}}},
            "generation": {"max-examples": dose.examples, "database": "none", "no-shrink": True},
            "phases": {
                "examples": {"enabled": False},
                "coverage": {"enabled": dose.coverage},
                "stateful": {"enabled": True},
            },
            "continue-on-failure": True,
        }
    )


def fuzz(door: Door, document: Mapping[str, Any], dose: Dose) -> Report:
    """Blocks: call it in a thread."""
    schema = schemathesis.openapi.from_dict(dict(document), config=configure(dose)).exclude(path=STREAM)
    if dose.only:
        schema = schema.include(path_regex=dose.only)
    schema.app = door
    report = Report()
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                _count(report, event)
            case events.PhaseFinished():
                skipped = f": {event.phase.skip_reason}" if event.phase.skip_reason else ""
                report.phases[event.phase.name.value] = f"{event.status.value}{skipped}"
            case events.NonFatalError():
                report.failures.append(f"{event.label}: {event.value!r}")
            case events.FatalError():
                report.failures.append(f"the fuzzer itself failed: {event.exception!r}")
            case _:
                pass
    return report


def _count(report: Report, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    report.cases += len(recorder.interactions)
    report.operations.add(recorder.label)
    if event.status is Status.SKIP and event.label:  # a sequence that repeats another has no operation of its own
        report.failures.append(f"{event.label} was skipped in {event.phase}: {event.skip_reason}")
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            report.statuses[interaction.response.status_code] += 1
    report.checks.update(node.name for nodes in recorder.checks.values() for node in nodes)
    report.failures += _failures(recorder)


def _failures(recorder: ScenarioRecorder) -> list[str]:
    return [
        f"{recorder.label}: {node.name}: {node.failure_info.failure.title}. {node.failure_info.failure.message[:500]}\n"
        f"{node.failure_info.code_sample[:600]}"
        for nodes in recorder.checks.values()
        for node in nodes
        if node.failure_info
    ]
