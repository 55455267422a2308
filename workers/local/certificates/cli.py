"""The command that hands out the certificate of the key that signs PDF files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from workers.common.pdf_signing.identity import Files, NoPdfIdentityError, PdfIdentity
from workers.local.cli_environment import DEFAULT_DATA, AsJson
from workers.local.console_output import fail, tell, write
from workers.local.data_directory import Home

_USAGE: Final = 2


def show_certificate(
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", envvar="INCIDENTS_DATA", help="Where keys and credentials are kept."),
    ] = DEFAULT_DATA,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", envvar="INCIDENTS_PDF_KEY", help="A private key of your own.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="INCIDENTS_PDF_CERTIFICATE", help="The certificate of that key."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the certificate of the key that signs PDF files, for those who will receive some, and its fingerprint.

    Give it to them beforehand, in person or by another way than the files: `incidents verify --key` takes both.

    Example: incidents access certificate > pdf-signing.crt
    """
    own = list(Home(data.absolute()).signing_files.values())[1:]
    try:
        identity = PdfIdentity.read(Files(key or own[0], certificate or own[1]), datetime.now(UTC))
    except NoPdfIdentityError as error:
        fail(error, _USAGE)
    text = identity.certificate_text().strip()
    if as_json:
        write({"certificate": text, "fingerprint": identity.fingerprint})
        return
    tell(text)
    tell((identity.fingerprint, "dim"), err=True)
