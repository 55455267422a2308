"""What lists, filters and searches need."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_lists.sql"))
