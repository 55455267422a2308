"""Packages that are made as streams."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_package_streams.sql"))
