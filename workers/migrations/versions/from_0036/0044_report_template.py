"""Reports in the form of an organisation's own template."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_report_template.sql"))
