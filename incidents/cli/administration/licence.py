"""The commands of the site's licence."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from contracts.licence import ActivateLicence, GetLicence, LicenceState
from incidents.terminal.input.reading import file_error
from incidents.terminal.options import command, group
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of

app = group("The site's licence: show, activate.")


@command(app, "show", "incidents licence show", "incidents licence show --json")
async def show_licence(session: Session) -> None:
    """Show the licence in force, or why there is none."""
    async with session.client() as client:
        state = await client.ask(GetLicence())
    session.show(state, *_lines(session, state))


@command(app, "activate", "incidents licence activate main.jwt", sends=True)
async def activate(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The licence that the NATS operator key signed.")],
) -> None:
    """Activate a licence; it applies at once, without a restart."""
    try:
        token = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise file_error(session, file, error) from error
    try:
        command_ = ActivateLicence(token=token)
    except ValidationError as error:
        words = "{path} is not a licence: name the file that `incidents access licence` wrote"
        raise UsageError(session.say(words, path=file)) from error
    async with session.client() as client:
        event = await session.send(client, command_)
    until = _until(session, event.expires_at)
    words = "Licence activated: {edition} {version}, {until}"
    session.show(event, session.say(words, edition=event.edition, version=event.version, until=until))


def _until(session: Session, expires_at: datetime | None) -> str:
    if expires_at is None:
        return session.say("without end")
    return session.say("until {time}", time=show.local(expires_at, session.language))


def _lines(session: Session, state: LicenceState) -> list[Text]:
    reason = name_of(session.language, "licence", state.reason or "")
    valid = session.say("valid") if state.valid else session.say("not valid: {reason}", reason=reason)
    lines = [Text(valid, style="green" if state.valid else "red")]
    if licence := state.licence:
        until = _until(session, licence.expires_at)
        lines.append(Text(f"{licence.product} {licence.version}, {licence.edition}, {until}"))
    if state.activated_at:
        who = {"time": show.local(state.activated_at, session.language), "principal": state.activated_by}
        lines.append(Text(session.say("activated {time} by {principal}", **who), style="dim"))
    elif state.included:
        lines.append(Text(session.say("included in the site's keys"), style="dim"))
    return lines
