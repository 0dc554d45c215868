"""The one way to PostgreSQL: a pool of one login, and transactions that first say who they are."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Executable, Row, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from haoyou.kernel.principal import Principal

STATEMENT_TIMEOUT_MS = 20_000  # nothing a person waits for takes longer; jobs work in small bites

_ENTER = text(
    "select set_config('role', :role, true), set_config('transaction_read_only', :read_only, true),"
    " set_config('app.inst', :inst, true), set_config('app.staff', :staff, true),"
    " set_config('app.lines', :lines, true), set_config('app.extra', :extra, true), set_config('app.all', :all, true)"
)

_COUNTED = {"preserve_rowcount": True}  # of an INSERT, SQLAlchemy forgets the number otherwise

statements: ContextVar[list[int] | None] = ContextVar("statements", default=None)
"""A counter the gateway may hang up for a request: how many SQL statements it cost."""

open_transaction: ContextVar["Transaction | None"] = ContextVar("open_transaction", default=None)


def role_of(room: str) -> str:
    return f"haoyou_{room}"


def open_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """`url` is a postgresql:// address of the application's login."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        connect_args={"options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC", "connect_timeout": 10},
    )
    event.listen(engine.sync_engine, "before_cursor_execute", _count)
    event.listen(engine.sync_engine, "handle_error", _drop_dead_pool)
    return engine


_SERVER_GONE = (None, "57P01", "57P02", "57P03")  # no answer, shut down, crashed, not up yet


def is_lost(error: BaseException) -> bool:
    """Whether the server was out of reach, or every connection in use: what a caller may try again in a moment."""
    if isinstance(error, PoolExhausted):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") in _SERVER_GONE


def _count(_connection: Connection, _cursor: Any, *_rest: Any) -> None:
    counter = statements.get()
    if counter is not None:
        counter[0] += 1


def _drop_dead_pool(context: Any) -> None:
    """After the server restarts every pooled connection is dead; the first error of the kind empties the pool."""
    if isinstance(context.original_exception, OSError):
        context.is_disconnect = True


class Transaction:
    """One transaction under a room's role and a principal's scope. At most one is open in a task."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @staticmethod
    async def open(engine: AsyncEngine, *, room: str, principal: Principal, read_only: bool) -> "Transaction":
        assert open_transaction.get() is None, "a second transaction in one use case"
        connection = await engine.connect()
        try:
            settings = principal.scope.settings()
            await connection.execute(
                _ENTER,
                {
                    "role": role_of(room),
                    "read_only": "on" if read_only else "off",
                    **{name.removeprefix("app."): value for name, value in settings.items()},
                },
            )
        except BaseException:
            await connection.close()
            raise
        transaction = Transaction(connection)
        open_transaction.set(transaction)
        return transaction

    async def commit(self) -> None:
        try:
            await self.connection.commit()
        finally:
            await self._close()

    async def rollback(self) -> None:
        await self._close()  # a pooled connection is rolled back when it is returned

    async def _close(self) -> None:
        open_transaction.set(None)
        await self.connection.close()

    async def run(self, statement: Executable, values: Any = None) -> int:
        """Execute; answers the number of rows touched."""
        result = await self.connection.execute(statement, values, execution_options=_COUNTED)
        return result.rowcount  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        return (await self.connection.execute(statement, values)).all()

    async def first(self, statement: Executable, values: Any = None) -> Row[Any] | None:
        return (await self.connection.execute(statement, values)).first()

    async def value(self, statement: Executable, values: Any = None) -> Any:
        return (await self.connection.execute(statement, values)).scalar()
