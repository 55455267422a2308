"""What is read of a project only as far as it is told, and downloads that are recorded once."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0013"
down_revision = "0014"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_reading.sql"))
