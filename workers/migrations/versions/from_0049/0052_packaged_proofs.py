"""Packages whose activity has proofs."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_packaged_proofs.sql"))
