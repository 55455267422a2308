"""Pages of lists that were viewed are found by the projects on them, and logs drop what is old."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """Run the two files of this version."""
    run_script(op.get_bind(), read_sql("*_viewed_pages.sql"))
    run_script(op.get_bind(), read_sql("*_dropped_entries.sql"))
