"""What a report shows besides the document of its project."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_circumstances.sql"))
