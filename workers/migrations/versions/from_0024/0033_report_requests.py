"""The time at which a report was asked for, by which reports are listed."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_report_requests.sql"))
