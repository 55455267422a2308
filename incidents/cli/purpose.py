"""To whom a copy of a project goes and why, as it is typed."""

from typing import Annotated, Final

import typer

Recipient = Annotated[str | None, typer.Option("--to", metavar="TEXT", help="To whom it goes.")]
Reference = Annotated[
    str | None, typer.Option("--reference", metavar="TEXT", help="The recipient's reference, such as a case number.")
]
LegalBasis = Annotated[
    str | None, typer.Option("--basis", metavar="TEXT", help="The provision or the order under which it is given.")
]

PURPOSE_HEADINGS: Final = ("For", "Reference of the recipient", "Legal basis")


def purpose(recipient: str | None, reference: str | None, legal_basis: str | None) -> dict[str, str]:
    """Return the fields of a command for what was typed."""
    fields = {"recipient": recipient, "reference": reference, "legal_basis": legal_basis}
    return {name: text for name, text in fields.items() if text is not None}
