"""The history has one row for each command."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_change_sets.sql"))
