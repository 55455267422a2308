"""What every definition and setting was, and what a value was called when it was set."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0017"
down_revision = "0010"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_definitions.sql"))
