"""Sweeps in a place of their own: the steps that were taken, and deletions that wait for the log server as one row."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_sweep_steps.sql"))
