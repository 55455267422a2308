"""To whom reports go, and why."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_report_purposes.sql"))
