"""Salts of the hashes by which the activity can prove which text stood in a project."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    """Add the table of salts, and what reads the wordings of a revision."""
    run_script(op.get_bind(), read_sql("*_text_salts.sql"))
