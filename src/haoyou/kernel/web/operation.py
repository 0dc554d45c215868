"""HTTP operations of a room: each with a policy, each write with its class, each answer committed before it leaves."""

import hashlib
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import and_, func, select

from haoyou.kernel import errors, tables
from haoyou.kernel.ctx import Ctx, Edge, Tx
from haoyou.kernel.web import problem
from haoyou.kernel.web.policy import PUBLIC, Data, Policy, Write

F = TypeVar("F", bound=Callable[..., Any])
_ANSWER = "idempotency.answer"

_ALWAYS = (errors.Invalid, errors.RateLimited, errors.Unavailable)
_SIGNED_IN = (errors.Unauthenticated, errors.Forbidden)
_OF_WRITE: dict[Write, tuple[type[errors.AppError], ...]] = {
    Write.NONE: (),
    Write.KEY: (errors.KeyMissing, errors.KeyInFlight, errors.KeyReused),
    Write.NATURAL: (),
    Write.VERSION: (errors.PreconditionFailed, errors.PreconditionRequired),
    Write.HANDSHAKE: (),
}


def _caller(request: Request) -> Ctx:
    return request.scope["haoyou.ctx"]


def _key_header(
    idempotency_key: Annotated[UUID | None, Header(description="Made by the client once per act, kept when it retries")] = None,
) -> None:
    """Declared for the documentation; `Operation` reads it before the body is parsed."""


Caller = Annotated[Ctx, Depends(_caller)]


class _Replay(Exception):
    """Another request with the same key finished while this one was starting."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Operation(APIRoute):
    """A route that knows its room and policy and commits at the edge."""

    room: ClassVar[str]
    policy: ClassVar[Policy]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        run = super().get_route_handler()

        async def handle(request: Request) -> Response:
            house = request.app.state.house
            edge = Edge()
            ctx = house.ctx(self.room, request.scope["haoyou.principal"], request_ref=request.scope["haoyou.request_ref"])
            ctx.edge = edge
            request.scope["haoyou.ctx"] = ctx
            remember: Callable[[Response], Coroutine[Any, Any, None]] | None = None
            try:
                if self.policy.write is Write.KEY:
                    claim = await _claim(request, ctx)
                    edge.openings.append(claim.enter)
                    remember = claim.remember
                response = await run(request)
                if edge.held:
                    if remember:
                        await remember(response)
                    await edge.held.commit()
            except _Replay as replay:
                return replay.response
            except BaseException:
                if edge.held:
                    await edge.held.rollback()
                raise
            return response

        return handle


@dataclass
class _Claim:
    """One use of an Idempotency-Key."""

    ctx: Ctx
    key: UUID
    request_hash: str

    async def enter(self, tx: Tx) -> None:
        """First thing in the write: nobody else may be working under this key, and nobody may have finished."""
        name = f"{self.ctx.room}/{self.ctx.principal.label}/{self.key}"
        if not await tx.value(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))):
            raise errors.KeyInFlight()
        await self.replay(tx)

    async def replay(self, tx: Tx) -> None:
        table = tables.idempotency
        mine = and_(
            table.c.room == self.ctx.room, table.c.principal == self.ctx.principal.label, table.c.key == self.key
        )
        row = await tx.first(select(table.c.request_hash, table.c.status, table.c.answer).where(mine))
        if row is None:
            return
        if row.request_hash != self.request_hash:
            raise errors.KeyReused()
        body = self.ctx.house.keyring.decrypt(bytes(row.answer), purpose=_ANSWER)
        raise _Replay(Response(body, row.status, {"Idempotent-Replay": "true"}, media_type="application/json"))

    async def remember(self, response: Response) -> None:
        assert self.ctx.edge and self.ctx.edge.held
        sealed = self.ctx.house.keyring.encrypt(bytes(response.body), purpose=_ANSWER)
        await self.ctx.edge.held.run(
            tables.idempotency.insert(),
            {
                "room": self.ctx.room,
                "principal": self.ctx.principal.label,
                "key": self.key,
                "request_hash": self.request_hash,
                "status": response.status_code,
                "answer": sealed,
                "made_at": self.ctx.now,
            },
        )


async def _claim(request: Request, ctx: Ctx) -> _Claim:
    given = request.headers.get("idempotency-key")
    if given is None:
        raise errors.KeyMissing()
    try:
        key = UUID(given)
    except ValueError:
        raise errors.KeyMissing("The Idempotency-Key must be a UUID.") from None
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(_canonical(await request.body()))
    claim = _Claim(ctx, key, digest.hexdigest())
    async with ctx.read() as tx:
        await claim.replay(tx)
    return claim


def _canonical(body: bytes) -> bytes:
    """Two spellings of one JSON document are the same request."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


class Router:
    """The operations of one room, under /api/<room>/v1."""

    def __init__(self, room: str, *, prefix: str | None = None) -> None:
        self.room = room
        self._prefix = f"/api/{room}/v1" if prefix is None else prefix
        self._declared: list[tuple[str, Callable[..., Any], type[Operation], dict[str, Any]]] = []

    def get(self, path: str, *, permission: str, data: Data, **options: Any) -> Callable[[F], F]:
        return self._operation("GET", path, Policy(permission, data), **options)

    def post(self, path: str, *, permission: str, data: Data, write: Write, **options: Any) -> Callable[[F], F]:
        return self._operation("POST", path, Policy(permission, data, write), **options)

    def put(self, path: str, *, permission: str, data: Data, write: Write, **options: Any) -> Callable[[F], F]:
        return self._operation("PUT", path, Policy(permission, data, write), **options)

    def delete(self, path: str, *, permission: str, data: Data, write: Write, **options: Any) -> Callable[[F], F]:
        return self._operation("DELETE", path, Policy(permission, data, write), **options)

    def _operation(
        self,
        method: str,
        path: str,
        policy: Policy,
        *,
        raises: Sequence[type[errors.AppError]] = (),
        status: int = 200,
        responses: dict[int | str, dict[str, Any]] | None = None,
        **options: Any,
    ) -> Callable[[F], F]:
        expected = [*_ALWAYS, *_OF_WRITE[policy.write], *raises]
        expected += () if policy.permission == PUBLIC else _SIGNED_IN
        expected += () if method == "GET" else (errors.TooLarge, errors.UnsupportedMedia, errors.Forbidden)
        route_class = type("Operation", (Operation,), {"room": self.room, "policy": policy})

        def declare(endpoint: F) -> F:
            settings: dict[str, Any] = {
                "methods": [method],
                "status_code": status,
                "tags": [self.room],
                "operation_id": f"{self.room}_{endpoint.__name__}",
                "responses": problem.documented(expected) | (responses or {}),
                "openapi_extra": {"x-policy": policy.as_dict(), "security": policy.security()},
                "dependencies": [Depends(_key_header)] if policy.write is Write.KEY else [],
                **options,
            }
            self._declared.append((self._prefix + path, endpoint, route_class, settings))
            return endpoint

        return declare

    def install(self, app: FastAPI) -> list[Operation]:
        """Add the operations to the application; answers the routes, for the gateway's table."""
        before = len(app.router.routes)
        for path, endpoint, route_class, settings in self._declared:
            app.router.add_api_route(path, endpoint, route_class_override=route_class, **settings)
        return [route for route in app.router.routes[before:] if isinstance(route, Operation)]
