"""Reports in the packages of restricted projects; clean-ups that wait for quiet hours."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """Let the worker of reports see a restricted project for as long as it reads one, and keep partial clean-ups."""
    run_script(op.get_bind(), read_sql("*_while_restricted.sql"))
    run_script(op.get_bind(), read_sql("*_partial_erasures.sql"))
