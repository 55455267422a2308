"""Taking over projects of another system from a file."""

import typer


def register(app: typer.Typer) -> None:
    """Add `import`."""
