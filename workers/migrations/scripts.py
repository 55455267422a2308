"""What a version may use of this application: nothing but the files of statements that it runs."""

from importlib.resources import files
from pathlib import Path

from sqlalchemy import Connection

HERE = Path(str(files("workers.migrations")))


def read_sql(pattern: str) -> str:
    """Return the one SQL file of the package whose name matches."""
    (path,) = (HERE / "sql").glob(pattern)
    return path.read_text()


def run_script(connection: Connection, script: str) -> None:
    """Run a file of statements as it stands: no parameters, so no character of it means anything else."""
    connection.connection.cursor().execute(script)
