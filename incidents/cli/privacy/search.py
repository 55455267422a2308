"""Searching all stores for the words of a person, page by page."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from contracts.personal_data import FIND_QUERIES, FindInProjects, FindPersonalData, Occurrence, TextStore
from incidents.client import Client
from incidents.terminal.input.reading import make_message
from incidents.terminal.session import Session
from incidents.terminal.tables.show import Names
from incidents.terminal.text.words import name_of

_PAGE: Final = 500
_PARTS: Final = frozenset({"comment", "call", "sequence"})
_REDACTED: Final = frozenset(
    {TextStore.PROJECT, TextStore.COMMENT, TextStore.CALL, TextStore.SEQUENCE, TextStore.HISTORY}
)
_LINES: Final = {
    TextStore.DEAD_LETTER: "dead discard",
    TextStore.BATCH: "reports delete-batch",
    TextStore.SUMMARY: "reports delete-summary",
}
_MAIN: Final = frozenset({"description", "reference"})


class Findings(NamedTuple):
    """What was found: `is_complete` unless a limit cut it; `searched` is the number of rows that were read."""

    items: list[Occurrence]
    searched: int
    is_complete: bool


async def search(session: Session, client: Client, words: str, limit: int | None, *, whole: bool = False) -> Findings:
    """Search all stores to their ends, or until so many texts were found."""
    query: FindPersonalData = make_message(session, FindInProjects, {"search": words, "whole": whole, "limit": _PAGE})
    items, searched = list[Occurrence](), 0
    for kind in FIND_QUERIES:
        after = None
        while True:
            page = await client.ask(kind(search=query.search, whole=whole, limit=_PAGE, after=after))
            items, searched, after = [*items, *page.items], searched + page.searched, page.next
            if limit is not None and (len(items) > limit or (len(items) == limit and after)):
                return Findings(items[:limit], searched, is_complete=False)
            if after is None:
                break
    return Findings(items, searched, is_complete=True)


def erasing(item: Occurrence, names: Names, language: str) -> str:
    """Return the command that erases or corrects a text; empty if there is none."""
    if item.store in _LINES:
        return f"incidents {_LINES[item.store]} {item.thing}"
    if item.project_number is None:
        return ""
    if item.store is TextStore.REPORT:
        return f"incidents reports delete {item.project_number} {item.thing}"
    return _redacting(item, names, language) if item.store in _REDACTED else ""


def _redacting(item: Occurrence, names: Names, language: str) -> str:
    line = f"incidents projects redact {item.project_number}"
    earlier = " --earlier-only" if item.store is TextStore.HISTORY else ""
    field = item.field.split(".")[-1] if item.field.startswith("project.") else item.field.split(".")[0]
    part = item.store.value if item.store.value in _PARTS else field
    if part == "sequence":  # it never changes, so there is no earlier camera
        earlier = ""
    if part in _PARTS:
        return f"{line} {name_of(language, 'field', part)} {item.part or item.part_id}{earlier}"
    if field in _MAIN:
        return f"{line} {name_of(language, 'field', field)}{earlier}"
    if field.startswith("text_"):
        name = names.by_field.get(field, field)
        return f"{line} {_quoted(name)}{earlier}"
    return ""


def _quoted(name: str) -> str:
    return name if name.isalnum() else "'" + name.replace("'", "'\\''") + "'"


def counted(items: Sequence[Occurrence]) -> dict[str, int]:
    """Return how many texts were found in each store."""
    totals: dict[str, int] = {}
    for item in items:
        totals[item.store.value] = totals.get(item.store.value, 0) + 1
    return totals


def document(findings: Findings, names: Names) -> dict[str, Any]:
    """Return findings for programs, each with the command that erases it."""
    items = [{**item.model_dump(mode="json"), "erase": erasing(item, names, "en") or None} for item in findings.items]
    totals = counted(findings.items)
    return {"items": items, "totals": totals, "searched": findings.searched, "complete": findings.is_complete}
