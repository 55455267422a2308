"""When a sweep last came to its end."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0024"
down_revision = "0019"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_last_sweep.sql"))
