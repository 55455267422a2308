"""Mistakes in a typed line that are found while it is parsed."""

import typer


class MistakeError(typer.BadParameter):
    """A mistake in the line; the sentence says all, without typer's words about a value."""

    def format_message(self) -> str:
        """Return the sentence alone."""
        return self.message
