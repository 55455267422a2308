"""What a report says about its project and itself besides the incident: the hold, other files, and its origin."""

from collections.abc import Iterable, Sequence

from contracts.activity_words import activity_words
from workers.reports.rendering.content.writer import Content, Fact, Writer
from workers.reports.rendering.render_input import ProjectFile, Section


def hold(writer: Writer) -> Iterable[Content]:
    """Yield the section of the hold, if there is one."""
    placed, words = writer.document.project.hold, writer.words
    if placed:
        facts = [
            (words.held_because, placed.reason),
            (words.hold_reference, placed.reference or ""),
            (words.hold_since, writer.time(placed.held_at)),
            (words.hold_until, writer.time(placed.until) if placed.until else ""),
            (words.hold_by, writer.name(placed.held_by)),
        ]
        yield {"heading": words.hold, "facts": [fact for fact in facts if fact[1]]}


def redactions(writer: Writer) -> Iterable[Content]:
    """Yield the section of the texts that were redacted, if there are some."""
    words, redacted = writer.words, writer.document.project.redactions
    names = {
        "description": words.sections[Section.DESCRIPTION],
        "reference": words.reference,
        "comment": words.sections[Section.COMMENTS],
        "call": words.sections[Section.CALLS],
        "sequence": words.camera,
    }
    rows = [[names.get(each.field, words.sections[Section.DATA]), writer.done(each.at, each.by)] for each in redacted]
    if rows:
        yield {"heading": words.redactions, "listing": {"head": [words.redacted_text, words.redacted_at], "rows": rows}}


def files(writer: Writer) -> Iterable[Content]:
    """Yield the sections of the reports and exports that were made before."""
    document, words = writer.document, writer.words
    if document.earlier_reports:
        yield {
            "heading": words.earlier_reports,
            "listing": _listing(writer, words.generated, document.earlier_reports),
        }
    if document.exports:
        yield {"heading": words.exports, "listing": _listing(writer, words.exported, document.exports)}


def _listing(writer: Writer, label: str, listed: Sequence[ProjectFile]) -> Content:
    rows = [[writer.done(file.at, file.by), str(file.id)] for file in listed]
    return {"head": [label, writer.words.identifier], "rows": rows}


def activities(writer: Writer) -> Iterable[Content]:
    """Yield the section of what people did with the project, the last first, if the report has one."""
    document, words = writer.document, writer.words
    if document.activities is None:
        return
    listed, others = document.activities
    head = [words.activity_time, *([words.activity_by] if document.show_user_names else []), words.activity]
    rows = [
        [
            writer.time(activity.at),
            *([activity.by] if document.show_user_names else []),
            activity_words(activity.name, document.language),
        ]
        for activity in listed
    ]
    if not rows:
        yield {"heading": words.activities, "empty": words.no_activity}
    else:
        remarks = [(words.unlisted_activities, str(others))] if others else []
        yield {"heading": words.activities, "listing": {"head": head, "rows": rows}, "remarks": remarks}


def origin(writer: Writer) -> Content:
    """Return the section about the report itself."""
    document, words = writer.document, writer.words
    recipient, reference, legal_basis = (text or "" for text in document.purpose)
    facts: list[Fact] = [
        (words.report_id, str(document.report_id)),
        (words.generated, writer.done(document.generated_at, document.author)),
        (words.recipient, recipient),
        (words.recipient_reference, reference),
        (words.legal_basis, legal_basis),
        (words.site, document.site),
        (words.software, document.software),
        (words.project_id, str(document.project.project_id)),
        (words.revision, str(document.project.revision)),
    ]
    return {"heading": words.about_report, "facts": [fact for fact in facts if fact[1]]}


def signatures(writer: Writer) -> Content:
    """Return the lines to sign on; without signatories there are none."""
    words = writer.words
    labels = [words.signed_name, words.signed_date, words.signature]
    return {"labels": labels, "signatories": list(writer.document.signatories)}
