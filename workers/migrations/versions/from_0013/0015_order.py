"""What a project holds is kept in the order in which it was accepted."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0015"
down_revision = "0022"


def upgrade() -> None:
    """Add the order, then read that of what is there from the history."""
    run_script(op.get_bind(), read_sql("*_order.sql"))
    run_script(op.get_bind(), read_sql("*_added.sql"))
