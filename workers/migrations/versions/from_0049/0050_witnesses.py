"""Witnesses of the activity logs, and what they have said about checkpoints."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    """Add the tables."""
    run_script(op.get_bind(), read_sql("0050_*.sql"))
