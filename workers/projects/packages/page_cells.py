"""The cells of the page of a package: values as people read them, and every text escaped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.figures import decimal, exact_duration, grouped
from contracts.printable import printable
from contracts.projects.redaction import is_redacted

Json = Mapping[str, Any]

_TIMES: Final = frozenset({"at", "start", "end", "set_at"})
_TIME_ENDS: Final = ("_at", "_time")
_TIME_STARTS: Final = "datetime_"
_WORDS: Final = frozenset({"attempted", "code", "direction", "media", "missing"})
_CHOICES: Final = ("type_id", "status_id", "category_")


_ORDER: Final = (
    *("type_id", "status_id", "direction", "at", "party", "number", "duration_seconds", "reference", "description"),
    *("start_time", "end_time", "camera_name", "camera_id", "site", "start", "end", "media", "media_expires_at"),
)
"""The order of the fields of a project, a call and a sequence; the database keeps the shorter names first."""


def zone_of(name: str) -> tzinfo:
    """Find a time zone; UTC if this machine does not know it any more."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


@dataclass(frozen=True)
class Cells:
    """How values are written: with the words of a language, and in a time zone."""

    words: Mapping[str, str]
    zone: tzinfo
    language: str

    @classmethod
    def of(cls, words: Mapping[str, str], zone: str, language: str) -> "Cells":
        """Write in this time zone."""
        return cls(words, zone_of(zone), language)

    def label(self, name: str, whole: Json = MappingProxyType({})) -> str:
        """Return the label of a field of the product, or the name of any other; the number of a call is a telephone."""
        return self.words.get("telephone" if name == "number" and "direction" in whole else name, name)

    def time(self, value: str | datetime) -> str:
        """Return a time in the time zone, with its offset."""
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        try:
            local = at.astimezone(self.zone)
        except OverflowError:  # the first or last hours that a calendar has
            local = at
        offset = f"{local:%z}"
        return f"{local.strftime(self.words['date'])} {offset[:3]}:{offset[3:5]}"

    def plain(self, name: str, value: Any, names: Mapping[str, Any]) -> str:
        """Return the value of a field as text; `names` are those of the choices."""
        if is_redacted(value):
            return self.words["redacted"]
        if isinstance(value, Mapping):
            keys = sorted(value, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER))
            pairs = [(key, self.plain(key, value[key], names)) for key in keys]
            return "\n".join(f"{self.label(key, value)}{self.words['colon']} {text}" for key, text in pairs if text)
        if isinstance(value, list):
            return ", ".join(self.plain(name, each, names) for each in value)
        return "" if value is None else self._single(name, value, names)

    def _single(self, name: str, value: Any, names: Mapping[str, Any]) -> str:
        text = str(value)
        if isinstance(value, bool):
            text = self.words["yes" if value else "no"]
        elif text and is_time(name):
            text = self.time(value)
        elif name in _WORDS:
            text = self.label(text)
        elif name == "duration_seconds":
            text = exact_duration(value)
        elif name == "bytes":
            text = grouped(value, self.language)
        elif name.startswith("decimal_"):
            text = decimal(text, self.language)
        elif name.startswith(_CHOICES):
            text = str(names.get(text) or text)
        return text

    def cell(self, name: str, value: Any, names: Mapping[str, Any] | None = None) -> str:
        """Return a cell of a table."""
        text = self.plain(name, value, names or {})
        kind = ' class="time"' if text and is_time(name) else ""
        return f"<td{kind}>{isolated(text or self.words['none'])}</td>"

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
        """Return a table of cells below the labels of its columns."""
        head = "".join(f'<th scope="col">{escaped(self.label(name))}</th>' for name in columns)
        body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"

    def facts(self, rows: Iterable[tuple[str, str]]) -> str:
        """Return a table of labels with one value each; texts without a value are left out."""
        body = "".join(
            f'<tr><th scope="row">{isolated(label)}</th><td>{isolated(text)}</td></tr>\n'
            for label, text in rows
            if text
        )
        return f'<table class="facts"><tbody>\n{body}</tbody></table>'


def is_time(name: str) -> bool:
    """Tell whether a field of this name is a time."""
    return name in _TIMES or name.endswith(_TIME_ENDS) or name.startswith(_TIME_STARTS)


def escaped(text: str) -> str:
    """Return a text that is nothing but text on a page; invisible characters are shown."""
    return escape(printable(text), quote=False)


def isolated(text: str) -> str:
    """Return a text whose direction affects nothing around it."""
    return f"<bdi>{escaped(text)}</bdi>"
