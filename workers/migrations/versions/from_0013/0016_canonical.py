"""One form of numbers and names; entries of imports by project; tombstones by number."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Run the two files of this version."""
    run_script(op.get_bind(), read_sql("*_numbered.sql"))
    run_script(op.get_bind(), read_sql("*_canonical.sql"))
