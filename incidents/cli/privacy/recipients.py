"""`incidents privacy told`: who was given copies of projects, to be told of a rectification or an erasure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.text import Text

from contracts.audit import Entry, SiteLog
from incidents.cli.arguments import Words
from incidents.cli.operations.disclosures import file_of, sheet_of
from incidents.cli.paging import pages
from incidents.cli.privacy.search import search
from incidents.client import Client
from incidents.terminal.activity_names import DISCLOSURES
from incidents.terminal.input.reading import read_project
from incidents.terminal.options import command
from incidents.terminal.session import Session, UsageError

_PROJECTS_MAX: Final = 100
_PAGE: Final = 500


def register(app: typer.Typer) -> None:
    """Add `told`."""
    command(
        app,
        "told",
        "incidents privacy told 12 13",
        "incidents privacy told --words 'Marie Dupont' --csv",
        table=True,
    )(told)


async def told(
    session: Session,
    project: Annotated[Words, typer.Argument(metavar="PROJECT...", help="Projects by their numbers or ids.")] = None,
    *,
    words: Annotated[
        str | None, typer.Option("--words", metavar="WORDS", help="All projects in which these words are found.")
    ] = None,
) -> None:
    """Show who was given a copy of these projects, also of deleted ones: they are to be told of a rectification.

    It reads the register of disclosures, and needs view on the audit log and on activity logs.
    """
    if bool(project) == bool(words):
        raise UsageError(session.say("name projects, or words with --words"))
    async with session.client() as client:
        ids = [await read_project(session, client, text, gone_too=True) for text in project or ()]
        if words:
            findings = await search(session, client, words, None)
            ids = list(dict.fromkeys(item.project_id for item in findings.items if item.project_id))
        entries = await disclosures_of(client, ids)
    document = {"project_ids": [str(id_) for id_ in ids], "items": [each.model_dump(mode="json") for each in entries]}
    remark = session.count(len(ids), "{count} project was looked up", "{count} projects were looked up")
    session.show(document, sheet_of(entries, session.language), Text(remark, style="dim"))


async def disclosures_of(client: Client, project_ids: Sequence[UUID]) -> list[Entry]:
    """Return the register of disclosures of these projects."""
    entries = list[Entry]()
    for start in range(0, len(project_ids), _PROJECTS_MAX):
        chosen = list(project_ids[start : start + _PROJECTS_MAX])
        query = SiteLog(activities=[*DISCLOSURES], project_ids=chosen, with_activity=True, limit=_PAGE)
        async for page in pages(client, query, every=True):
            entries += page.items
    return list(_unique(entries))


def copies_of(entries: Iterable[Entry]) -> list[Entry]:
    """Return one entry for each file, the newest file first: the first one that names its recipient, or the first."""
    by_file = defaultdict[tuple[UUID | None, object], list[Entry]](list)
    for entry in sorted(entries, key=lambda entry: entry.at):
        by_file[entry.project_id, file_of(entry) or entry.event_id].append(entry)
    copies = [next((each for each in copy if each.details.get("recipient")), copy[0]) for copy in by_file.values()]
    return sorted(copies, key=lambda entry: entry.at, reverse=True)


def _unique(entries: Iterable[Entry]) -> Iterable[Entry]:
    return {entry.event_id: entry for entry in entries}.values()
