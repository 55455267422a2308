"""Policies of retention: longer or shorter times for a type, a status or a value of a category."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    """Add the table of policies, and the function that says when projects expire."""
    run_script(op.get_bind(), read_sql("*_retention_policies.sql"))
