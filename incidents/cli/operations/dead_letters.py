"""The commands that list, show, replay and discard dead letters."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from contracts.dead_letters import (
    ContentErasure,
    DiscardLetter,
    GetDeadLetter,
    LetterSummary,
    ListDeadLetters,
    OpenedLetter,
    ReplayLetter,
)
from incidents.cli.arguments import Yes
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.input.reading import make_message
from incidents.terminal.options import command, group
from incidents.terminal.printing import json_text
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.tables.sheet import local

app = group("Dead letters, messages that could not be handled: list, show, replay, discard.")

_REASONS: Final = {
    words: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(words)), flags=re.DOTALL)
    for words in (
        "{worker} has no command {verb}.",
        "The header {header} is not a UUID.",
        "It holds no message that can be replayed.",
        "No message like it became a dead letter under its id.",
        "Its reaction failed {count} times: {error}",
        "Its work failed {count} times.",
        "It failed {count} times: {error}.",
        "It ended its process {count} times.",
    )
}
"""Reasons that workers give, and how they are recognised."""

_ERASURES: Final[dict[ContentErasure, str]] = {
    "expired": "Its content was erased at {at}, because it was too old.",
    "project-erased": "Its content was erased at {at}, with a project that it names.",
    "text-redacted": "Its content was erased at {at}, with a text that it names, which was redacted.",
    "key-missing": "Its content cannot be read, because this database does not have its key.",
}

Letter = Annotated[int, typer.Argument(metavar="LETTER", min=1, help="Its number, as `dead list` prints it.")]
Letters = Annotated[list[int] | None, typer.Argument(metavar="LETTER...", help="Numbers, as `dead list` prints them.")]


@command(app, "list", "incidents dead list", "incidents dead list --of operator --json", table=True)
async def list_letters(
    session: Session,
    of: Annotated[str | None, typer.Option("--of", metavar="PRINCIPAL", help="Only letters from this sender.")] = None,
) -> None:
    """List all dead letters, oldest first, and whether they can be replayed.

    What people wrote in a letter is gone after INCIDENTS_DEAD_LETTER_DAYS (7 by default), or with a project or text
    that it names that was erased.
    """
    async with session.client() as client:
        letters = await _all(client)
    chosen = [letter for letter in letters if of in {None, letter.principal}]
    rows = (
        (
            letter.letter,
            letter.at,
            letter.principal,
            letter.what or "–",
            letter.replayable,
            " ".join(filter(None, (_reason(session, letter.reason), _erasure(session, letter)))),
            letter.command_id,
        )
        for letter in chosen
    )
    headings = ("Id", "Dead since", "Sender", "Message", "Replay", "Reason")
    document = {"items": [letter.model_dump(mode="json") for letter in chosen]}
    session.show(document, show.table(session.language, *headings, rows=rows, more=("Command id",)))


@command(app, "show", "incidents dead show 17", "incidents dead show 17 --json")
async def show_letter(session: Session, letter: Letter) -> None:
    """Show a dead letter with its content, as long as it is there; the reading is recorded."""
    async with session.client() as client:
        with _naming_letter(session, letter):
            answer = await client.ask(GetDeadLetter(letter=letter))
    session.show(answer, *_details(session, answer))


@command(app, "replay", "incidents dead replay 17", "incidents dead replay --all --yes", sends=True)
async def replay(
    session: Session,
    letters: Letters = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All that can be replayed.")] = False,
    yes: Yes = False,
) -> None:
    """Send letters to their workers again, each with its original sender and id, so that it takes effect once.

    Correct the cause first. A command that its sender may no longer send is refused; one that fails again becomes a
    dead letter again.
    """
    async with session.client() as client:
        known = {letter.letter: letter for letter in await _all(client)}
        chosen = [letter.letter for letter in known.values() if letter.replayable] if all_ else list(letters or ())
        _confirm(
            session,
            chosen,
            letters,
            ("Replay {count} letter: {letters}?", "Replay {count} letters: {letters}?"),
            every=all_,
            yes=yes or not all_,
        )
        for place, number in enumerate(chosen, 1):
            replaying = make_message(session, ReplayLetter, {"letter": number})
            with _naming_letter(session, number, chosen[place:]):
                event = await session.send(client, replaying, f"replay {number}")
            words = "Letter {letter} replayed for {principal}: incidents outcome {id} --as {principal}"
            values = {"letter": number, "principal": event.principal, "id": event.command_id}
            session.show(event, session.say(words, **values))


@command(app, "discard", "incidents dead discard 17 18", "incidents dead discard --all --yes", sends=True)
async def discard(
    session: Session,
    letters: Letters = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    yes: Yes = False,
) -> None:
    """Delete letters without handling them."""
    async with session.client() as client:
        chosen = [letter.letter for letter in await _all(client)] if all_ else list(letters or ())
        _confirm(
            session,
            chosen,
            letters,
            ("Discard {count} letter: {letters}?", "Discard {count} letters: {letters}?"),
            every=all_,
            yes=yes,
        )
        for place, number in enumerate(chosen, 1):
            discarding = make_message(session, DiscardLetter, {"letter": number})
            with _naming_letter(session, number, chosen[place:]):
                event = await session.send(client, discarding, f"discard {number}")
            session.show(event, session.say("Letter {letter} discarded", letter=number))


@contextmanager
def _naming_letter(session: Session, letter: int, left: Sequence[int] = ()) -> Iterator[None]:
    """Name in the refusal of an unknown letter its number, those left as they are, and what lists the known ones."""
    try:
        yield
    except Refused as refused:
        if not any(field.get("kind") == "not_here" for field in refused.details.get("fields", ())):
            raise
        message = session.say("Letter {letter} does not exist.", letter=letter)
        if left:
            words = "Letter {letter} does not exist; these were left as they are: {letters}."
            message = session.say(words, letter=letter, letters=", ".join(map(str, left)))
        details = {**refused.details, "type": f"incidents dead list{session.place}"}
        error = refused.error.model_copy(update={"message": message, "details": details})
        raise Refused(error, command_id=refused.command_id) from refused


def _confirm(
    session: Session, chosen: list[int], letters: list[int] | None, words: tuple[str, str], *, every: bool, yes: bool
) -> None:
    if every and letters:
        raise UsageError(session.say("name single ones, or all of them with --all, but not both"))
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
    letters = list(page.items)
    while page.next:
        page = await client.ask(ListDeadLetters(limit=500, after=page.next))
        letters += page.items
    return letters


def _reason(session: Session, text: str) -> str:
    """Return why a message is dead in the language of the reader; other reasons stay as they are."""
    for words, pattern in _REASONS.items():
        if match := pattern.fullmatch(text):
            return session.say(words, **match.groupdict())
    return text


def _erasure(session: Session, letter: LetterSummary) -> str:
    """Return since when and why the content of a letter is gone; nothing while it can be read."""
    if letter.erasure is None:
        return ""
    words = _ERASURES[letter.erasure]
    return session.say(words, at=local(letter.erased_at, session.language))


def _details(session: Session, letter: OpenedLetter) -> list[Any]:
    summary = letter.summary
    rows: list[tuple[str, object]] = [
        ("Dead since", summary.at),
        ("Sender", summary.principal),
        ("Worker", summary.worker),
        ("Message", summary.what or letter.subject),
        ("Command id", summary.command_id or "–"),
        ("Reason", _reason(session, summary.reason)),
        (
            "Replay",
            session.say("yes")
            if summary.replayable
            else session.say("{label}: {value}", label=session.say("no"), value=summary.hindrance),
        ),
    ]
    gone = _erasure(session, summary)
    content: dict[str, Any] = {"headers": letter.headers}
    if gone:
        rows += [("Content", gone), ("Bytes", letter.body_bytes)]
        return [show.facts(session.language, rows), Text(""), json_text(content)]
    content |= {"body": letter.body} if letter.body is not None else {"body_base64": letter.body_base64}
    return [show.facts(session.language, rows), Text(""), json_text(content)]
