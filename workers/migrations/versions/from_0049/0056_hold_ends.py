"""Holds end by a date and have an owner, and a deletion may need a reason."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    """Add ends and references of holds, the view that decides which holds are in force, and a setting."""
    run_script(op.get_bind(), read_sql("*_hold_ends.sql"))
