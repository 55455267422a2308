"""The content of a report in reading order, which the template lays out."""

from collections.abc import Iterable
from datetime import datetime

from contracts.figures import decimal
from contracts.texts import Phrase, phrase
from workers.reports.rendering.attachment_words import ATTACHMENT_WORDS
from workers.reports.rendering.content import circumstances, parts
from workers.reports.rendering.content.writer import Content, Fact, Writer
from workers.reports.rendering.render_input import DataValue, ReportDocument, Section

_HEADER_CHARACTERS = 50


def content(document: ReportDocument) -> Content:
    """Return the content of a report as nested texts."""
    writer = Writer.of(document)
    words = writer.words
    number = words.number.format(document.project.number)
    title = _shorten(document.title)
    return {
        "language": document.language,
        "name": " – ".join(filter(None, (words.subtitle, number, title))),
        "title": document.title.strip(),
        "subtitle": words.subtitle,
        "number": number,
        "confidentiality": document.confidentiality.strip(),
        "logo": document.logo.content() if document.logo else None,
        "contents": words.contents,
        "header": [f"{words.subtitle} – {number}", title],
        "footer": [
            f"{words.report_id} {document.report_id}",
            words.page,
            f"{words.generated} {writer.time(document.generated_at)}",
            words.zone.format(writer.zone_name),
        ],
        "notice": _notice(writer),
        "notes": _notes(writer),
        "sections": [
            *_incident(writer),
            *circumstances.hold(writer),
            *circumstances.redactions(writer),
            *circumstances.files(writer),
            *circumstances.activities(writer),
            circumstances.origin(writer),
        ],
        "signatures": {"heading": words.signatures, **circumstances.signatures(writer)},
        "attachments": {**ATTACHMENT_WORDS[document.language]},
        "end": words.end_of_report,
    }


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _HEADER_CHARACTERS else f"{line[: _HEADER_CHARACTERS - 1].rstrip()}…"


def _incident(writer: Writer) -> list[Content]:
    """Return the sections in their order; one line names those that are empty."""
    sections = [
        writer.facts(Section.MAIN_DETAILS, _main_details(writer)),
        _description(writer),
        writer.facts(Section.CATEGORIES, ((label, value or "") for label, value in writer.document.categories)),
        writer.facts(Section.DATA, ((field.label, _value(writer, field)) for field in writer.document.data)),
        parts.comments(writer),
        parts.calls(writer),
        parts.sequences(writer),
    ]
    nothing = " ".join(section["nothing"] for section in sections if "heading" not in section)
    return [*(section for section in sections if "heading" in section), *([{"nothing": nothing}] if nothing else [])]


def _notice(writer: Writer) -> list[str]:
    document, words = writer.document, writer.words
    if not document.missing:
        return []
    names = ", ".join(words.sections.get(name, name) for name in document.missing)
    return [phrase(Phrase.REPORT_INCOMPLETE, document.language), words.not_included.format(names)]


def _notes(writer: Writer) -> list[str]:
    reading = writer.words.reading.format(writer.zone_name)
    return [reading] if writer.document.show_user_names else [reading, writer.words.names_hidden]


def _main_details(writer: Writer) -> Iterable[Fact]:
    document, words = writer.document, writer.words
    project = document.project
    if Section.MAIN_DETAILS in document.missing:
        return
    yield words.type, document.type_name or ""
    yield words.status, document.status_name or ""
    yield words.reference, project.reference or ""
    yield words.start, writer.time(project.start_time) if project.start_time else ""
    yield words.end, writer.time(project.end_time) if project.end_time else ""
    yield words.created, writer.done(project.created_at, project.created_by)
    yield words.updated, writer.done(project.updated_at, project.updated_by)
    yield words.imported, words.yes if project.imported else ""
    yield words.exempt, words.yes if project.retention_exempt else ""


def _description(writer: Writer) -> Content:
    missing = Section.DESCRIPTION in writer.document.missing
    text = "" if missing else writer.document.project.description or ""
    return writer.section(Section.DESCRIPTION, "text", text if text.strip() else "")


def _value(writer: Writer, field: DataValue) -> str:
    value, words = field.value, writer.words
    if value is None:
        return ""
    match field.kind:
        case "checkbox":
            return words.yes if value else words.no
        case "decimal":
            return decimal(value, writer.document.language)
        case "datetime":
            return writer.time(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        case _:
            return str(value)
