"""The content of the front page, the contents list, and the list of incidents that are not in the file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, TypedDict

from workers.reports.binding.translated_texts import WORDINGS, Wording
from workers.reports.rendering.child_texts import zone_of
from workers.reports.rendering.line_breaking import BREAK
from workers.reports.rendering.text_units import continues
from workers.reports.rendering.unprintable_characters import make_visible, shorten

INCLUDED = "included"
NOTHING = "–"

_LINE_CHARACTERS_MAX = 90
_BOOKMARK_CHARACTERS_MAX = 60
_SURELY_FITS_CHARACTERS = 12
# Spelled-out characters, and others one by one, with the marks of break opportunities, of words and of languages.
_PIECES = re.compile(
    r"\x1f?(?:\x1d[a-z]*\x1c)?\[U\+[0-9A-F]{4,6}\]|[\x1e\x1f]*(?:\x1d[a-z]*\x1c)?[^\x1c-\x1f][\x1e\x1f]*"
)
_ISOLATES, _END = ("\u2067", "\u2068"), "\u2069"


class Entry(TypedDict):
    """A project of the file, or one that is not in it for a reason."""

    project_id: str
    number: int | None
    state: str
    created_at: str | None
    description: str | None
    type: str | None
    status: str | None
    pages: int


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The facts of a file, whose front matter is written in one language."""

    entries: Sequence[Entry]
    language: str
    timezone: str
    at: int
    title: str
    author: str | None
    purpose: Sequence[str | None] = ()
    """To whom the file goes, for which reference of theirs, and on which legal basis."""
    volume: Sequence[int] | None = None
    """Which one of how many files it is, if there are several."""

    confidentiality: str = ""
    """The line at the head of each page."""

    logo: dict[str, Any] | None = None
    """The size of the logo, and what it shows."""

    @property
    def included(self) -> list[Entry]:
        """Return the entries that have a report in the file."""
        return [entry for entry in self.entries if entry["state"] == INCLUDED]

    @property
    def words(self) -> Wording:
        """Return the texts in the language of the file."""
        return WORDINGS[self.language]

    def content(self) -> dict[str, Any]:
        """Return the content as nested texts."""
        words, title, generated = self.words, self.title.strip(), self._generated()
        return {
            "language": self.language,
            "name": " – ".join(filter(None, (words.subtitle, _one_line(title)))),
            "author": _one_line(self.author),
            "title": title,
            "subtitle": words.subtitle,
            "count": self._count(),
            "confidentiality": self.confidentiality.strip(),
            "logo": self.logo,
            "header": [words.subtitle, _one_line(title, _BOOKMARK_CHARACTERS_MAX)],
            "footer": [f"{words.generated} {generated}"],
            "facts": self._facts(generated),
            "notes": [words.reading.format("UTC" if self._zone is UTC else self.timezone)],
            "contents": {
                "heading": words.contents,
                "head": [words.number, words.date, words.type, words.description, words.page],
                "empty": words.no_report,
                "rows": list(self._rows()),
            },
            "absent": {
                "heading": words.left_out_heading,
                "head": [words.incident, words.description, words.omission],
                "rows": list(self._absent()),
            },
        }

    @property
    def _zone(self) -> tzinfo:
        return zone_of(self.timezone)

    def _count(self) -> str:
        count = len(self.included)
        return self.words.one_report if count == 1 else self.words.reports.format(count)

    def _facts(self, generated: str) -> list[tuple[str, str]]:
        words = self.words
        facts = [(words.generated, generated)]
        if self.volume:
            facts.insert(0, (words.volume, words.volume_of.format(*self.volume)))
        if self.author:
            facts.append((words.generated_by, self.author))
        labels = words.recipient, words.reference, words.legal_basis
        facts += [(label, _one_line(text)) for label, text in zip(labels, self.purpose, strict=False) if text]
        if left_out := len(self.entries) - len(self.included):
            facts.append((words.left_out, str(left_out)))
        return facts

    def _generated(self) -> str:
        local = datetime.fromtimestamp(self.at, self._zone)
        offset = local.strftime("%z")
        zone = "UTC" if str(self._zone) == "UTC" else f"{self.timezone}, UTC{offset[:3]}:{offset[3:5]}"
        return f"{local:%d/%m/%Y %H:%M:%S} ({zone})"

    def _date(self, entry: Entry) -> str:
        created_at = entry["created_at"]
        if created_at is None:
            return NOTHING
        return datetime.fromisoformat(created_at).astimezone(self._zone).strftime("%d/%m/%Y")

    def _rows(self) -> Iterator[dict[str, str]]:
        before = 0
        for entry in self.included:
            yield {
                "number": NOTHING if entry["number"] is None else str(entry["number"]),
                "date": self._date(entry),
                "type": _one_line(entry["type"]) or NOTHING,
                "description": _one_line(entry["description"]) or NOTHING,
                "before": str(before),
            }
            before += entry["pages"]

    def _absent(self) -> Iterator[dict[str, str]]:
        for entry in self.entries:
            if entry["state"] != INCLUDED:
                number = entry["number"]
                yield {
                    "number": NOTHING if number is None else self.words.item.format(number),
                    "project_id": entry["project_id"] if number is None else "",
                    "description": _one_line(entry["description"]) or ("" if number is None else NOTHING),
                    "reason": self.words.reasons[entry["state"]],
                }


def bookmark(entry: Entry, words: Wording) -> str:
    """Return the line of a report in the outline of the file."""
    number = "" if entry["number"] is None else words.item.format(entry["number"])
    start = _one_line(entry["description"] or entry["type"] or "", _BOOKMARK_CHARACTERS_MAX)
    return " – ".join(filter(None, (number, make_visible(start).replace(BREAK, "")))) or entry["project_id"]


def cut_lines(content: dict[str, Any]) -> None:
    """Divide the texts that must fit on one line into pieces, between which the template cuts them."""
    content["header"][-1] = shorten(content["header"][-1])
    for row in content["contents"]["rows"]:
        row["type"] = _pieces(row["type"])
        row["description"] = _pieces(row["description"])
    for row in content["absent"]["rows"]:
        row["description"] = _pieces(row["description"])


def _pieces(text: str) -> str | dict[str, Any]:
    if len(text) <= _SURELY_FITS_CHARACTERS:
        return text
    isolated = text.startswith(_ISOLATES)
    pieces: list[str] = []
    for piece in _PIECES.findall(text[1:-1] if isolated else text):
        if pieces and continues(piece[0]):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return {"open": text[0] if isolated else "", "pieces": pieces, "close": _END if isolated else ""}


def _one_line(text: str | None, characters_max: int = _LINE_CHARACTERS_MAX) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= characters_max else f"{line[: characters_max - 1].rstrip()}…"
