"""Answers for people: tables and lists."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from rich.console import RenderableType
from rich.text import Text

from contracts.figures import duration
from contracts.printable import on_one_line
from contracts.projects.drafts import DRAFT_LIFETIME, DraftedSequence
from contracts.projects.queries import AttachedSequence, Hold, ProjectDetails, ProjectRow
from contracts.retention import RetentionPreview
from incidents.terminal.tables.layout import Lines
from incidents.terminal.tables.sheet import (
    Cell,
    Sheet,
    facts,
    format_value,
    local,
    one_line,
    paragraph,
    table,
    times_of,
)
from incidents.terminal.tables.values import Names, field_label, field_value, times_in
from incidents.terminal.text.words import count, name_of, names_of, say

__all__ = [
    "Cell",
    "Names",
    "Sheet",
    "facts",
    "field_label",
    "field_value",
    "local",
    "one_line",
    "paragraph",
    "table",
    "times_in",
]
_UNFOLDED_WIDTH_MAX: Final = 20
"""The width up to which texts are not folded: times, names, numbers."""


def project_rows(rows: Iterable[ProjectRow], names: Names, language: str) -> Sheet:
    """Return a list of projects as a table."""
    listed = list(rows)
    elsewhere = ["Reference"] if any(row.reference for row in listed) else []
    cells = (
        (
            row.number,
            *(row.reference or "" for _ in elsewhere),
            row.created_at,
            names.of(row.type_id),
            names.of(row.status_id),
            one_line(row.description or ""),
            row.created_by,
        )
        for row in listed
    )
    return table(language, "Number", *elsewhere, "Created", "Type", "Status", "Description", "By", rows=cells)


def project_sheet(rows: Iterable[ProjectRow], names: Names, language: str) -> Sheet:
    """Return projects for a spreadsheet, always with the same columns."""
    cells = (
        (
            row.number,
            row.reference,
            row.created_at,
            names.of(row.type_id),
            names.of(row.status_id),
            row.description,
            row.start_time,
            row.end_time,
            row.created_by,
            row.updated_at,
            row.project_id,
        )
        for row in rows
    )
    headings = (
        "Number",
        "Reference",
        "Created",
        "Type",
        "Status",
        "Description",
        "Start",
        "End",
        "By",
        "Updated",
        "Id",
    )
    return table(language, *headings, rows=cells)


def project(details: ProjectDetails, names: Names, language: str) -> list[RenderableType]:
    """Return the content of a project, with the names at the time when its fields were set."""
    names = _then(details, names, language)
    main = facts(language, _main_details(details, names, language))
    shown: list[RenderableType] = [Text(say(language, "Project {number}", number=details.number), style="bold"), main]
    for part in _parts(details, names, language):
        numbered = [(number, *_short(row, language)) for number, row in enumerate(part.rows, 1)]
        shown_rows = numbered if part.fields else part.rows
        shown += [Text(f"\n{say(language, part.heading)}", style="bold"), _lines(shown_rows, language)]
    return shown


def whole_project(details: ProjectDetails, names: Names, language: str) -> Sheet:
    """Return the content of a project for a spreadsheet: one row per value, with its section."""
    names = _then(details, names, language)
    rows: list[Sequence[object]] = [
        ("", "", say(language, label), value) for label, value in _main_details(details, names, language)
    ]
    for part in _parts(details, names, language):
        section = say(language, part.heading)
        for number, row in enumerate(part.rows, 1):
            if part.fields:
                fields = (say(language, field) for field in part.fields)
                rows += [(section, number, *pair) for pair in zip(fields, row, strict=True)]
            else:
                rows.append((section, "", *row))
    return table(language, "Section", "#", "Field", "Value", rows=[row for row in rows if _is_filled(row[-1])])


def _is_filled(value: object) -> bool:
    return (value.whole if isinstance(value, Cell) else value) not in {"", None}


def _then(details: ProjectDetails, names: Names, language: str) -> Names:
    chosen = {f"category_{slot}": value for slot, value in (details.categories or {}).items()}
    chosen |= {"type_id": details.type_id, "status_id": details.status_id}
    labels = {field: _named(label.label, label.label_now, language) for field, label in details.labels.items()}
    values = {
        str(chosen[field]): _named(label.value, label.value_now, language)
        for field, label in details.labels.items()
        if chosen.get(field)
    }
    return names.then(labels, values)


def _named(then: str | None, now: str | None, language: str) -> str | None:
    return say(language, "{then} (renamed since: {now})", then=then, now=now) if then and now else then


def _main_details(details: ProjectDetails, names: Names, language: str) -> list[tuple[str, object]]:
    def when(time: datetime, by: str) -> Cell:
        return Cell(f"{local(time, language)}  {on_one_line(by)}", time)

    held = details.hold
    return [
        ("Id", details.project_id),
        ("Reference", details.reference or ""),
        ("Type", names.of(details.type_id)),
        ("Status", names.of(details.status_id)),
        ("Description", details.description or ""),
        ("Start", details.start_time),
        ("End", details.end_time),
        ("Created", when(details.created_at, details.created_by)),
        ("Created by", Cell("", details.created_by)),
        ("Updated", when(details.updated_at, details.updated_by)),
        ("Updated by", Cell("", details.updated_by)),
        ("Revision", details.revision),
        ("From an import", details.imported or ""),
        ("Exempt from retention", details.retention_exempt or ""),
        ("Under hold", _hold(held, language) if held else ""),
        ("Not shown to you", names_of(language, "field", details.withheld)),
        ("Too large to show here", names_of(language, "field", details.too_large)),
    ]


def _hold(hold: Hold, language: str) -> Cell:
    """Return since and until when a project is under hold, by whom, for which reference and why."""
    end = say(language, ", until {time}", time=local(hold.until, language)) if hold.until else ""
    words = (f"{local(hold.held_at, language)}{end}", hold.held_by, hold.reference or "", hold.reason)
    return Cell("  ".join(word for word in words if word), hold.reason)


class Part(NamedTuple):
    """A part of a project other than its main details; parts with numbers have fields with headings."""

    heading: str
    fields: tuple[str, ...]
    rows: list[Sequence[object]]


def _parts(details: ProjectDetails, names: Names, language: str) -> Iterable[Part]:
    categories = {f"category_{slot}": value for slot, value in (details.categories or {}).items() if value}
    if categories:
        yield Part("Categories", (), [(names.label(field), names.of(value)) for field, value in categories.items()])
    filled = {name: value for name, value in (details.data or {}).items() if value is not None}
    known = [
        (names.label(name), Cell(field_value(name, value, names, language), value, times_in(name, value)))
        for name, value in filled.items()
    ]
    if known:
        yield Part("Incident data", (), [*known])
    if details.comments:
        rows: list[Sequence[object]] = [
            (comment.created_at, comment.created_by, comment.text or say(language, "(redacted)"))
            for comment in details.comments
        ]
        yield Part("Comments", ("Time", "By", "Text"), rows)
    if details.calls:
        rows = [
            (
                call.at,
                name_of(language, "state", call.direction),
                call.party or say(language, "(redacted)"),
                call.number,
                _duration(call.duration_seconds, language),
                call.reference,
                call.notes,
            )
            for call in details.calls
        ]
        yield Part("Calls", ("Time", "Direction", "Party", "Telephone", "Duration (s)", "Reference", "Notes"), rows)
    if details.sequences:
        rows = [(sequence.start, sequence.end, *_recording(sequence, language)) for sequence in details.sequences]
        yield Part("Sequences", ("Start", "End", "Camera", "Camera id", "Site", "Kept until"), rows)
    if details.redactions:
        rows = [
            (each.at, each.by, field_label(each.field, names, language), each.reason) for each in details.redactions
        ]
        yield Part("Redacted texts", ("Time", "By", "Field", "Reason"), rows)


def _duration(seconds: int | None, language: str) -> Cell:
    return Cell("" if seconds is None else duration(seconds, language), seconds)


def _recording(sequence: AttachedSequence, language: str) -> Sequence[object]:
    """Return the camera, its id if that is not its name, its site, and until when the recording is kept."""
    camera_id = "" if sequence.camera_id == sequence.camera_name else sequence.camera_id
    expires = sequence.media_expires_at
    until = say(language, "kept until {time}", time=local(expires, language)) if expires else ""
    name = sequence.camera_name or say(language, "(redacted)")
    return name, Cell(camera_id, sequence.camera_id), sequence.site or "", Cell(until, expires)


def _short(row: Sequence[object], language: str) -> Sequence[object]:
    """Return a row with its values after the second joined to one text."""
    shown = (value.shown if isinstance(value, Cell) else value for value in row[2:])
    return *row[:2], "  ".join(filter(None, (format_value(value, language) for value in shown)))


def _lines(rows: Iterable[Sequence[object]], language: str) -> Lines:
    """Lay rows out as lines; `edit-comment 12 2` means the line with number 2."""
    lines, listed = [], list(rows)
    for row in listed:
        *short, last = (
            paragraph(format_value(value.shown if isinstance(value, Cell) else value, language)) for value in row
        )
        for cell in short:
            cell.no_wrap = len(cell) <= _UNFOLDED_WIDTH_MAX
        lines.append([*short, last])
    return Lines(lines, times_of(value for row in listed for value in row))


def draft(sequences: Iterable[DraftedSequence], language: str) -> Sheet:
    """Return a draft list as a table, with the numbers for `draft remove`."""
    rows = (
        (
            number,
            sequence.camera_name,
            sequence.site,
            sequence.start,
            sequence.end,
            sequence.drafted_at + DRAFT_LIFETIME,
            sequence.camera_id,
            sequence.sequence_id,
        )
        for number, sequence in enumerate(sequences, 1)
    )
    return table(language, "#", "Camera", "Site", "Start", "End", "Listed until", rows=rows, more=("Camera id", "Id"))


def preview(answer: RetentionPreview, language: str) -> str:
    """Return what a retention time would delete, as a sentence."""
    days = count(language, answer.retention_days, "{count} day", "{count} days")
    singular = "If projects were kept for {days}, the next sweep would delete {count} project."
    plural = "If projects were kept for {days}, the next sweep would delete {count} projects."
    none = "If projects were kept for {days}, the next sweep would delete none."
    return count(language, answer.due, singular, plural, none, days=days)
