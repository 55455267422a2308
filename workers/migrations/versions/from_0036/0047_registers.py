"""Registers of disclosures as files."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_registers.sql"))
