"""The command that lists and saves certificates of destruction."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from contracts.destruction import (
    CertificateOfDestruction,
    Certificates,
    CertificateSupplement,
    ListCertificates,
)
from contracts.evidence.destruction import Certificate, written_pem
from incidents.cli.arguments import TIME
from incidents.cli.operations.destruction.words import KINDS, rule_in_words, supplement_beside
from incidents.cli.paging import pages, show_pages
from incidents.client import Client
from incidents.terminal.input.reading import make_message, read_time
from incidents.terminal.options import command
from incidents.terminal.saving import cannot_write, whole_file
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show

_RANGES_SHOWN: Final = 3
_HEADINGS: Final = ("Certificate", "Erased by", "Erased", "Projects", "Count", "Overwritten", "Issued")
_MORE: Final = ("Rule", "Fields", "Log entries", "Root hash", "Key")


def register(app: typer.Typer) -> None:
    """Add `certificates`."""
    command(
        app,
        "certificates",
        "incidents retention certificates --project 20163",
        "incidents retention certificates --since 30d --all --csv",
        "incidents retention certificates --project 20163 --save certificates",
        table=True,
    )(certificates)


async def certificates(
    session: Session,
    *,
    project: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only those about the project that had this number.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=f"Erased since: {TIME}")] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Save them all with their signatures and the key, each in three files."),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Certificates on a page.")] = 50,
    all_: Annotated[bool, typer.Option("--all", help="All pages, not only the first.")] = False,
) -> None:
    """Show the certificates of destruction, newest first: what was erased, when, by which rule, signed by the site.

    There is one for each sweep, each deletion by hand and each redaction. It names no person.
    """
    moment = read_time(session, since, "--since")
    query = make_message(session, ListCertificates, {"number": project, "since": moment, "limit": limit})
    async with session.client() as client:
        if save is not None:
            await _save_all(session, client, query, save)
            return

        async def laid(page: Certificates) -> show.Sheet:
            rows = (_row(session, item) for item in page.items)
            return show.table(session.language, *_HEADINGS, rows=rows, more=_MORE)

        await show_pages(session, client, query, laid, every=all_)


def _row(session: Session, item: CertificateOfDestruction) -> tuple[object, ...]:
    certificate = _read(item)
    ranges = certificate.projects if certificate else []
    return (
        item.number,
        session.say(KINDS[item.kind]),
        item.erased_until,
        show.Cell(_shortened(ranges), ", ".join(ranges)),
        item.count,
        (item.supplement or item).overwritten_at or session.say("not yet"),
        item.issued_at,
        *((rule_in_words(session, certificate), ", ".join(certificate.fields)) if certificate else ("", "")),
        *((certificate.log.size, certificate.log.root, certificate.key) if certificate else ("", "", "")),
    )


def _read(item: CertificateOfDestruction) -> Certificate | None:
    """Return what a certificate says; None if a newer version issued it."""
    try:
        return Certificate.model_validate_json(item.text)
    except ValidationError:
        return None


def _shortened(ranges: Sequence[str]) -> str:
    shown = ", ".join(ranges[:_RANGES_SHOWN])
    return f"{shown}, …" if len(ranges) > _RANGES_SHOWN else shown


async def _save_all(session: Session, client: Client, query: ListCertificates, folder: Path) -> None:
    """Save the certificates of all pages, and report their files."""
    paths = list[Path]()
    async for page in pages(client, query, every=True):
        for item in page.items:
            paths.append(_save(session, folder, item))
    saved = {"saved": [str(path) for path in paths]}
    singular, plural = "{count} certificate is in {path}", "{count} certificates are in {path}"
    session.show(saved, session.count(len(paths), singular, plural, "There is no such certificate", path=folder))


def _save(session: Session, folder: Path, item: CertificateOfDestruction) -> Path:
    """Save a certificate in three files, and return the path of its text."""
    text = folder / f"certificate-{item.number}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in (*_files(text, item), *_supplement_files(text, item)):
            _write(session, path, content)
    except OSError as error:
        raise cannot_write(session, folder, error) from error
    return text


def _supplement_files(text: Path, item: CertificateOfDestruction) -> Iterable[tuple[Path, bytes]]:
    return _files(supplement_beside(text), item.supplement) if item.supplement else ()


def _files(text: Path, item: CertificateOfDestruction | CertificateSupplement) -> Iterable[tuple[Path, bytes]]:
    yield text, item.text.encode()
    yield text.with_suffix(".sig"), base64.b64decode(item.signature)
    yield text.with_suffix(".pem"), written_pem(base64.b64decode(item.public_key)).encode()


def _write(session: Session, path: Path, content: bytes) -> None:
    if path.exists():
        if path.read_bytes() == content:
            return
        words = "{path} is another file, and is not overwritten: name another directory with --save"
        raise UsageError(session.say(words, path=path))
    with whole_file(path) as file:
        file.write(content)
