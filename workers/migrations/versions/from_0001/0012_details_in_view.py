"""View on main details and categories, for the roles that had it without a word."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0012"
down_revision = "0009"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_details_in_view.sql"))
