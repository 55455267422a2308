"""Reports in the packages of restricted projects."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """Let the worker of reports see a restricted project for as long as it reads one for a package."""
    run_script(op.get_bind(), read_sql("*_while_restricted.sql"))
