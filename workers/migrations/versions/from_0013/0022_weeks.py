"""Projects by the week in which they started, in the order of a page."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_weeks.sql"))
