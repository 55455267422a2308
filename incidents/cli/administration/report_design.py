"""The commands of the design of reports: its logo and its template."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from contracts.figures import size
from contracts.report_design import (
    LOGO_BYTES_MAX,
    Design,
    GetDesign,
    RemoveLogo,
    RemoveTemplate,
    SetLogo,
    SetTemplate,
)
from incidents.terminal.input.reading import decode, file_error, make_message
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show

LogoFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="A PNG or JPEG file of at most 100 kB and 2,000 pixels a side.")
]
Alt = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What the logo shows, for people who do not see it; always needed.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of the settings."""
    shown = "incidents settings report-design"
    command(app, "report-design", shown, f"{shown} --json", table=True)(show_design)
    set_ = "incidents settings report-logo"
    command(app, "report-logo", f"{set_} harbour.png --alt 'Harbour Security'", f"{set_} --remove", sends=True)(
        report_logo
    )
    set_ = "incidents settings report-template"
    command(app, "report-template", f"{set_} report.typ", f"{set_} --remove", sends=True)(report_template)


async def show_design(session: Session) -> None:
    """Show the logo and the template of reports: their files, since when, and who set them."""
    async with session.client() as client:
        design = await client.ask(GetDesign())
    columns = "Part", "File", "Description", "Since", "By"
    session.show(design, show.table(session.language, *columns, rows=_rows(session, design), more=("SHA-256",)))


def _rows(session: Session, design: Design) -> Iterator[tuple[object, ...]]:
    if logo := design.logo:
        file = f"{logo.format.upper()}, {logo.width} × {logo.height}, {size(logo.bytes, session.language)}"
        yield session.say("Logo"), file, logo.alt, logo.set_at, logo.set_by, logo.sha256
    if template := design.template:
        number = session.say("no. {number}", number=template.number)
        file = f"{number}, {size(template.bytes, session.language)}"
        yield session.say("Template"), file, "", template.set_at, template.set_by, template.sha256


async def report_logo(
    session: Session,
    file: LogoFile = None,
    *,
    alt: Alt = None,
    remove: Annotated[bool, typer.Option("--remove", help="Make later reports without a logo.")] = False,
) -> None:
    """Set the logo of later reports, once it was drawn on a trial page, or remove it."""
    if (file is None) != remove or (remove and alt is not None):
        raise UsageError(session.say("name the file of the logo, or write --remove"))
    if file is None:
        await _remove(session, RemoveLogo(), "Later reports have no logo.")
        return
    if alt is None:
        raise UsageError(session.say("--alt: say what the logo shows, as --alt 'Harbour Security'"))
    asking = make_message(session, SetLogo, {"image": base64.b64encode(_read_logo(session, file)).decode(), "alt": alt})
    async with session.client() as client:
        logo = await session.send(client, asking)
    words = "Later reports have the logo: {format}, {width} × {height} pixels"
    session.show(logo, session.say(words, format=logo.format.upper(), width=logo.width, height=logo.height))


async def _remove(session: Session, removal: RemoveLogo | RemoveTemplate, words: str) -> None:
    async with session.client() as client:
        removed = await session.send(client, removal)
    session.show(removed, session.say(words))


def _read(session: Session, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise file_error(session, file, error) from error


def _read_logo(session: Session, file: Path) -> bytes:
    image = _read(session, file)
    if len(image) > LOGO_BYTES_MAX:
        sizes = {"size": size(len(image), session.language), "limit": size(LOGO_BYTES_MAX, session.language)}
        raise UsageError(
            session.say("{path} has {size}, and a logo at most {limit}: make it smaller", path=file, **sizes)
        )
    return image


async def report_template(
    session: Session,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A template of Typst; docs/report-template.md describes it.")
    ] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Make later reports in the standard form.")] = False,
) -> None:
    """Set the template of later reports, once sample reports were made with it, or remove it."""
    if (file is None) != remove:
        raise UsageError(session.say("name the file of the template, or write --remove"))
    if file is None:
        await _remove(session, RemoveTemplate(), "Later reports have the standard form.")
        return
    source = decode(session, _read(session, file), file)
    asking = make_message(session, SetTemplate, {"source": source})
    async with session.client() as client:
        template = await session.send(client, asking)
    session.show(template, session.say("Later reports have the form of template no. {number}", number=template.number))
