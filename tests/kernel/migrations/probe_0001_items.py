"""Rooms for the kernel's tests only: probe keeps items under row-level security, echo writes down what it hears."""

from alembic import op

revision = "probe_0001"
down_revision = None
branch_labels = ("probe",)
depends_on = "kernel_0001"

SCOPE = """
    current_setting('app.all', true) = 'on'
    or ((unit = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or owner = (select nullif(current_setting('app.staff', true), '')::int)
         or number = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""


def upgrade() -> None:
    op.execute("""
        create table probe.item (
            id uuid primary key, number integer not null, unit integer not null, owner integer not null,
            line text not null, words text not null, version integer not null
        )""")
    op.execute("alter table probe.item enable row level security")
    op.execute("alter table probe.item force row level security")
    op.execute(f"create policy scope on probe.item using ({SCOPE})")
    op.execute("create table probe.done (words text primary key, times integer not null)")
    op.execute("""
        create table echo.heard (
            n bigint generated always as identity primary key, key text not null, number integer not null
        )""")
    op.execute("grant select, insert, update on all tables in schema probe to haoyou_probe")
    op.execute("grant select, insert on all tables in schema echo to haoyou_echo")
