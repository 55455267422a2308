"""The content of a report in reading order, which the template lays out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from contracts.projects.queries import AttachedSequence, Call, Comment
from contracts.texts import Phrase, phrase
from workers.reports.rendering.child_texts import zone_of
from workers.reports.rendering.render_input import DataValue, ReportDocument, Section
from workers.reports.rendering.translated_texts import WORDINGS, Wording

Content = dict[str, Any]
Fact = tuple[str, str]

NOTHING = "–"
_HEADER_CHARACTERS = 50


def content(document: ReportDocument) -> Content:
    """Return the content of a report as nested texts."""
    return _Writer.of(document).content()


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _HEADER_CHARACTERS else f"{line[: _HEADER_CHARACTERS - 1].rstrip()}…"


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number}\u00a0{unit}" for number, unit in parts if number) or "0\u00a0s"


@dataclass(frozen=True, slots=True)
class _Writer:
    document: ReportDocument
    words: Wording
    zone: tzinfo

    @classmethod
    def of(cls, document: ReportDocument) -> "_Writer":
        return cls(document, WORDINGS[document.language], zone_of(document.timezone))

    def content(self) -> Content:
        document, words = self.document, self.words
        number = words.number.format(document.project.number)
        generated = self._time(document.generated_at)
        return {
            "language": document.language,
            "name": " – ".join(filter(None, (words.subtitle, number, _shorten(document.title)))),
            "title": document.title.strip(),
            "subtitle": words.subtitle,
            "number": number,
            "header": [f"{words.subtitle} – {number}", _shorten(document.title)],
            "footer": [f"{words.report_id} {document.report_id} – {words.generated} {generated}", words.page],
            "notice": self._notice(),
            "notes": self._notes(),
            "sections": [
                self._facts(Section.MAIN_DETAILS, self._main_details()),
                self._description(),
                self._facts(Section.CATEGORIES, self._categories()),
                self._facts(Section.DATA, self._data()),
                self._entries(Section.COMMENTS, map(self._comment, document.project.comments or ())),
                self._entries(Section.CALLS, map(self._call, document.project.calls or ())),
                self._sequences(document.project.sequences or ()),
                {"heading": words.about_report, "facts": self._report_facts(generated)},
            ],
        }

    def _time(self, at: datetime | None) -> str:
        if at is None:
            return NOTHING
        local = at.astimezone(self.zone)
        shown = local.strftime("%d/%m/%Y %H:%M:%S")
        # The offset tells apart the two hours that a change of clocks repeats.
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            return shown
        return f"{shown} ({local:%z})"

    def _done(self, at: datetime, by: str) -> str:
        who = f" {self.words.by.format(by)}" if self.document.show_user_names else ""
        return f"{self._time(at)}{who}"

    def _edited(self, part: Comment | Call) -> str:
        if part.edited_at is None:
            return ""
        return self.words.edited.format(self._done(part.edited_at, part.edited_by or NOTHING))

    def _notice(self) -> list[str]:
        if not self.document.missing:
            return []
        names = ", ".join(self.words.sections.get(name, name) for name in self.document.missing)
        notice = phrase(Phrase.REPORT_INCOMPLETE, self.document.language)
        return [notice, self.words.not_included.format(names)]

    def _notes(self) -> list[str]:
        zone = "UTC" if self.zone is UTC else self.document.timezone
        reading = self.words.reading.format(zone)
        return [reading] if self.document.show_user_names else [reading, self.words.names_hidden]

    def _without(self, section: Section) -> str:
        """Return why a section is empty."""
        if section in {part.rpartition("/")[2] for part in self.document.project.withheld}:
            return self.words.withheld
        if section in self.document.missing:
            return self.words.unavailable
        return self.words.empty.get(section, NOTHING)

    def _section(self, section: Section, kind: str, parts: Sequence[Any] | str) -> Content:
        heading = self.words.sections[section]
        if not parts:
            return {"heading": heading, "empty": self._without(section)}
        return {"heading": heading, kind: parts}

    def _facts(self, section: Section, facts: Iterable[Fact]) -> Content:
        return self._section(section, "facts", list(facts))

    def _entries(self, section: Section, entries: Iterable[Content]) -> Content:
        return self._section(section, "entries", list(entries))

    def _main_details(self) -> Iterable[Fact]:
        project, words = self.document.project, self.words
        if Section.MAIN_DETAILS in self.document.missing:
            return
        yield words.type, self.document.type_name or NOTHING
        yield words.status, self.document.status_name or NOTHING
        if project.reference:
            yield words.reference, project.reference
        yield words.start, self._time(project.start_time)
        yield words.end, self._time(project.end_time)
        yield words.created, self._done(project.created_at, project.created_by)
        yield words.updated, self._done(project.updated_at, project.updated_by)
        if project.imported:
            yield words.imported, words.yes
        if project.retention_exempt:
            yield words.exempt, words.yes

    def _description(self) -> Content:
        missing = Section.DESCRIPTION in self.document.missing
        text = "" if missing else self.document.project.description or ""
        return self._section(Section.DESCRIPTION, "text", text if text.strip() else "")

    def _categories(self) -> Iterable[Fact]:
        return ((label, value or NOTHING) for label, value in self.document.categories)

    def _data(self) -> Iterable[Fact]:
        return ((field.label, self._value(field)) for field in self.document.data)

    def _value(self, field: DataValue) -> str:
        value = field.value
        if value is None or value == "":
            return NOTHING
        match field.kind:
            case "checkbox":
                return self.words.yes if value else self.words.no
            case "decimal":
                return str(value).replace(".", self.words.decimal_mark)
            case "datetime":
                return self._time(value if isinstance(value, datetime) else datetime.fromisoformat(value))
            case _:
                return str(value)

    def _comment(self, comment: Comment) -> Content:
        return {
            "head": self._done(comment.created_at, comment.created_by),
            "aside": self._edited(comment),
            "facts": [],
            "text": comment.text,
        }

    def _call(self, call: Call) -> Content:
        words = self.words
        length = "" if call.duration_seconds is None else _length(call.duration_seconds)
        facts = (
            (words.party, call.party),
            (words.telephone, call.number),
            (words.duration, length),
            (words.reference, call.reference),
            (words.recorded, self._done(call.created_at, call.created_by)),
            (words.notes, call.notes),
        )
        return {
            "head": f"{words.directions[call.direction]} – {self._time(call.at)}",
            "aside": self._edited(call),
            "facts": [fact for fact in facts if fact[1]],
            "text": "",
        }

    def _sequences(self, sequences: Sequence[AttachedSequence]) -> Content:
        words = self.words
        table = {
            "head": [words.camera, words.start, words.end, words.media_expiry],
            "rows": [self._sequence(sequence) for sequence in sequences],
        }
        section = self._section(Section.SEQUENCES, "table", list(sequences))
        return {**section, "table": table} if sequences else section

    def _sequence(self, sequence: AttachedSequence) -> list[Any]:
        place = ", ".join(filter(None, (sequence.camera_id, sequence.site)))
        added = self.words.added.format(self._done(sequence.added_at, sequence.added_by))
        return [
            [sequence.camera_name, place, added],
            self._time(sequence.start),
            self._time(sequence.end),
            self._time(sequence.media_expires_at),
        ]

    def _report_facts(self, generated: str) -> list[Fact]:
        words, document = self.words, self.document
        return [
            (words.report_id, str(document.report_id)),
            (words.generated, generated),
            (words.project_id, str(document.project.project_id)),
            (words.revision, str(document.project.revision)),
        ]
