"""The projects of a batch that are named in its command by their numbers; others the system selects itself."""

import re
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from contracts.errors import Code
from contracts.figures import grouped
from contracts.projects.queries import FindProject, ListProjects
from contracts.report_batches import NAMED_PROJECTS_MAX, PDF_PROJECTS_MAX, BatchForm
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.input.reading import make_message, no_project
from incidents.terminal.session import Session, UsageError

_NUMBERS: Final = re.compile(r"(\d{1,18})(?:\s*[-–]\s*(\d{1,18}))?")
"""A number, or the first and the last one of a range."""

_NUMBERS_AT_ONCE: Final = 500
_LIMITS: Final = dict.fromkeys(BatchForm, NAMED_PROJECTS_MAX) | {BatchForm.PDF: PDF_PROJECTS_MAX}


async def select_by_number(session: Session, client: Client, typed: Iterable[str], form: BatchForm) -> list[UUID]:
    """Return the projects with these numbers, in their order: each single one, and those that exist of a range.

    Raises:
        UsageError: Something else than numbers was typed, or no project has them, or more than fit into a file.
        Refused: No project ever had a number that was typed alone.
    """
    single, ranged = _read_numbers(session, typed, form)
    known: dict[int, UUID] = {}
    numbers = sorted(single | ranged)
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        asked = {"filter": {"numbers": numbers[start : start + _NUMBERS_AT_ONCE]}, "sort": "number", "limit": 500}
        page = await client.ask(make_message(session, ListProjects, asked))
        known |= {row.number: row.project_id for row in page.items}
    for number in sorted(single - known.keys()):
        known[number] = await _deleted(session, client, number)
    _require_room(session, form, len(known))
    return _require_any(session, [known[number] for number in sorted(known)])


async def _deleted(session: Session, client: Client, number: int) -> UUID:
    """Return the id of a project that was deleted, so that the batch names it as left out."""
    try:
        return (await client.ask(make_message(session, FindProject, {"number": number}))).project_id
    except Refused as refused:
        if refused.code is not Code.GONE:
            raise
        if "project_id" in refused.details:
            return UUID(refused.details["project_id"])
        raise no_project(session, refused, str(number)) from refused


def _read_numbers(session: Session, typed: Iterable[str], form: BatchForm) -> tuple[set[int], set[int]]:
    """Return the numbers that were typed alone, and those of ranges."""
    single: set[int] = set()
    ranged: set[int] = set()
    for text in typed:
        match = _NUMBERS.fullmatch(text.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            words = "{text} is neither a project's number nor a range of numbers: write 12 or 20-30"
            raise UsageError(session.say(words, text=text))
        if last - first >= NAMED_PROJECTS_MAX:
            _require_room(session, form, last - first + 1)
        (ranged if match and match[2] else single).update(range(first, last + 1))
    return single, ranged


def _require_room(session: Session, form: BatchForm, count: int) -> None:
    """Refuse more projects than a file can have, before anything is sent.

    Raises:
        UsageError: With the way out.
    """
    limit = _LIMITS[form]
    if count <= limit:
        return
    words = "{count} projects are selected, and numbers select at most {limit}: name fewer"
    if form is BatchForm.PDF:
        words = "{count} projects are selected, and a PDF has at most {limit}: name a file that ends with .zip"
        if count > _LIMITS[BatchForm.ZIP]:
            words = "{count} projects are selected, and a PDF has at most {limit}: name fewer"
    figures = {"count": grouped(count, session.language), "limit": grouped(limit, session.language)}
    raise UsageError(session.say(words, **figures))


def _require_any(session: Session, selected: list[UUID]) -> list[UUID]:
    if not selected:
        words = "no project is selected, so there is nothing to report; `incidents projects list` shows what there is"
        raise UsageError(session.say(words))
    return selected
