"""Reports with the activity of their project."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_report_activity.sql"))
