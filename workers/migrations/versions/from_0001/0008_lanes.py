"""Where each lane stands, and which processes live."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_lanes.sql"))
