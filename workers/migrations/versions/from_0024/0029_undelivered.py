"""Entries wait for the log server as a row for each batch."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_undelivered.sql"))
