"""Reports wait for a signed state of the activity log; the record of processing is a PDF, too."""

from alembic import op

from workers.migrations.scripts import read_sql, run_script

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Let a report say how large a log it needs, and publish the roles."""
    run_script(op.get_bind(), read_sql("*_report_proofs.sql"))
    run_script(op.get_bind(), read_sql("*_processing_record.sql"))
