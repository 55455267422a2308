"""Packages that are encrypted to keys."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_export_recipients.sql"))
