"""Bring a database to this version: roles first, then each room's migrations as a branch of its own.

Runs as an administrator who becomes the owner role; the application's login owns nothing and can only step into the
rooms' roles (INHERIT FALSE, SET TRUE). One lock keeps two starts apart.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from haoyou.kernel.db.engine import role_of

OWNER = "haoyou_owner"
APP = "haoyou_app"
LOCK = 9024  # advisory lock of migrations
_SCRIPTS = Path(__file__).parent / "alembic"
_KERNEL = Path(__file__).parent.parent / "migrations"


def _admin_engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)


@contextmanager
def _alone(url: str) -> Generator[Connection]:
    with _admin_engine(url).connect() as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
        yield connection


def migrate(admin_url: str, *, rooms: Sequence[str], directories: Sequence[Path], app_password: str) -> None:
    """`rooms` get a schema and a role each; `directories` hold their migrations. Safe to repeat."""
    with _alone(admin_url) as connection:
        _make_roles(connection, ["kernel", *rooms], app_password)
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", "\n".join(map(str, [_KERNEL, *directories])))
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        connection.commit()


def _make_roles(connection: Connection, rooms: Sequence[str], app_password: str) -> None:
    """Roles belong to the whole server, schemas to this database; both are made only where missing."""
    existing = set(connection.execute(text("select rolname from pg_roles")).scalars())
    if OWNER not in existing:
        connection.execute(text(f"create role {OWNER} nologin"))
        connection.execute(text(f"grant {OWNER} to current_user with inherit false, set true"))
    if APP not in existing:
        connection.execute(text(f"create role {APP} login noinherit"))
    quoted = app_password.replace("'", "''")
    connection.execute(text(f"alter role {APP} password '{quoted}'"))
    for room in rooms:
        role = role_of(room)
        if role not in existing:
            connection.execute(text(f"create role {role} nologin"))
            connection.execute(text(f"grant {role} to {APP} with inherit false, set true"))
    database = connection.execute(text("select current_database()")).scalar_one()
    connection.execute(text(f'revoke all on database "{database}" from public'))
    connection.execute(text(f'grant connect on database "{database}" to {APP}'))
    connection.execute(text(f'grant create on database "{database}" to {OWNER}'))
    connection.execute(text("revoke create on schema public from public"))
    connection.execute(text(f"set role {OWNER}"))
    connection.execute(text("create schema if not exists kernel"))
    for room in rooms:
        connection.execute(text(f"create schema if not exists {room}"))
        connection.execute(text(f"grant usage on schema {room} to {role_of(room)}"))
        connection.execute(text(f"grant usage on schema kernel to {role_of(room)}"))
    connection.execute(text("reset role"))
    connection.commit()
