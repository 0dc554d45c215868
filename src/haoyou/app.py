"""The composition: which rooms run in this process, and how a request reaches them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from haoyou.gateway.app import COOKIE, Gateway
from haoyou.gateway.routes import Table
from haoyou.gateway.static import Site
from haoyou.kernel.crypto import Keyring
from haoyou.kernel.db.engine import open_engine
from haoyou.kernel.db.migrate import migrate
from haoyou.kernel.house import House
from haoyou.kernel.room import Manifest
from haoyou.kernel.settings import Settings
from haoyou.kernel.web import live, problem
from haoyou.kernel.web.operation import Operation, Router
from haoyou.kernel.web.policy import OWN_PAGE, PUBLIC, SESSION, SIGNED_IN
from haoyou.rooms import load_rooms, migration_directories

__all__ = ["build_app", "build_house", "describe", "prepare_database"]


def prepare_database(admin_url: str, keyring: Keyring) -> None:
    """Migrate to this version."""
    rooms = [room.name for room in load_rooms()]
    migrate(admin_url, rooms=rooms, directories=migration_directories(), app_password=keyring.app_password)


def build_house(settings: Settings, keyring: Keyring, app_url: str, **options: Any) -> House:
    engine = open_engine(app_url, pool_size=settings.pool_size)
    return House(settings=settings, keyring=keyring, engine=engine, rooms=load_rooms(), **options)


def build_app(house: House, *, run_loops: bool = True) -> Gateway:
    """The ASGI application: the gateway before all rooms' operations."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        if run_loops:
            async with house.running():
                yield
        else:
            yield
        await house.engine.dispose()

    inner, routes = _compose(house.rooms, lifespan)
    inner.state.house = house
    table = Table(routes, permissions=_permissions(house.rooms))
    return Gateway(house=house, table=table, site=Site(house.settings.web_dist or _built_web()), inner=inner)


def describe() -> dict[str, Any]:
    """The OpenAPI document of this version; needs no database."""
    inner, _ = _compose(load_rooms(), None)
    return inner.openapi()


def _compose(rooms: Sequence[Manifest], lifespan: Any) -> tuple[FastAPI, list[Operation]]:
    inner = FastAPI(title="haoyou", version="0.1.0", openapi_url="/openapi.json", docs_url=None, lifespan=lifespan)
    problem.install(inner)
    routes = [route for router in _routers(rooms) for route in router.install(inner)]
    inner.openapi = lambda: _openapi(inner)
    return inner, routes


def _routers(rooms: Sequence[Manifest]) -> list[Router]:
    return [live.router, *(router for room in rooms for router in room.routers)]


def _permissions(rooms: Sequence[Manifest]) -> frozenset[str]:
    return frozenset({PUBLIC, SIGNED_IN, *(name for room in rooms for name in room.permissions)})


def _built_web() -> Path | None:
    dist = Path(__file__).parents[2] / "web" / "dist"
    return dist if dist.is_dir() else None


_SECURITY_SCHEMES = {
    SESSION: {"type": "apiKey", "in": "cookie", "name": COOKIE},
    OWN_PAGE: {"type": "apiKey", "in": "header", "name": "X-Haoyou", "description": "Any value, with every write"},
}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 with the problem document; FastAPI's own 422 shape is ours instead."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        described = problem.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas["Problem"] = described
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        document["components"]["securitySchemes"] = _SECURITY_SCHEMES
        app.openapi_schema = document
    return app.openapi_schema
