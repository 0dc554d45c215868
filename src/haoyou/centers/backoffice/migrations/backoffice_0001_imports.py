"""Import runs and the landed files that count."""

from alembic import op

revision = "backoffice_0001"
down_revision = None
branch_labels = ("backoffice",)
depends_on = "kernel_0001"


def upgrade() -> None:
    op.execute("""
        create table backoffice.import_run (
            id text primary key, source text not null, bank_date date not null, currency text not null,
            status text not null check (status in ('started', 'landed', 'done')),
            report jsonb not null, known_at timestamptz not null, done_at timestamptz,
            unique (source, bank_date)
        )""")
    op.execute("""
        create table backoffice.snapshot (
            run_id text not null references backoffice.import_run (id), dataset text not null,
            bank_date date not null, path text not null, sha256 text not null, rows bigint not null,
            primary key (run_id, dataset)
        )""")
    op.execute("create index snapshot_day on backoffice.snapshot (bank_date)")
    op.execute("grant select, insert, update on all tables in schema backoffice to haoyou_backoffice")
