"""The to-do list."""

from alembic import op

revision = "tasks_0001"
down_revision = None
branch_labels = ("tasks",)
depends_on = "kernel_0001"

SCOPE = """
    current_setting('app.all', true) = 'on'
    or ((institution_id = any((select nullif(current_setting('app.inst', true), '')::int[])::int[])
         or assignee_id = (select nullif(current_setting('app.staff', true), '')::int)
         or customer_no = any((select nullif(current_setting('app.extra', true), '')::int[])::int[]))
        and line = any((select nullif(current_setting('app.lines', true), '')::text[])::text[]))
"""


def upgrade() -> None:
    op.execute("""
        create table tasks.task (
            id uuid primary key,
            origin_room text not null, origin_kind text not null, origin_id text not null,
            customer_no integer not null, institution_id integer not null, assignee_id integer not null,
            line text not null,
            title jsonb not null, why jsonb not null,
            due_on date not null,
            value_minor bigint not null, currency text not null,
            status text not null check (status in ('open', 'closed')),
            result text, closed_by integer, closed_at timestamptz, closed_on date,
            created_at timestamptz not null, version integer not null,
            check ((status = 'closed') = (closed_at is not null))
        )""")
    op.execute("create index task_open on tasks.task (assignee_id, due_on, id) where status = 'open'")
    op.execute("create index task_closed on tasks.task (assignee_id, closed_at desc, id) where status = 'closed'")
    op.execute("create index task_done on tasks.task (assignee_id, closed_on) where status = 'closed'")
    op.execute("create index task_open_all on tasks.task (due_on, id) where status = 'open'")
    op.execute("create index task_closed_all on tasks.task (closed_at desc, id) where status = 'closed'")
    op.execute("create index task_unit on tasks.task (institution_id, status, due_on, id)")
    op.execute("create index task_customer on tasks.task (customer_no) where customer_no > 0")
    op.execute("alter table tasks.task enable row level security")
    op.execute("alter table tasks.task force row level security")
    op.execute(f"create policy scope on tasks.task using ({SCOPE})")
    op.execute("grant select, insert, update on all tables in schema tasks to haoyou_tasks")
