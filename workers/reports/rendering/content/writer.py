"""What all parts of a report write in the same way: times, names of users, and sections."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from workers.reports.rendering.child_texts import zone_of
from workers.reports.rendering.content.printed_values import print_time
from workers.reports.rendering.render_input import ReportDocument, Section
from workers.reports.rendering.translated_texts import WORDINGS, Wording

Content = dict[str, Any]
Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Writer:
    """A document with the language and the time zone of its report."""

    document: ReportDocument
    words: Wording
    zone: tzinfo

    @classmethod
    def of(cls, document: ReportDocument) -> "Writer":
        """Write in the language and the time zone that the document names."""
        return cls(document, WORDINGS[document.language], zone_of(document.timezone))

    @property
    def zone_name(self) -> str:
        """Return the name of the time zone, which is UTC if this machine does not know it."""
        return "UTC" if self.zone is UTC else self.document.timezone

    def time(self, at: datetime) -> str:
        """Return a time on one line."""
        return print_time(at, self.zone)

    def time_below(self, at: datetime) -> str:
        """Return a time below its date, for narrow columns."""
        return self.time(at).replace(" ", "\n", 1)

    def name(self, name: str | None) -> str:
        """Return the name of a user; nothing where names are hidden."""
        return name if name and self.document.show_user_names else ""

    def done(self, at: datetime, by: str | None) -> str:
        """Return when something was done, and by whom where names are shown."""
        name = self.name(by)
        return f"{self.time(at)} {self.words.by.format(name)}" if name else self.time(at)

    def edited(self, at: datetime | None, by: str | None) -> str:
        """Return when a comment or call was edited; nothing if it never was."""
        return "" if at is None else self.words.edited.format(self.done(at, by))

    def section(self, section: Section, kind: str, parts: Sequence[Any] | str) -> Content:
        """Return a section, or why it is empty: an empty section without a reason has only its line."""
        heading = self.words.sections[section]
        if parts:
            return {"heading": heading, kind: parts}
        if section in {part.rpartition("/")[2] for part in self.document.project.withheld}:
            return {"heading": heading, "empty": self.words.withheld}
        if section in self.document.missing:
            return {"heading": heading, "empty": self.words.unavailable}
        return {"nothing": self.words.empty.get(section, "")}

    def facts(self, section: Section, facts: Iterable[Fact]) -> Content:
        """Return a section of labels and values; those without a value are left out."""
        return self.section(section, "facts", [fact for fact in facts if fact[1]])
