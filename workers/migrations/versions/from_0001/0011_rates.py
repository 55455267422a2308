"""Places up to which commands were turned away, and counts of what is not recorded one by one."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0011"
down_revision = "0012"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_rates.sql"))
