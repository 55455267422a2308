"""A lane knows how many lanes its worker has, and reactions have a lane that no lane of commands can be."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_partitions.sql"))
