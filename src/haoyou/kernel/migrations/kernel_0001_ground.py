"""Outbox, inbox, idempotency and audit. Rooms may add to outbox and audit and see only their own other rows."""

from alembic import op

revision = "kernel_0001"
down_revision = None
branch_labels = ("kernel",)
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table kernel.outbox (
            seq bigint generated always as identity primary key,
            id uuid not null unique,
            room text not null,
            message text not null,
            version smallint not null,
            key text not null,
            partition smallint not null check (partition between 0 and 15),
            body jsonb not null,
            caused_by integer not null,
            request_ref text not null,
            told_at timestamptz not null,
            tries smallint not null default 0,
            next_try_at timestamptz,
            parked_at timestamptz,
            last_error text,
            delivered_at timestamptz
        )""")
    op.execute("create index outbox_waiting on kernel.outbox (seq) where delivered_at is null")
    op.execute("create index outbox_waiting_key on kernel.outbox (partition, key, seq) where delivered_at is null")
    op.execute("""
        create table kernel.inbox (
            room text not null, consumer text not null, message_id uuid not null, done_at timestamptz not null,
            primary key (room, consumer, message_id)
        )""")
    op.execute("""
        create table kernel.idempotency (
            room text not null, principal text not null, key uuid not null,
            request_hash text not null, status smallint not null, answer bytea not null, made_at timestamptz not null,
            primary key (room, principal, key)
        )""")
    op.execute("""
        create table kernel.audit_pending (
            id bigint generated always as identity primary key, entry jsonb not null, at timestamptz not null
        )""")
    op.execute("""
        create table kernel.audit_log (
            seq bigint primary key, at timestamptz not null, entry jsonb not null, hash bytea not null
        )""")
    op.execute("""
        create table kernel.audit_seal (
            one integer primary key check (one = 1), seq bigint not null, hash bytea not null,
            sealed_at timestamptz not null
        )""")
    for table in ("inbox", "idempotency"):
        op.execute(f"alter table kernel.{table} enable row level security")
        op.execute(f"alter table kernel.{table} force row level security")
        op.execute(f"create policy own on kernel.{table} using ('haoyou_' || room = current_user)")
        op.execute(f"create policy retention on kernel.{table} to haoyou_kernel using (true)")
    op.execute("alter table kernel.outbox enable row level security")
    op.execute("alter table kernel.outbox force row level security")
    op.execute("create policy own on kernel.outbox for insert with check ('haoyou_' || room = current_user)")
    op.execute("create policy relay on kernel.outbox to haoyou_kernel using (true)")
    op.execute("grant usage on schema kernel to haoyou_kernel")
    op.execute("grant select, insert, update, delete on all tables in schema kernel to haoyou_kernel")
    op.execute("revoke update, delete on kernel.audit_log from haoyou_kernel")
    op.execute("grant insert on kernel.outbox, kernel.audit_pending to public")
    op.execute("grant select, insert on kernel.inbox, kernel.idempotency to public")
