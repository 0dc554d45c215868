"""The PostgreSQL server of one test run, and databases cloned from a template that the migrations made once."""

import atexit
import fcntl
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from haoyou.kernel.crypto import Keyring, open_keyring
from haoyou.kernel.db import embedded, postmaster
from haoyou.kernel.db.migrate import APP, migrate

_PREFIX = "haoyou-test-"


@dataclass(frozen=True, slots=True)
class Database:
    """One database of its own; `admin_url` may do everything in it, `app_url` is what the house logs in with."""

    name: str
    admin_url: str
    app_url: str


class Server:
    """A server without fsync in a home of its own, so that several test runs do not meet; who makes it stops it."""

    def __init__(self) -> None:
        _sweep()
        # Not pytest's own temporary directory: as root the server runs as another user, who must reach it.
        self.home = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._alive = _hold(self.home)
        self._running = embedded.start(self.home, fast=True)
        atexit.register(self.stop)
        self.keyring: Keyring = open_keyring(self.home)
        self._templates: dict[tuple[tuple[str, ...], tuple[Path, ...]], str] = {}
        self._numbers = count(1)
        self._connection = psycopg.connect(self._running.cluster.url(dbname="postgres"), autocommit=True)

    def stop(self) -> None:
        """Stop the server and remove its files; a second call does nothing."""
        atexit.unregister(self.stop)
        self._connection.close()
        self._running.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)
        self._alive.close()

    def template_for(self, rooms: Sequence[str], directories: Sequence[Path]) -> str:
        """The name of the database that the migrations of these rooms made; made on first use."""
        key = tuple(rooms), tuple(directories)
        if key not in self._templates:
            name = f"template_{next(self._numbers)}"
            self._run(sql.SQL("create database {}").format(sql.Identifier(name)))
            url = self._running.cluster.url(dbname=name)
            migrate(url, rooms=rooms, directories=directories, app_password=self.keyring.app_password)
            self._templates[key] = name
        return self._templates[key]

    @contextmanager
    def clone(self, template: str) -> Generator[Database]:
        """A copy of a template, dropped afterwards whoever is still in it."""
        name = f"test_{next(self._numbers)}"
        database, app = sql.Identifier(name), sql.Identifier(APP)
        # Copied as files: a fifth of the time that it takes to log every page of the template anew.
        made = sql.SQL("create database {} template {} strategy file_copy")
        self._run(made.format(database, sql.Identifier(template)))
        # Rights on the database itself are not copied from the template.
        self._run(sql.SQL("revoke all on database {} from public").format(database))
        self._run(sql.SQL("grant connect on database {} to {}").format(database, app))
        cluster = self._running.cluster
        try:
            yield Database(
                name=name,
                admin_url=cluster.url(dbname=name),
                app_url=cluster.url(user=APP, password=self.keyring.app_password, dbname=name),
            )
        finally:
            self._run(sql.SQL("drop database {} with (force)").format(database))

    def _run(self, statement: sql.Composed) -> None:
        self._connection.execute(statement)


def _hold(home: Path) -> TextIOWrapper:
    """A lock that lasts exactly as long as this process does."""
    made = home / "alive.new"
    file = made.open("w")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    made.rename(home / "alive")  # nobody sees it unlocked
    return file


def _sweep() -> None:
    """Stop the servers and remove the homes of test runs that were killed: nobody holds their lock any more."""
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError), (home / "alive").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = postmaster.find_server(home / "pg-fast")
            if found is not None:
                postmaster.stop_server(found[0], "immediate")
            shutil.rmtree(home, ignore_errors=True)
