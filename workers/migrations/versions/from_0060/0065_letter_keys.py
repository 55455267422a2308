"""Dead letters are sealed, each with a key of its own."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    """Add the keys of dead letters; letters of earlier versions stay as they are."""
    run_script(op.get_bind(), read_sql("*_letter_keys.sql"))
