"""Redactions: words of a project that were erased before it."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    """Add the table of redactions, and let each one drop the files that showed the words."""
    run_script(op.get_bind(), read_sql("*_redactions.sql"))
