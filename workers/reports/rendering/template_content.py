"""The content of a report in reading order, which the template lays out."""

from collections.abc import Iterable
from datetime import datetime

from contracts.texts import Phrase, phrase
from workers.reports.rendering.content import circumstances, parts
from workers.reports.rendering.content.writing import Content, Fact, Writing
from workers.reports.rendering.render_input import DataValue, ReportDocument, Section

_HEADER_CHARACTERS = 50


def content(document: ReportDocument) -> Content:
    """Return the content of a report as nested texts."""
    writing = Writing.of(document)
    words = writing.words
    number = words.number.format(document.project.number)
    title = _shorten(document.title)
    return {
        "language": document.language,
        "name": " – ".join(filter(None, (words.subtitle, number, title))),
        "title": document.title.strip(),
        "subtitle": words.subtitle,
        "number": number,
        "confidentiality": document.confidentiality.strip(),
        "contents": words.contents,
        "header": [f"{words.subtitle} – {number}", title],
        "footer": [
            f"{words.report_id} {document.report_id}",
            words.page,
            f"{words.generated} {writing.time(document.generated_at)}",
            words.zone.format(writing.zone_name),
        ],
        "notice": _notice(writing),
        "notes": _notes(writing),
        "sections": [
            *_incident(writing),
            *circumstances.hold(writing),
            *circumstances.files(writing),
            circumstances.origin(writing),
        ],
        "signatures": {"heading": words.signatures, **circumstances.signatures(writing)},
        "attachments": {"data": words.attached_data, "schema": words.attached_schema},
        "end": words.end_of_report,
    }


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _HEADER_CHARACTERS else f"{line[: _HEADER_CHARACTERS - 1].rstrip()}…"


def _incident(writing: Writing) -> list[Content]:
    """Return the sections in their order; one line names those that are empty."""
    sections = [
        writing.facts(Section.MAIN_DETAILS, _main_details(writing)),
        _description(writing),
        writing.facts(Section.CATEGORIES, ((label, value or "") for label, value in writing.document.categories)),
        writing.facts(Section.DATA, ((field.label, _value(writing, field)) for field in writing.document.data)),
        parts.comments(writing),
        parts.calls(writing),
        parts.sequences(writing),
    ]
    nothing = " ".join(section["nothing"] for section in sections if "heading" not in section)
    return [*(section for section in sections if "heading" in section), *([{"nothing": nothing}] if nothing else [])]


def _notice(writing: Writing) -> list[str]:
    document, words = writing.document, writing.words
    if not document.missing:
        return []
    names = ", ".join(words.sections.get(name, name) for name in document.missing)
    return [phrase(Phrase.REPORT_INCOMPLETE, document.language), words.not_included.format(names)]


def _notes(writing: Writing) -> list[str]:
    reading = writing.words.reading.format(writing.zone_name)
    return [reading] if writing.document.show_user_names else [reading, writing.words.names_hidden]


def _main_details(writing: Writing) -> Iterable[Fact]:
    document, words = writing.document, writing.words
    project = document.project
    if Section.MAIN_DETAILS in document.missing:
        return
    yield words.type, document.type_name or ""
    yield words.status, document.status_name or ""
    yield words.reference, project.reference or ""
    yield words.start, writing.time(project.start_time) if project.start_time else ""
    yield words.end, writing.time(project.end_time) if project.end_time else ""
    yield words.created, writing.done(project.created_at, project.created_by)
    yield words.updated, writing.done(project.updated_at, project.updated_by)
    yield words.imported, words.yes if project.imported else ""
    yield words.exempt, words.yes if project.retention_exempt else ""


def _description(writing: Writing) -> Content:
    missing = Section.DESCRIPTION in writing.document.missing
    text = "" if missing else writing.document.project.description or ""
    return writing.section(Section.DESCRIPTION, "text", text if text.strip() else "")


def _value(writing: Writing, field: DataValue) -> str:
    value, words = field.value, writing.words
    if value is None:
        return ""
    match field.kind:
        case "checkbox":
            return words.yes if value else words.no
        case "decimal":
            return str(value).replace(".", words.decimal_mark)
        case "datetime":
            return writing.time(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        case _:
            return str(value)
