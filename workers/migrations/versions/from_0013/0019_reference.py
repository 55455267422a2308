"""The number that a project has in another system."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0019"
down_revision = "0016"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_reference.sql"))
