"""Partitions are dropped with the owner's rights, and only those that housekeeping drops."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0010"
down_revision = "0013"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_guarded.sql"))
