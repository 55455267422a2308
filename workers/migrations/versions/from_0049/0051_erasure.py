"""What people wrote leaves statistics and freed pages with its project."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_erasure.sql"))
