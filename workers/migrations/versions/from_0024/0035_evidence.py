"""Packages as evidence: a setting about their recipients, and the activity that they hold."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_evidence.sql"))
