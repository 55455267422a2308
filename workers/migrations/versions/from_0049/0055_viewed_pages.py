"""Pages of lists that were viewed are found by the projects on them."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0055"
down_revision = "0053"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_viewed_pages.sql"))
