"""The page that explains a package to its recipient; readme.json has its texts in English and French."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from textwrap import fill
from typing import Final

from contracts.texts import LANGUAGES

_WIDTH: Final = 100
_SECTIONS: Final = ("comments", "calls", "sequences", "history")
_FILES: Final = {"project.json": None, "history.json": "history", "sequences.csv": "sequences", "manifest.json": None}
"""The files that the page explains, and the section that each belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about a package that the page states."""

    number: int
    revision: int
    site: str
    exported_at: datetime
    includes: Collection[str]
    withheld: Collection[str]


@cache
def wording(language: str) -> dict[str, str]:
    """Return the texts of the page in `en` or `fr`; another language gives English."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    known = json.loads(resources.files("workers.projects.packages").joinpath("readme.json").read_text("utf-8"))
    return {name: str(texts[place]) for name, texts in known.items()}


def text(facts: Facts, language: str) -> str:
    """Return the page, with CRLF line ends for every editor."""
    page = "\n\n".join(_parts(facts, wording(language)))
    return page.replace("\n", "\r\n") + "\r\n"


def _parts(facts: Facts, words: dict[str, str]) -> Iterator[str]:
    title = words["title"].format(number=facts.number)
    yield f"{title}\n{'=' * len(title)}"
    at = facts.exported_at
    times = {"day": at.strftime(words["date"]), "time": f"{at:%H:%M:%S}"}
    values = {"number": facts.number, "site": facts.site, "revision": facts.revision, **times}
    yield _wrap(words["what"].format(**values))
    there = [name for name, section in _FILES.items() if section is None or section in facts.includes]
    yield _with_heading(words["files"], *(f"{name:<15}{words[name]}" for name in there))
    yield _with_heading(words["verify"], _wrap(words["verifying"]))
    listed = [_wrap(words["listed"])] if "sequences" in facts.includes else []
    yield _with_heading(words["recordings"], _wrap(words["no recordings"]), *listed)
    if absent := list(_explain_absence(facts, words)):
        yield _with_heading(words["absent"], *absent)


def _explain_absence(facts: Facts, words: dict[str, str]) -> Iterator[str]:
    if "user-names" not in facts.includes:
        yield _wrap(words["nameless"])
    left_out = [name for name in _SECTIONS if name not in facts.includes and name not in facts.withheld]
    for why, sections in (("withheld", facts.withheld), ("chosen", left_out)):
        if sections:
            yield _wrap(words[why].format(sections=", ".join(words[name] for name in sections)))


def _with_heading(heading: str, *lines: str) -> str:
    return "\n".join((heading, "-" * len(heading), *lines))


def _wrap(paragraph: str) -> str:
    return fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)
