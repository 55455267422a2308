"""The reports of many projects in one file."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_batches.sql"))
