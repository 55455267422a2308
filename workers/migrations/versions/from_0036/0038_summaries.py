"""Summaries of a period, and the figures of projects that they are made of."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_summaries.sql"))
