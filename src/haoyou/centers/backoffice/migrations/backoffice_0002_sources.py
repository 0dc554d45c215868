"""A day may be restated by a higher version; sources are registered."""

from alembic import op

revision = "backoffice_0002"
down_revision = "backoffice_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table backoffice.import_run add column version integer not null default 1 check (version > 0)")
    op.execute("alter table backoffice.import_run drop constraint import_run_source_bank_date_key")
    op.execute("create unique index import_run_day on backoffice.import_run (source, bank_date, version)")
    op.execute("""
        update backoffice.import_run set report = coalesce((
            select jsonb_agg(jsonb_build_object('bank_rows', one->'rows_in', 'reasons', '[]'::jsonb,
                'orphans', '[]'::jsonb, 'totals', '[]'::jsonb) || one) from jsonb_array_elements(report) as one
        ), '[]'::jsonb)""")
    op.execute("alter table backoffice.snapshot add column superseded_by text references backoffice.import_run (id)")
    op.execute("""
        create table backoffice.source (
            code text primary key, name_zh text not null, name_en text, owner text not null, licence text not null,
            purpose text not null, expected_days integer not null check (expected_days between 1 and 366),
            expires_on date, version integer not null, saved_at timestamptz not null
        )""")
    op.execute("""
        insert into backoffice.source
        select source, source, null, '', '', '', 1, null, 1, min(known_at) from backoffice.import_run group by source
    """)
    op.execute("grant select, insert, update on backoffice.source to haoyou_backoffice")
