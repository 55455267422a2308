"""The command that draws counts and trends of projects."""

from typing import Annotated, Any, Final, get_args

import typer

from contracts.projects.statistics import Interval, ProjectStatistics
from incidents.cli.arguments import SINCE, UNTIL, among
from incidents.cli.listing import names
from incidents.terminal.input.naming import Naming
from incidents.terminal.input.reading import make_message, read_span
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import trends
from incidents.terminal.text.words import name_of

_GROUPS: Final = ("type", "status", "creator", "camera", "imported")
_FEMININE: Final = ("camera", "category_")
"""Fields that are feminine in French: a project without one is in the group `aucune`."""


def register(app: typer.Typer) -> None:
    """Add `stats`."""
    command(
        app,
        "stats",
        "incidents stats --by type",
        "incidents stats --interval week --since 90d",
        "incidents stats --by creator --interval month --json",
        "incidents stats --by Reason",
        "incidents stats --by type --interval month --since 365d --csv",
        table=True,
    )(stats)


async def stats(
    session: Session,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="type, status, a category by name or as category_1, creator, camera, imported.",
            autocompletion=among(*_GROUPS),
        ),
    ] = None,
    interval: Annotated[
        str,
        typer.Option(metavar="INTERVAL", help="day, week, month or none.", autocompletion=among(*get_args(Interval))),
    ] = "none",
    since: Annotated[str | None, typer.Option(metavar="TIME", help=SINCE)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=UNTIL)] = None,
) -> None:
    """Count all, closed and ended projects and their durations, by any property, camera, creator and time."""
    step = read_word(session, "interval", interval, get_args(Interval), "--interval")
    asked = {"interval": step, "filter": {"created": read_span(session, since, until)}}
    make_message(session, ProjectStatistics, asked)
    async with session.client() as client:
        named = await Naming(session, client).any_field(by, _GROUPS, "--by", data=()) if by else None
        query = make_message(session, ProjectStatistics, {**asked, "group_by": named})
        answer = await client.ask(query)
        known = await names(client)
    gender = "feminine" if (named or "").startswith(_FEMININE) else "masculine"
    none = name_of(session.language, gender, "none") if named else session.say("all")

    def naming(group: Any) -> str:
        if isinstance(group, bool):
            return session.say("yes" if group else "no")
        if group is None:
            return none
        return known.of(group) if isinstance(group, int) else str(group)

    sheet = trends.sheet(answer, query, naming, session.language) if session.csv else None
    drawn = trends.figures(answer, query, naming, session.language)
    session.show(answer, drawn, trends.note(answer, query, session.language), sheet=sheet)
