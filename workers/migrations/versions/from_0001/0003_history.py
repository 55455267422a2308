"""What is kept of every change, and drafts."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_history.sql"))
