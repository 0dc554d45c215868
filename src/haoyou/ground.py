"""What a house stands on while a command runs: its database, its keys, and a lock that keeps two commands apart."""

import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from haoyou.app import prepare_database
from haoyou.kernel.crypto import Keyring, open_keyring
from haoyou.kernel.db import embedded
from haoyou.kernel.db.keeper import keep_alive
from haoyou.kernel.db.migrate import APP
from haoyou.kernel.settings import Settings

DATABASE = "haoyou"


class HouseBusy(Exception):
    """Another command holds this house."""


@dataclass(frozen=True, slots=True)
class Ground:
    settings: Settings
    keyring: Keyring
    admin_url: str
    app_url: str


@contextmanager
def open_ground(settings: Settings, *, migrate: bool = True) -> Generator[Ground]:
    """Start or join the database of this house, bring it to this version, and let go of it at the end."""
    settings.home.mkdir(parents=True, exist_ok=True)
    keyring = open_keyring(settings.home)
    if settings.database_url:
        yield _ready(settings, keyring, settings.database_url, migrate=migrate)
        return
    with embedded.start(settings.home) as running, keep_alive(settings.home, running):
        _create_database(running.cluster.url(dbname="postgres"))
        yield _ready(settings, keyring, running.cluster.url(dbname=DATABASE), migrate=migrate)


def _ready(settings: Settings, keyring: Keyring, admin_url: str, *, migrate: bool) -> Ground:
    if migrate:
        prepare_database(admin_url, keyring)
    app_url = make_url(admin_url).set(username=APP, password=keyring.app_password)
    return Ground(settings, keyring, admin_url, app_url.render_as_string(hide_password=False))


def _create_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if not known:
            connection.execute(f"create database {DATABASE}")  # pyright: ignore[reportArgumentType]


@contextmanager
def hold(home: Path, what: str, **note: object) -> Generator[None]:
    """Hold `what` (serve, import) of this house until the end; the system lets go of it when the process dies."""
    path = home / "run" / f"{what}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise HouseBusy(file.read()) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), **note}))
        file.flush()
        yield
