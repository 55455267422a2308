"""What a site's licence allows."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the one file of this version."""
    run_script(op.get_bind(), read_sql("*_licence.sql"))
