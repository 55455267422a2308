"""Searches that look only where their caller may."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table anew; it is filled once the schema is the newest."""
    run_script(op.get_bind(), read_sql("*_search.sql"))
