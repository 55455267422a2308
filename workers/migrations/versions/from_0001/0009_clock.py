"""Probes that write, a clock that is believed, and partitions that are dropped by what lies in them."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_clock.sql"))
