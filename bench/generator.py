"""Requests at fixed times, whatever the server does: `python -m bench.generator PLAN OUTCOME`, a process of its own.

Latency counts from the time a request was due, so a server that stalls is charged for everybody who had to wait.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import aiohttp
import uvloop

CONNECTIONS = 200
TIMEOUT = aiohttp.ClientTimeout(total=15)
HEAD_START_S = 0.5


@dataclass(frozen=True, slots=True)
class Planned:
    due_s: float
    kind: str
    role: str
    method: str
    url: str
    headers: dict[str, str]
    body: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """`status` 0: no answer. `late_ms`: how much later than due it was sent, which is the generator's own fault."""

    kind: str
    role: str
    status: int
    latency_ms: float
    late_ms: float
    statements: int


@dataclass(frozen=True, slots=True)
class Outcome:
    answers: list[Answered]
    seconds: float
    cpu_s: float


def write_plan(path: Path, plan: Sequence[Planned]) -> None:
    path.write_text(json.dumps([asdict(one) for one in plan]), encoding="utf-8")


def read_outcome(path: Path) -> Outcome:
    content = json.loads(path.read_text(encoding="utf-8"))
    return Outcome([Answered(**one) for one in content["answers"]], content["seconds"], content["cpu_s"])


async def _send(http: aiohttp.ClientSession, planned: Planned, started: float) -> Answered:
    due = started + planned.due_s
    await asyncio.sleep(due - perf_counter())
    late = perf_counter() - due
    status, statements = 0, 0
    try:
        async with http.request(planned.method, planned.url, headers=planned.headers, json=planned.body) as answer:
            await answer.read()
            status = answer.status
            statements = int(answer.headers.get("Server-Timing", 'sql;desc="0"').split('"')[1])
    except (aiohttp.ClientError, TimeoutError, ConnectionError):
        pass
    latency = perf_counter() - due
    return Answered(planned.kind, planned.role, status, latency * 1000, late * 1000, statements)


async def _run(plan: Sequence[Planned]) -> Outcome:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(timeout=TIMEOUT, connector=connector) as http:
        started = perf_counter() + HEAD_START_S
        answers = await asyncio.gather(*(_send(http, planned, started) for planned in plan))
        seconds = perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Outcome(list(answers), seconds, usage.ru_utime + usage.ru_stime)


def main(plan_file: Path, outcome_file: Path) -> None:
    plan = [Planned(**one) for one in json.loads(plan_file.read_text(encoding="utf-8"))]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(_run(plan))
    outcome_file.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
