"""Alembic's entry: runs on the connection that migrate.py holds, as the owner of all schemas."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("set role haoyou_owner"))
connection.execute(text("set lock_timeout = '5s'"))
context.configure(
    connection=connection, version_table="migration", version_table_schema="kernel", transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
connection.execute(text("reset role"))
