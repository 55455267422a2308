"""Events on the site, its definitions, and the caller's permissions."""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from contracts.administration_queries import GetMe, GetProperties, Me
from contracts.printable import utc_offsets
from contracts.projects.watching import WatchProjects
from incidents.cli.projects.live import event_line, show_events
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.activity_names import choose_activities
from incidents.terminal.attempts import attempt_name
from incidents.terminal.input.reading import make_message
from incidents.terminal.input.role_names import shown_role_name
from incidents.terminal.input.slots import fold
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import definitions, show
from incidents.terminal.text.words import name_of


def register(app: typer.Typer) -> None:
    """Add `watch`, `me` and `properties`."""
    command(
        app,
        "watch",
        "incidents watch",
        "incidents watch --json | jq .happened",
        "incidents watch --since 1f6ec1a2-1042 --json",
        "incidents watch --happened projects.created --exec 'curl --json @- https://example.org/hook'",
        "incidents watch --ops",
    )(watch)
    command(app, "me", "incidents me --as operator", table=True)(me)
    command(app, "properties", "incidents properties --lang fr", "incidents properties --csv", table=True)(properties)


async def watch(
    session: Session,
    since: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Continue after the event with this cursor.")
    ] = None,
    happened: Annotated[
        list[str] | None,
        typer.Option(
            "--happened", metavar="ACTIVITY", help="Only events of this kind, such as projects.created; repeatable."
        ),
    ] = None,
    exec_: Annotated[
        str | None,
        typer.Option("--exec", metavar="COMMAND", help="Run this program for each event, with the event on its stdin."),
    ] = None,
    ops: Annotated[
        bool, typer.Option("--ops", help="Show everything on the site; needs the credentials `ops`.")
    ] = False,
) -> None:
    """Show events of projects and reports live, until Ctrl-C.

    Events during a lost connection are shown after reconnecting. `--since` continues where an earlier watch ended.
    `--exec` runs a program with each event as a line of JSON; a failure is reported, and the watch continues.
    """
    if ops and (since or happened or exec_):
        words = "--ops shows everything from now on: leave --since, --happened and --exec out"
        raise UsageError(session.say(words))
    if ops:
        await _overhear(session)
        return
    place = _cursor(session, since)
    chosen = tuple(choose_activities(session, happened, "--happened") or ())
    async with session.client() as client, client.feed(since=place) as feed:
        _tell_beginning(session, client)
        await show_events(session, feed, chosen, exec_)


def _tell_beginning(session: Session, client: Client) -> None:
    """Say what is watched, and the zone of the times."""
    zone = utc_offsets([datetime.now(UTC)])[0]
    session.tell("watching {site}, local times, {zone}; Ctrl-C ends it", site=client.site, zone=zone)


def _cursor(session: Session, since: str | None) -> str | None:
    """Return a typed cursor.

    Raises:
        UsageError: It is none, for example a time.
    """
    try:
        return make_message(session, WatchProjects, {"since": since}).since
    except Refused as refused:
        words = (
            "--since: {text} is not a cursor: `incidents watch --json` shows one with each event, such as "
            "1f6ec1a2-1042; for what was done since a time: incidents audit log --since 7d"
        )
        raise UsageError(session.say(words, text=since)) from refused


async def _overhear(session: Session) -> None:
    principal = "ops" if session.principal == "admin" else session.principal
    async with replace(session, principal=principal).client() as client, aclosing(client.overhear()) as events:
        _tell_beginning(session, client)
        async for event in events:
            session.show(event, event_line(event, session.language))


async def me(session: Session) -> None:
    """Show your principal, roles and permissions."""
    async with session.client() as client:
        answer = await client.ask(GetMe())
    attempts = sorted((attempt_name(message, session.language) for message in answer.may), key=fold)
    may = session.say("may: {messages}", messages=", ".join(attempts) or "–")
    session.show(answer, _rights(answer, session), may)


def _rights(answer: Me, session: Session) -> show.Sheet:
    language = session.language
    roles = ", ".join(
        shown_role_name(session, role_id, answer.role_names.get(role_id, role_id)) for role_id in answer.roles
    )
    title = session.say("{label}: {value}", label=answer.principal, value=roles or session.say("no role"))
    rows = (
        (name_of(language, "permission", node), name_of(language, "level", level))
        for node, level in answer.permissions.items()
    )
    return show.table(language, "Permission", "Level", rows=rows, title=title)


async def properties(session: Session) -> None:
    """Show the defined types, statuses, categories and data fields."""
    async with session.client() as client:
        answer = await client.ask(GetProperties())
    sheet = definitions.in_one(answer, session.language) if session.csv else None
    session.show(answer, *definitions.apart(answer, session.language), sheet=sheet)
