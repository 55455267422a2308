"""The command that shows one certificate of destruction as a text for people, which can be printed."""

import hashlib
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import RenderableType
from rich.text import Text

from contracts.destruction import CertificateOfDestruction, CertificateSupplement, ListCertificates
from contracts.evidence.destruction import Certificate
from incidents.cli.operations.destruction.words import facts_of
from incidents.cli.paging import pages
from incidents.client import Client
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show


def register(app: typer.Typer) -> None:
    """Add `certificate`."""
    command(
        app,
        "certificate",
        "incidents retention certificate 17",
        "incidents retention certificate 17 --lang fr > certificate.txt",
        "incidents retention certificate 17 --json",
    )(certificate)


async def certificate(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The number of the certificate.")],
) -> None:
    """Show one certificate of destruction as a text for people, in English or in French.

    The site signs the JSON, not this text. `certificates --save` saves the JSON, and `verify-certificate` verifies it.
    """
    async with session.client() as client:
        item = await _find(session, client, number)
    digest = hashlib.sha256(item.text.encode()).hexdigest()
    try:
        content = Certificate.model_validate_json(item.text)
    except ValidationError as error:
        words = "a newer version issued certificate {number}: incidents retention certificates --save DIR saves it"
        raise UsageError(session.say(words, number=number)) from error
    document = {"number": number, "sha256": digest, "certificate": content.model_dump(mode="json")}
    session.show(document, *_text(session, content, item.supplement, digest))


async def _find(session: Session, client: Client, number: int) -> CertificateOfDestruction:
    """Return a certificate by its number.

    Raises:
        UsageError: There is none.
    """
    item: CertificateOfDestruction
    async for page in pages(client, ListCertificates(limit=500), every=True):
        for item in page.items:
            if item.number == number:
                return item
    words = "there is no certificate {number}: list all of them with `incidents retention certificates`"
    raise UsageError(session.say(words, number=number))


def _text(
    session: Session, content: Certificate, supplement: CertificateSupplement | None, digest: str
) -> list[RenderableType]:
    title = session.say(
        "Certificate of destruction no. {number} of the site {site}", number=content.number, site=content.site
    )
    name = f"certificate-{content.number}.json"
    signed = (
        "This text is not signed. The file {name}, with the SHA-256 above, is: incidents retention certificates --save "
        "DIR saves it with its signature, and incidents retention verify-certificate {name} verifies it."
    )
    limits = "Backups, archives of the write-ahead log, and reports and packages that were handed over are not covered."
    rows = [*facts_of(session, content, supplement), ("Key", content.key), ("SHA-256", digest)]
    return [
        Text(f"{title}\n", style="bold"),
        Text(session.say("What is named here was erased by this site. The certificate names no person.") + "\n"),
        show.facts(session.language, rows),
        *(Text("\n" + session.say(words, name=name)) for words in (signed, limits)),
    ]
