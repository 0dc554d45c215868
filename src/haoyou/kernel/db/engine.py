"""The one way to PostgreSQL: a pool of one login, and transactions that first say who they are.

Statements are written with SQLAlchemy and compiled once; they run on asyncpg's own connection. Its execution path costs
a seventh of what SQLAlchemy's asynchronous one does, and every request pays for some ten statements
(docs/decisions/0016).
"""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, cast

import asyncpg
from sqlalchemy import Executable, Row
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from haoyou.kernel.principal import Principal

STATEMENT_TIMEOUT_MS = 20_000  # nothing a person waits for takes longer; jobs work in small bites
CONNECT_TIMEOUT_S = 10
STATEMENTS_KEPT = 500  # prepared statements of a connection: more than the house has

_SETTING = re.compile(r"[\w{},.:\- ]*\Z")

statements: ContextVar[list[int] | None] = ContextVar("statements", default=None)
"""A counter the gateway may hang up for a request: how many SQL statements it cost."""

open_transaction: ContextVar["Transaction | None"] = ContextVar("open_transaction", default=None)


Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


def role_of(room: str) -> str:
    return f"haoyou_{room}"


class Record(asyncpg.Record):
    """A row whose columns are also attributes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def open_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """`url` is a postgresql:// address of the application's login; `sslmode` in it is understood."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    is_here = address.host in ("127.0.0.1", "localhost", "::1")
    return create_async_engine(
        address.difference_update_query(["sslmode"]),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "server_settings": {"statement_timeout": str(STATEMENT_TIMEOUT_MS), "timezone": "UTC"},
            "timeout": CONNECT_TIMEOUT_S,
            "record_class": Record,
            "statement_cache_size": STATEMENTS_KEPT,
            "ssl": address.query.get("sslmode", "disable" if is_here else "prefer"),
        },
    )


_SERVER_GONE = ("08001", "08003", "08006", "57P01", "57P02", "57P03")  # no answer, gone, shut down, crashed, not up yet


def is_lost(error: BaseException) -> bool:
    """Whether the server was out of reach, or every connection in use: what a caller may try again in a moment."""
    if isinstance(error, PoolExhausted | ConnectionError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, asyncpg.InterfaceError):
        return "closed" in str(error.orig)
    return getattr(error.orig, "sqlstate", "") in _SERVER_GONE


class Transaction:
    """One transaction under a room's role and a principal's scope. At most one is open in a task."""

    def __init__(self, engine: AsyncEngine, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self._engine, self._connection, self._driver = engine, connection, driver

    @staticmethod
    async def open(engine: AsyncEngine, *, room: str, principal: Principal, read_only: bool) -> "Transaction":
        assert open_transaction.get() is None, "a second transaction in one use case"
        connection, driver = await _check_out(engine)
        try:
            with _translated():
                await driver.execute(_entrance(room, principal, read_only=read_only))
        except BaseException:
            await _give_back(connection, driver)
            raise
        _count()
        transaction = Transaction(engine, connection, driver)
        open_transaction.set(transaction)
        return transaction

    async def commit(self) -> None:
        try:
            with _translated():
                tag = await self._driver.execute("commit")
            assert tag == "COMMIT", "a transaction that had failed was to be committed"
        finally:
            await self._close()

    async def rollback(self) -> None:
        await self._close()

    async def _close(self) -> None:
        open_transaction.set(None)
        await _give_back(self._connection, self._driver)

    async def run(self, statement: Executable, values: Values = None) -> int:
        """Execute; answers the number of rows touched, of a list of values the number of values."""
        _count()
        if isinstance(values, Sequence):
            return await self._run_many(statement, values)
        sql, arguments = self._prepare(statement, values)
        with _translated():
            tag = await self._driver.execute(sql, *arguments) if arguments else await self._driver.execute(sql)
        return _rows_of(tag)

    async def _run_many(self, statement: Executable, values: Sequence[Mapping[str, Any]]) -> int:
        if not values:
            return 0
        sql, rows = self._prepare_many(statement, values)
        with _translated():
            await self._driver.executemany(sql, rows)
        return len(rows)

    async def all(self, statement: Executable, values: Values = None) -> Sequence[Row[Any]]:
        """All rows; of a list of values (an insert that returns) the rows of each in turn."""
        _count()
        if isinstance(values, Sequence):
            return await self._all_of_many(statement, values)
        sql, arguments = self._prepare(statement, values)
        with _translated():
            return cast(Sequence[Row[Any]], await self._driver.fetch(sql, *arguments))

    async def _all_of_many(self, statement: Executable, values: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
        if not values:
            return []
        sql, rows = self._prepare_many(statement, values)
        with _translated():
            return cast(Sequence[Row[Any]], await self._driver.fetchmany(sql, rows))

    async def first(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Row[Any] | None:
        _count()
        sql, arguments = self._prepare(statement, values)
        with _translated():
            return cast(Row[Any] | None, await self._driver.fetchrow(sql, *arguments))

    async def value(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:
        _count()
        sql, arguments = self._prepare(statement, values)
        with _translated():
            return await self._driver.fetchval(sql, *arguments)

    async def plan(self, statement: Executable, values: Mapping[str, Any] | None = None) -> str:
        """How the server would go about a statement, for whoever wonders why it is slow."""
        sql, arguments = self._prepare(statement, values)
        return "\n".join(row[0] for row in await self._driver.fetch(f"explain {sql}", *arguments))

    def _compile(self, statement: Any, keys: Sequence[str], *, many: bool) -> tuple[Any, Any, Any]:
        """The compiled statement from the engine's own cache, with what this use of it brings along."""
        engine = self._engine.sync_engine
        compiled, extracted, collected, _ = statement._compile_w_cache(
            engine.dialect,
            compiled_cache=engine._compiled_cache,  # pyright: ignore[reportPrivateUsage]
            column_keys=sorted(keys),
            for_executemany=many,
        )
        return compiled, extracted, collected

    def _prepare(self, statement: Executable, values: Mapping[str, Any] | None) -> tuple[str, list[Any]]:
        given = values or {}
        compiled, extracted, collected = self._compile(statement, list(given), many=False)
        named = compiled.construct_params(given, extracted_parameters=extracted, _collected_params=collected)
        processors: dict[str, Any] = compiled._bind_processors
        sql, order = compiled.string, compiled.positiontup
        if compiled.post_compile_params:
            expanded = compiled._process_parameters_for_postcompile(named)
            sql, order = expanded.statement, expanded.positiontup
            named = {**named, **expanded.additional_parameters}
            processors = {**processors, **expanded.processors}
        return sql, _arguments(order or (), named, processors)

    def _prepare_many(self, statement: Executable, values: Sequence[Mapping[str, Any]]) -> tuple[str, list[list[Any]]]:
        compiled, extracted, collected = self._compile(statement, list(values[0]), many=True)
        order, processors = compiled.positiontup or (), compiled._bind_processors
        return compiled.string, [
            _arguments(
                order,
                compiled.construct_params(one, extracted_parameters=extracted, _collected_params=collected),
                processors,
            )
            for one in values
        ]


def _arguments(order: Sequence[str], named: Mapping[str, Any], processors: Mapping[str, Any]) -> list[Any]:
    return [processors[name](named[name]) if name in processors else named[name] for name in order]


def _entrance(room: str, principal: Principal, *, read_only: bool) -> str:
    """Begin, and say who asks, in one message. The values are our own numbers and codes, never what somebody typed."""
    settings = {"role": role_of(room), **principal.scope.settings()}
    assert all(_SETTING.match(value) for value in settings.values()), "a scope is made of numbers and codes"
    said = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    return f"begin {'read only' if read_only else 'read write'}; select {said}"


async def _check_out(engine: AsyncEngine) -> tuple[AsyncConnection, asyncpg.Connection]:
    """A live connection: one whose server went away while it lay in the pool is dropped for another."""
    while True:
        connection = await engine.connect()
        driver = cast(asyncpg.Connection, (await connection.get_raw_connection()).driver_connection)
        if not driver.is_closed():
            return connection, driver
        await connection.invalidate()
        await connection.close()


async def _give_back(connection: AsyncConnection, driver: asyncpg.Connection) -> None:
    """Into the pool without a transaction; a connection in doubt is dropped."""
    try:
        if not driver.is_closed() and driver.is_in_transaction():
            await driver.execute("rollback")
    except BaseException:
        with suppress(Exception):
            await connection.invalidate()
        raise
    finally:
        if driver.is_closed():
            await connection.invalidate()
        await connection.close()


def _rows_of(tag: str) -> int:
    """`UPDATE 3` → 3; what touches no rows says no number."""
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _count() -> None:
    counter = statements.get()
    if counter is not None:
        counter[0] += 1


@contextmanager
def _translated() -> Generator[None]:
    """The driver's errors in the words that SQLAlchemy has for them, without the values."""
    try:
        yield
    except asyncpg.PostgresConnectionError as error:
        raise OperationalError(None, None, error) from error
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(None, None, error) from error
    except asyncpg.SyntaxOrAccessError as error:
        raise ProgrammingError(None, None, error) from error
    except asyncpg.PostgresError as error:
        raise DBAPIError(None, None, error) from error
    except asyncpg.InterfaceError as error:
        raise InterfaceError(None, None, error) from error
