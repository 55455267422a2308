"""The design of reports: a logo."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0042"
down_revision = "0040"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_report_design.sql"))
