"""Packages of restricted projects."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    """Let an export say why it reads a restricted project."""
    run_script(op.get_bind(), read_sql("*_restricted_exports.sql"))
