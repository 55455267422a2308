"""The page that explains a package before it is opened; readme.json has its texts in English and French.

It is never encrypted, so it says nothing about the project.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from textwrap import fill
from typing import Final
from uuid import UUID

from contracts.evidence import bag
from contracts.evidence.packaged_activity import ENTRIES, LOG_KEY, PROOFS
from contracts.texts import LANGUAGES
from workers.projects.packages.page_cells import zone_of

_WIDTH: Final = 100
_NAME_WIDTH: Final = 28
_FILES: Final = {
    "data/index.html": None,
    "data/project.json": None,
    "data/history.json": "history",
    "data/activity.json": "activity",
    "data/sequences.csv": "sequences",
    "data/report.pdf": "report",
    "data/media/": "media",
    PROOFS: "activity",
    "data/project.schema.json": None,
    ENTRIES: "activity",
    LOG_KEY: "activity",
    "bag-info.txt": None,
    "manifest-sha256.txt": None,
    "tagmanifest-sha256.txt": None,
    "tagmanifest-sha256.txt.sig": None,
    "signing-key.pub": None,
    "bagit.txt": None,
}
"""The files that the page explains, and the section that each belongs to."""

_OF_PROJECTS: Final = (
    "index.html",
    "project.json",
    "history.json",
    "activity.json",
    "sequences.csv",
    "report.pdf",
    "media/",
)
"""Files of each project; in a package of several they are in its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about a package that the page states."""

    site: str
    timezone: str
    exported_at: datetime
    package_id: UUID
    fingerprint: str
    includes: Collection[str]
    has_password: bool
    has_folders: bool = False
    has_media: bool = False
    has_entries: bool = False


@cache
def wording(name: str, language: str) -> dict[str, str]:
    """Return the texts of a page in `en` or `fr`; another language gives English."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    known = json.loads(resources.files("workers.projects.packages").joinpath(f"{name}.json").read_text("utf-8"))
    return {name: str(texts[place]) for name, texts in known.items()}


def text(facts: Facts, language: str) -> str:
    """Return the page, with CRLF line ends for every editor."""
    return _page(_parts(facts, wording("readme", language)))


def wrapper_text(facts: Facts, language: str) -> str:
    """Return the page beside a bag that is encrypted to keys."""
    return _page(_wrapper_parts(facts, wording("readme", language)))


def _page(parts: Iterator[str]) -> str:
    return "\n\n".join(parts).replace("\n", "\r\n") + "\r\n"


def _head(facts: Facts, words: dict[str, str]) -> Iterator[str]:
    kind = "many " if facts.has_folders else ""
    title = words[f"{kind}title"]
    yield f"{title}\n{'=' * len(title)}"
    at = facts.exported_at.astimezone(zone_of(facts.timezone))
    offset = f"{at:%z}"
    times = {"day": at.strftime(words["date"]), "time": f"{at:%H:%M:%S} {offset[:3]}:{offset[3:5]}"}
    yield _wrap(words[f"{kind}what"].format(site=facts.site, package=facts.package_id, **times))


def _wrapper_parts(facts: Facts, words: dict[str, str]) -> Iterator[str]:
    yield from _head(facts, words)
    names = {"packed": bag.PACKED, "encrypted": bag.ENCRYPTED}
    opening = _wrap(words["age"].format(**names)), words["age line"].format(**names)
    yield _with_heading(words["open"], *opening, _wrap(words["age opening"].format(**names)))
    key = _wrap(words["key"].format(fingerprint=facts.fingerprint))
    program = _wrap(words["age by program"]), words["age by program line"]
    yield _with_heading(words["verify"], *program, _wrap(words["age by hand"].format(**names)), key)


def _parts(facts: Facts, words: dict[str, str]) -> Iterator[str]:
    yield from _head(facts, words)
    opening = [words["password"]] if facts.has_password else []
    yield _with_heading(words["open"], *map(_wrap, [*opening, words["opening"]]))
    names = {"namespace": bag.NAMESPACE, "signature": bag.SIGNATURE, "tags": bag.TAG_MANIFEST}
    lines = (words["by program line"], words["by hand line"].format(**names))
    key = _wrap(words["key"].format(fingerprint=facts.fingerprint))
    yield _with_heading(words["verify"], _wrap(words["by program"]), lines[0], _wrap(words["by hand"]), lines[1], key)
    yield _with_heading(words["files"], "\n".join(f"{name:<{_NAME_WIDTH}}{use}" for name, use in _files(facts, words)))
    listed = [_wrap(words["listed"])] if "sequences" in facts.includes else []
    contained = words["some recordings" if facts.has_media else "no recordings"]
    yield _with_heading(words["recordings"], _wrap(contained), *listed)


def _files(facts: Facts, words: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names of the files, each with what it is for."""
    folder = f"data/{words['number']}/" if facts.has_folders else "data/"
    if facts.has_folders:
        yield "data/index.html", words["list"]
    left_out = set[str]() if facts.has_media else {"data/media/"}
    left_out |= set[str]() if facts.has_entries else {PROOFS, ENTRIES, LOG_KEY}
    for name, section in _FILES.items():
        if name not in left_out and (section is None or section in facts.includes):
            local = name.removeprefix("data/")
            yield (folder + local if local in _OF_PROJECTS else name), words[name]


def _with_heading(heading: str, *paragraphs: str) -> str:
    return "\n\n".join((f"{heading}\n{'-' * len(heading)}", *paragraphs))


def _wrap(paragraph: str) -> str:
    """Wrap a paragraph; `~` is a space at which no line ends, so that a command to copy stays whole."""
    return fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False).replace("~", " ")
