"""Dead letters: what could not be handled, read, handed to its worker once more, or discarded."""

from typing import Annotated, Any

import typer
from rich.text import Text

from contracts.dead_letters import (
    DiscardLetter,
    GetDeadLetter,
    LetterSummary,
    ListDeadLetters,
    OpenedLetter,
    ReplayLetter,
)
from incidents.cli.arguments import Yes
from incidents.client import Client
from incidents.terminal.input.reading import fitting
from incidents.terminal.options import command, group
from incidents.terminal.printing import json_text
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show

app = group("Dead letters, which could not be handled: list, show, replay, discard.")

Letter = Annotated[int, typer.Argument(metavar="LETTER", min=1, help="Its number, as `dead list` prints it.")]
Letters = Annotated[list[int] | None, typer.Argument(metavar="LETTER...", help="Numbers, as `dead list` prints them.")]


@command(app, "list", "incidents dead list", "incidents dead list --of operator --json", table=True)
async def list_letters(
    session: Session,
    of: Annotated[str | None, typer.Option("--of", metavar="PRINCIPAL", help="Only what this one sent.")] = None,
) -> None:
    """List every dead letter, the oldest first, and whether it can be replayed."""
    async with session.client() as client:
        found = await _all(client)
    chosen = [one for one in found if of in {None, one.principal}]
    rows = (
        (
            one.letter,
            one.at,
            one.principal,
            one.what or "–",
            one.replayable,
            one.reason,
            one.command_id,
        )
        for one in chosen
    )
    headings = ("Id", "Put aside", "By", "Message", "Replay", "Reason")
    document = {"items": [one.model_dump(mode="json") for one in chosen]}
    session.show(document, show.table(session.language, *headings, rows=rows, more=("Command id",)))


@command(app, "show", "incidents dead show 17", "incidents dead show 17 --json")
async def show_letter(session: Session, letter: Letter) -> None:
    """Show all that a dead letter says; the reading is recorded."""
    async with session.client() as client:
        found = await client.ask(GetDeadLetter(letter=letter))
    session.show(found, *_told(session, found))


@command(app, "replay", "incidents dead replay 17", "incidents dead replay --all --yes", sends=True)
async def replay(
    session: Session,
    letters: Letters = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All that can be replayed.")] = False,
    yes: Yes = False,
) -> None:
    """Hand letters to their workers once more, each as its sender's own and under its own id: it takes effect once.

    Correct the cause first. What its sender may not do any more is refused; what fails again is put aside again.
    """
    async with session.client() as client:
        known = {one.letter: one for one in await _all(client)}
        chosen = [one.letter for one in known.values() if one.replayable] if all_ else list(letters or ())
        _sure(
            session,
            chosen,
            ("Replay {count} letter: {letters}?", "Replay {count} letters: {letters}?"),
            every=all_,
            yes=yes or not all_,
        )
        for number in chosen:
            event = await session.send(client, fitting(session, ReplayLetter, {"letter": number}), f"replay {number}")
            words = "Letter {letter} replayed for {principal}: incidents outcome {id} --as {principal}"
            about = {"letter": number, "principal": event.principal, "id": event.command_id}
            session.show(event, session.say(words, **about))


@command(app, "discard", "incidents dead discard 17 18", "incidents dead discard --all --yes", sends=True)
async def discard(
    session: Session,
    letters: Letters = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Yes = False,
) -> None:
    """Delete letters without handling them."""
    async with session.client() as client:
        chosen = [one.letter for one in await _all(client)] if all_ else list(letters or ())
        _sure(
            session,
            chosen,
            ("Discard {count} letter: {letters}?", "Discard {count} letters: {letters}?"),
            every=all_,
            yes=yes,
        )
        for number in chosen:
            event = await session.send(client, fitting(session, DiscardLetter, {"letter": number}), f"discard {number}")
            session.show(event, session.say("Letter {letter} discarded", letter=number))


def _sure(session: Session, chosen: list[int], words: tuple[str, str], *, every: bool, yes: bool) -> None:
    if every and not chosen:
        session.show({"items": []}, session.say("There are no such letters."))
        raise typer.Exit
    if not chosen:
        raise UsageError(session.say("name the letters, or all with --all; incidents dead list shows them"))
    question = session.count(len(chosen), *words, letters=", ".join(map(str, chosen)))
    if not yes and not session.confirm(question):
        session.tell("Nothing was changed.")
        raise typer.Exit


async def _all(client: Client) -> list[LetterSummary]:
    page = await client.ask(ListDeadLetters(limit=500))
    found = list(page.items)
    while page.next:
        page = await client.ask(ListDeadLetters(limit=500, after=page.next))
        found += page.items
    return found


def _told(session: Session, found: OpenedLetter) -> list[Any]:
    about = found.summary
    rows: list[tuple[str, object]] = [
        ("Put aside", show.local(about.at, session.language)),
        ("By", about.principal),
        ("Worker", about.worker),
        ("Message", about.what or found.subject),
        ("Command id", about.command_id or "–"),
        ("Reason", about.reason),
        (
            "Replay",
            session.say("yes")
            if about.replayable
            else session.say("{label}: {value}", label=session.say("no"), value=about.hindrance),
        ),
    ]
    told: dict[str, Any] = {"headers": found.headers}
    told |= {"body": found.body} if found.body is not None else {"body_base64": found.body_base64}
    return [show.facts(session.language, rows), Text(""), json_text(told)]
