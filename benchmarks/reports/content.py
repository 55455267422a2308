"""The content of a report, for those that set it plainly."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

Make = Callable[[dict[str, Any]], bytes]


def texts_of(section: dict[str, Any]) -> list[str]:
    """Return the paragraphs of a section."""
    entries = (f"{entry['head']} {entry['text']}" for entry in section.get("entries", ()))
    texts = chain((section.get(name, "") for name in ("nothing", "empty", "text")), entries)
    return [text for text in texts if text]


def tables_of(section: dict[str, Any]) -> Iterator[list[list[str]]]:
    """Yield the rows of each table of a section."""
    for name in ("facts", "remarks"):
        if rows := section.get(name):
            yield rows
    if sequences := section.get("sequences"):
        rows = [[" ".join(row["camera"]), *row["facts"]] for row in sequences["rows"]]
        yield [[*sequences["head"]], *rows]
    if listing := section.get("listing"):
        yield [[*listing["head"]], *listing["rows"]]
