"""Holds end by a date, have a reference, and are released by others with a permission of its own."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    """Add ends and references of holds, and the view that decides which holds are in force."""
    run_script(op.get_bind(), read_sql("*_hold_ends.sql"))
