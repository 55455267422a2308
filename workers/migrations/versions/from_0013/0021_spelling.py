"""Words as people type them, and descriptions in the order of a dictionary."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0021"
down_revision = "0018"


def upgrade() -> None:
    """Run the one file of this version; what is searched is made anew once the schema is the newest."""
    run_script(op.get_bind(), read_sql("*_spelling.sql"))
