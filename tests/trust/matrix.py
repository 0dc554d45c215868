"""The rights matrix: every id of every operation, asked by people of every role about things near and far."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
from psycopg import sql

from tests.trust.calls import CALLS, Call
from tests.trust.oracle import relation
from tests.trust.rights import Operation, Right
from tests.trust.world import STAFF, Target, World

ACTORS = ("RM-O11", "RM2-O11", "RMC-O11", "LM-O11", "BM-B1", "HO", "ADMIN", "ADMIN-B1")
"""One of each role, a manager who assists elsewhere, one of the other line, and an administrator of one branch."""

EVERYBODY = tuple(code for code in STAFF if not code.startswith("RM9-"))
"""For the full dose: all but the people who are there to be moved and let go."""

_UNTOUCHED = {"audit_pending", "audit_log", "audit_seal", "idempotency"}
"""What a refused request may leave: its record, and nothing else."""
_TABLES = (
    "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
    " and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    call: Call
    code: str
    target: Target | None
    """Nothing: the id of nothing."""
    allowed: bool

    @property
    def relation(self) -> str:
        return relation(self.code, self.target) if self.target else "unknown"

    def __str__(self) -> str:
        what = f"{self.target.kind} of {self.target.owner} at {self.target.place}" if self.target else "unknown id"
        return f"{self.code} {self.call.operation} {self.call.at}: {what}"


@dataclass(slots=True)
class Outcome:
    """What was tried, by operation, role and relation, and what went wrong."""

    tried: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    wrong: list[str] = field(default_factory=list[str])
    allowed: int = 0
    refused: int = 0


def plan(
    world: World, table: Mapping[str, Right], *, actors: Sequence[str] = ACTORS, per_relation: int | None = 1
) -> list[Attempt]:
    """`per_relation`: how many things of one kind each person asks for in each relation; all when None."""
    attempts = [
        attempt
        for code in actors
        for call in CALLS
        for attempt in _thin(
            _attempts(world, call, code, STAFF[code].role in table[call.operation].allowed, actors), per_relation
        )
    ]
    # What is refused comes first: it must find, and leave, the bank as it was made.
    return sorted(attempts, key=lambda one: (one.allowed, one.call.late))


def _attempts(world: World, call: Call, code: str, may_call: bool, actors: Sequence[str]) -> Iterator[Attempt]:
    yield Attempt(call, code, None, allowed=False)
    for target in world.of_kind(call.kind):
        allowed = may_call and call.is_allowed(code, target)
        # Whoever may move or let go somebody tries it on people who have nothing left to ask.
        is_actor = target.kind == "staff" and target.owner in actors and target.owner != code
        if not (allowed and call.late and is_actor):
            yield Attempt(call, code, target, allowed)


def _thin(attempts: Iterator[Attempt], per_relation: int | None) -> Iterator[Attempt]:
    seen: Counter[tuple[str, bool]] = Counter()
    for attempt in attempts:
        near = (attempt.relation, attempt.allowed)
        seen[near] += 1
        if per_relation is None or seen[near] <= per_relation:
            yield attempt


async def try_rights(
    world: World,
    table: Mapping[str, Right],
    operations: Mapping[str, Operation],
    *,
    actors: Sequence[str] = ACTORS,
    per_relation: int | None = 1,
) -> Outcome:
    """Ask everything planned; refused writes are checked to have changed nothing."""
    outcome = Outcome()
    unknown: dict[tuple[str, str, str], httpx.Response] = {}
    for code in actors:
        await world.people[code].get("/api/identity/v1/me")  # signs on, which is a write of its own
    before = checksum(world)
    for attempt in plan(world, table, actors=actors, per_relation=per_relation):
        operation = operations[attempt.call.operation]
        answer = await _send(world, operation, attempt)
        role = STAFF[attempt.code].role
        outcome.tried[operation.name, role, attempt.relation] += 1
        if attempt.allowed:
            outcome.allowed += 1
            outcome.wrong += _judge_allowed(attempt, answer)
            continue
        outcome.refused += 1
        nothing = unknown.setdefault((attempt.code, attempt.call.operation, attempt.call.at), answer)
        outcome.wrong += _judge_refused(attempt, answer, nothing, may_call=role in table[operation.name].allowed)
        if operation.method != "GET" and (after := checksum(world)) != before:
            outcome.wrong.append(f"{attempt}: {answer.status_code}, and {changed(before, after)} changed")
            before = after
    return outcome


async def _send(world: World, operation: Operation, attempt: Attempt) -> httpx.Response:
    call, code = attempt.call, attempt.code
    given = attempt.target.id if attempt.target else call.unknown
    where, name = call.at.split(".")
    path = dict(call.path(world, code, given)) if call.path else {}
    path |= {name: given} if where == "path" else {}
    query = dict(call.query(world, code, given)) if call.query else {}
    query |= {name: given} if where == "query" else {}
    body = call.body(world, code, given) if call.body else None
    return await world.people[code].send(
        operation.method,
        operation.path.format(**path),
        params=query or None,
        json=body if operation.method != "GET" else None,
        version=call.version,
    )


def _judge_allowed(attempt: Attempt, answer: httpx.Response) -> list[str]:
    fine = answer.status_code in attempt.call.answers
    return [] if fine else [f"{attempt}: allowed, but {answer.status_code} {answer.text[:200]}"]


def _judge_refused(attempt: Attempt, answer: httpx.Response, nothing: httpx.Response, *, may_call: bool) -> list[str]:
    """A role that may not is told so; whoever may, but not this, cannot tell it from what does not exist."""
    expected = (404, "not_found") if may_call else (403, "forbidden")
    said = problem(answer)
    if (answer.status_code, said.get("code")) != expected:
        return [f"{attempt}: {answer.status_code} {answer.text[:200]}, expected {expected}"]
    if said != problem(nothing):
        return [f"{attempt}: {said} is not what an unknown id gets"]
    return []


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem document without what differs each time."""
    body = answer.json() if answer.status_code >= 400 else {}
    return {key: value for key, value in body.items() if key != "reference"}


def checksum(world: World) -> dict[str, str]:
    """A fingerprint of the rows of every table, read as the database's owner."""
    with psycopg.connect(world.database.admin_url) as connection:
        tables = [row for row in connection.execute(_TABLES).fetchall() if row[1] not in _UNTOUCHED]
        parts = [
            sql.SQL("select {}, coalesce(md5(string_agg(t::text, '|' order by t::text)), '') || count(*) from {} t")
            .format(f"{schema}.{table}", sql.Identifier(schema, table))
            for schema, table in tables
        ]  # fmt: skip
        return dict(connection.execute(sql.SQL(" union all ").join(parts)).fetchall())


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    return json.dumps(sorted(table for table in after if after[table] != before.get(table)))
