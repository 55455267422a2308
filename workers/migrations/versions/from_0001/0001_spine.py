"""The spine: every slice's tables and the read models they publish."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the schemas, runtime first, then each slice after those it refers to."""
    for name in ("runtime", "administration", "projects", "reports", "retention", "audit"):
        run_script(op.get_bind(), read_sql(f"*_{name}.sql"))
