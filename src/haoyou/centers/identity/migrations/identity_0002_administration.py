"""Places that are edited here, and people who are locked or must choose a password of their own."""

from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table identity.institution add column closed_on date, add column fed jsonb")
    op.execute("""
        update identity.institution i set fed = jsonb_build_object(
            'name', i.name, 'kind', i.kind,
            'parent', (select p.code from identity.institution p where p.id = i.parent_id)
        )""")
    op.execute("""
        alter table identity.staff
            add column locked boolean not null default false, add column must_change boolean not null default false""")
