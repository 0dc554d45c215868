"""Tables say what they hold, stay in their schema, protect customers' rows, and are what the migrations made."""

from collections.abc import Generator

import pytest
from sqlalchemy import Column, Connection, ForeignKey, Integer, MetaData, Table, Text, create_engine, text

from haoyou.kernel import tables as kernel_tables
from haoyou.kernel.testing.server import Database
from haoyou.rooms import load_rooms
from tests.architecture import schema

METADATA = {"kernel": kernel_tables.metadata, **{room.name: room.metadata for room in load_rooms()}}


@pytest.fixture
def connection(database: Database) -> Generator[Connection]:
    """As administrator, in a database that only the migrations have touched."""
    engine = create_engine(database.admin_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as one:
        yield one
    engine.dispose()


def test_every_table_declares_data_class_and_retention() -> None:
    assert sum(len(metadata.tables) for metadata in METADATA.values()) >= 13
    assert schema.undeclared(METADATA.values()) == []


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, ["planted.thing does not declare its data class", "planted.thing does not declare its retention"]),
        ({"data_class": "C2"}, ["planted.thing does not declare its retention"]),
        ({"data_class": "C2", "retention": " "}, ["planted.thing does not declare its retention"]),
        ({"data_class": "secret", "retention": "1 day"}, ["planted.thing does not declare its data class"]),
        ({"data_class": "C2", "retention": "1 day"}, []),
    ],
)
def test_a_table_that_does_not_is_seen(info: dict[str, str], words: list[str]) -> None:
    metadata = MetaData(schema="planted")
    Table("thing", metadata, Column("id", Integer), info=info)
    assert schema.undeclared([metadata]) == words


def test_no_key_crosses_a_schema_and_no_room_declares_anothers_table() -> None:
    assert schema.keys_across_schemas(METADATA.values()) == []
    assert schema.outside_own_schema(METADATA) == []


def test_a_key_that_crosses_is_seen() -> None:
    metadata = MetaData(schema="planted")
    Table("thing", metadata, Column("staff_id", Integer, ForeignKey("identity.staff.id")))
    Table("part", metadata, Column("thing_id", Integer, ForeignKey("planted.thing.id")))
    assert schema.keys_across_schemas([metadata]) == ["planted.thing -> identity.staff.id"]
    assert schema.outside_own_schema({"elsewhere": metadata}) == [
        "elsewhere declares planted.thing",
        "elsewhere declares planted.part",
    ]


def test_no_key_crosses_a_schema_in_the_database(connection: Connection) -> None:
    assert schema.database_keys_across_schemas(connection) == []
    connection.execute(text("create schema planted"))
    connection.execute(text("create table planted.thing (staff_id integer references identity.staff)"))
    assert schema.database_keys_across_schemas(connection) == ["planted.thing -> identity.staff"]


@pytest.mark.parametrize("room", METADATA)
def test_the_tables_are_what_the_migrations_made(connection: Connection, room: str) -> None:
    assert schema.differences(connection, room, METADATA[room]) == []


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ("alter table identity.staff add column nickname text", "remove_column"),
        ("alter table identity.staff drop column left_on", "add_column"),
        ("alter table identity.staff alter column name drop not null", "modify_nullable"),
        ("alter table identity.staff alter column left_on type timestamptz using left_on::timestamptz", "modify_type"),
        ("create table identity.nickname (id integer)", "remove_table"),
        ("drop table identity.bank_day", "add_table"),
    ],
)
def test_a_table_that_is_something_else_is_seen(connection: Connection, planted: str, words: str) -> None:
    connection.execute(text(planted))
    (seen,) = schema.differences(connection, "identity", METADATA["identity"])
    assert seen.startswith(words)


def test_rows_with_customer_data_are_protected(connection: Connection) -> None:
    assert schema.unprotected(connection, METADATA.values()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "",
        "alter table planted.thing enable row level security",
        "alter table planted.thing enable row level security; alter table planted.thing force row level security",
        "alter table planted.thing enable row level security; create policy p on planted.thing using (true)",
    ],
)
def test_a_table_left_open_is_seen(connection: Connection, planted: str) -> None:
    before = set(schema.unprotected(connection, METADATA.values()))
    connection.execute(text(f"create schema planted; create table planted.thing (customer_no integer); {planted}"))
    seen = set(schema.unprotected(connection, METADATA.values())) - before
    assert seen == {"planted.thing: row-level security is not enabled, forced and with a policy"}


def test_a_table_that_only_says_it_holds_customers_is_seen(connection: Connection) -> None:
    before = set(schema.unprotected(connection, METADATA.values()))
    metadata = MetaData(schema="planted")
    Table("thing", metadata, Column("name", Text), info={"customer_data": True})
    connection.execute(text("create schema planted; create table planted.thing (name text)"))
    assert len(set(schema.unprotected(connection, [*METADATA.values(), metadata])) - before) == 1


def test_a_protected_table_is_left_in_peace(connection: Connection) -> None:
    before = schema.unprotected(connection, METADATA.values())
    connection.execute(
        text(
            "create schema planted; create table planted.thing (customer_no integer);"
            " alter table planted.thing enable row level security; alter table planted.thing force row level security;"
            " create policy p on planted.thing using (true)"
        )
    )
    assert schema.unprotected(connection, METADATA.values()) == before


def test_no_login_of_the_house_owns_or_bypasses(connection: Connection) -> None:
    """Roles with BYPASSRLS or a superuser's right would make every policy a decoration."""
    strong = text(
        "select rolname from pg_roles where rolname like 'haoyou%' and (rolsuper or rolbypassrls or rolcreaterole"
        " or rolinherit and rolcanlogin)"
    )
    assert list(connection.execute(strong).scalars()) == []
    owners = text(
        "select distinct tableowner from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
    )
    assert list(connection.execute(owners).scalars()) == ["haoyou_owner"]


def test_no_view_sees_more_than_its_reader(connection: Connection) -> None:
    plain = text(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'v' and n.nspname not in ('pg_catalog', 'information_schema')"
        " and not coalesce('security_invoker=true' = any(c.reloptions), false)"
    )
    assert list(connection.execute(plain).scalars()) == []
    connection.execute(text("create view identity.planted as select id from identity.staff"))
    assert list(connection.execute(plain).scalars()) == ["identity.planted"]
