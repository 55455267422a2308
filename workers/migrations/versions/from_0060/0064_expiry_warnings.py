"""Warnings before projects expire, how late sweeps are with policies, and supplements of certificates."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    """Keep what was announced, since when a project is overdue, and the supplements of certificates."""
    run_script(op.get_bind(), read_sql("*_expiry_warnings.sql"))
