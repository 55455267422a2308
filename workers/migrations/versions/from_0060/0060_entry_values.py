"""Values of projects' data are beside the entries of the activity, so that they can go with their project."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0060"
down_revision = "0058"


def upgrade() -> None:
    """Add the table of values; entries of earlier versions keep theirs until the log forgets them."""
    run_script(op.get_bind(), read_sql("*_entry_values.sql"))
