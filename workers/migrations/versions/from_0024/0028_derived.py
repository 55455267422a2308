"""What is derived from projects is deleted with them by a trigger instead of foreign keys."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_derived.sql"))
