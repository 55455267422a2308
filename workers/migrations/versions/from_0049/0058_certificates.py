"""Certificates of destruction."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_certificates.sql"))
