"""The only code of this application that a migration may use: reading and running its SQL files."""

from importlib.resources import files
from pathlib import Path

from sqlalchemy import Connection

HERE = Path(str(files("workers.migrations")))


def read_sql(pattern: str) -> str:
    """Return the one SQL file of the package whose name matches."""
    (path,) = (HERE / "sql").rglob(pattern)
    return path.read_text()


def run_script(connection: Connection, script: str) -> None:
    """Run a file of statements unchanged: without parameters, no character of it is special."""
    connection.connection.cursor().execute(script)
