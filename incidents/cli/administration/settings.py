"""The site's settings: shown and changed; what a shorter retention deletes is shown before it does."""

from contextlib import suppress
from typing import Annotated, Any

import typer

from contracts.administration import ChangeSettings
from contracts.administration_queries import GetSettings
from contracts.retention import PreviewRetention
from contracts.texts import LANGUAGES
from incidents.cli.arguments import Words, Yes
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.input.reading import fitting
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.options import command, group
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, value_of

app = group("The site's settings: show, set.")


@command(app, "show", "incidents settings show", "incidents settings show --json", table=True)
async def show_settings(session: Session) -> None:
    """Show the site's settings."""
    async with session.client() as client:
        found = await client.ask(GetSettings())
    values = found.model_dump(mode="json")
    rows = (
        (_name(session, name), ", ".join(value) if isinstance(value, list) else value_of(session.language, name, value))
        for name, value in values.items()
    )
    session.show(found, show.table(session.language, "Setting", "Value", rows=rows))


@command(
    app,
    "set",
    "incidents settings set --retention-days 90",
    "incidents settings set --report-title 'Harbour Security' --timezone Europe/Zurich",
    sends=True,
)
async def set_settings(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    retention_days: Annotated[int | None, typer.Option(metavar="N", help="How long projects are kept.")] = None,
    report_title: Annotated[str | None, typer.Option(metavar="TEXT", help="What stands above reports.")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="As in Europe/Zurich.")] = None,
    language: Annotated[str | None, typer.Option(metavar="LANGUAGE", help="en or fr.")] = None,
    log_archive_bytes: Annotated[int | None, typer.Option(metavar="N", help="Largest archive of the log.")] = None,
    child_site: Annotated[Words, typer.Option(metavar="SITE", help="All child sites; repeatable.")] = None,
    yes: Yes = False,
) -> None:
    """Change settings; what is not named stays. Before a retention time deletes projects at once it asks back."""
    given: dict[str, Any] = {
        "retention_days": retention_days,
        "report_title": report_title,
        "timezone": timezone,
        "language": language and read_word(session, "language", language, LANGUAGES, "Language"),
        "log_archive_bytes": log_archive_bytes,
        "child_sites": child_site,
    }
    changing = fitting(session, ChangeSettings, {name: one for name, one in given.items() if one is not None})
    async with session.client() as client:
        if retention_days is not None and not yes:
            await _sure(session, client, retention_days)
        event = await session.send(client, changing)
    changed = ", ".join(_name(session, name) for name in event.changed) or session.say("nothing, it was so already")
    session.show(event, session.say("Settings changed: {changed}", changed=changed))


def _name(session: Session, setting: str) -> str:
    """Return what a setting is called: as its option, in the language of the wire."""
    return name_of(session.language, "field", setting).replace("_", "-")


async def _sure(session: Session, client: Client, days: int) -> None:
    """Ask back where the next sweep deletes projects because of it; who may not preview is not asked."""
    due = 0
    with suppress(Refused):
        due = (await client.ask(PreviewRetention(retention_days=days))).due
    deleted = session.count(
        due, "{count} project is deleted by the next sweep.", "{count} projects are deleted by the next sweep."
    )
    kept = session.count(days, "Keep projects for {count} day?", "Keep projects for {count} days?")
    question = f"{deleted} {kept}"
    if due and not session.confirm(question):
        session.tell("Nothing was changed.")
        raise typer.Exit
