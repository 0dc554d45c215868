"""What the rooms say of their tables against what the migrations made."""

from collections.abc import Iterable, Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, text

from haoyou.kernel.masking import DataClass

CUSTOMER_COLUMN = "customer_no"
# What a room's tables.py need not repeat: the database knows these from the migration.
_IGNORED = {
    "add_index",
    "remove_index",
    "add_constraint",
    "remove_constraint",
    "modify_default",
    "add_fk",
    "remove_fk",
} | {"add_table_comment", "remove_table_comment", "modify_comment"}

_ROW_SECURITY = text(
    "select n.nspname || '.' || c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,"
    " (select count(*) from pg_policy p where p.polrelid = c.oid) as policies"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p')"
)
_CROSSING_KEYS = text(
    "select k.conrelid::regclass::text || ' -> ' || k.confrelid::regclass::text as words"
    " from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid"
    " where k.contype = 'f' and a.relnamespace <> b.relnamespace"
)
_CUSTOMER_TABLES = text(
    "select table_schema || '.' || table_name as name from information_schema.columns where column_name = :column"
)
_OWN_TABLES = text("select tablename from pg_tables where schemaname = :schema")


def undeclared(metadatas: Iterable[MetaData]) -> list[str]:
    """Tables that do not say how sensitive their rows are and how long they are kept."""
    return [
        f"{table.fullname} does not declare {word}"
        for metadata in metadatas
        for table in metadata.tables.values()
        for word, good in (
            ("its data class", table.info.get("data_class") in set(DataClass)),
            ("its retention", bool(str(table.info.get("retention") or "").strip())),
        )
        if not good
    ]


def keys_across_schemas(metadatas: Iterable[MetaData]) -> list[str]:
    return [
        f"{table.fullname} -> {key.target_fullname}"
        for metadata in metadatas
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname.split(".")[0] != table.schema
    ]


def outside_own_schema(metadatas: dict[str, MetaData]) -> list[str]:
    return [
        f"{room} declares {table.fullname}"
        for room, metadata in metadatas.items()
        for table in metadata.tables.values()
        if table.schema != room
    ]


def holds_customers(table: Table) -> bool:
    return CUSTOMER_COLUMN in table.columns or bool(table.info.get("customer_data"))


def unprotected(connection: Connection, metadatas: Iterable[MetaData]) -> list[str]:
    """Tables with customer data whose rows are not protected, from the rooms' word and from the columns that exist."""
    declared = {
        table.fullname for metadata in metadatas for table in metadata.tables.values() if holds_customers(table)
    }
    found = set(connection.execute(_CUSTOMER_TABLES, {"column": CUSTOMER_COLUMN}).scalars())
    state = {row.name: row for row in connection.execute(_ROW_SECURITY)}
    return [
        f"{name}: row-level security is not enabled, forced and with a policy"
        for name in sorted(declared | found)
        if not (state[name].enabled and state[name].forced and state[name].policies)
    ]


def database_keys_across_schemas(connection: Connection) -> list[str]:
    return list(connection.execute(_CROSSING_KEYS).scalars())


def differences(connection: Connection, room: str, metadata: MetaData) -> list[str]:
    """Tables, columns, types and nullability in which the room's tables.py and the migrated database differ."""
    own = set(connection.execute(_OWN_TABLES, {"schema": room}).scalars()) | {
        table.name for table in metadata.tables.values()
    }

    def is_ours(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
        if kind == "schema":
            return name == room
        return parents.get("schema_name") == room and (kind != "table" or name in own)

    options = {"include_schemas": True, "include_name": is_ours, "compare_type": True}
    options |= {"version_table": "migration", "version_table_schema": "kernel"}  # alembic's own, left out
    context = MigrationContext.configure(connection, opts=options)
    return [words for found in compare_metadata(context, metadata) for words in _told(found)]


def _told(found: Any) -> Sequence[str]:
    changes = found if isinstance(found, list) else [found]
    return [" ".join(map(str, change[:1])) + f" {change[1:]}" for change in changes if change[0] not in _IGNORED]
