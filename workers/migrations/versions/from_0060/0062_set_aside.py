"""Projects that are set aside: deleted with an undo window, or restricted."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    """Let projects be set aside, out of sight of every query and of every other worker."""
    run_script(op.get_bind(), read_sql("*_set_aside.sql"))
