"""The outbox keeps what was published, and numbers it."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_outbox_log.sql"))
