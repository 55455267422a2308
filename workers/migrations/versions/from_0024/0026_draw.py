"""A number and its time are drawn in one step."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_draw.sql"))
