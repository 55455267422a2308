"""Exports that are listed after their end."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_export_control.sql"))
