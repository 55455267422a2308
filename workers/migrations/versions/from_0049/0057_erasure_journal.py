"""What waits for the erasure journal, and how much of the journal this database knows."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """Add both tables; what was deleted before waits for the journal, too."""
    run_script(op.get_bind(), read_sql("*_erasure_journal.sql"))
