"""How much a project holds."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0014"
down_revision = "0011"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_sizes.sql"))
