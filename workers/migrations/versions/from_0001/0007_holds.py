"""Holds, and what is due."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_holds.sql"))
