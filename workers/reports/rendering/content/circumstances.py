"""What a report says about its project and itself besides the incident: the hold, other files, and its origin."""

from collections.abc import Iterable, Sequence

from workers.reports.rendering.content.writing import Content, Fact, Writing
from workers.reports.rendering.render_input import ProjectFile


def hold(writing: Writing) -> Iterable[Content]:
    """Yield the section of the hold, if there is one."""
    placed, words = writing.document.project.hold, writing.words
    if placed:
        facts = [
            (words.hold_reason, placed.reason),
            (words.hold_since, writing.time(placed.held_at)),
            (words.hold_by, writing.name(placed.held_by)),
        ]
        yield {"heading": words.hold, "facts": [fact for fact in facts if fact[1]]}


def files(writing: Writing) -> Iterable[Content]:
    """Yield the sections of the reports and exports that were made before."""
    document, words = writing.document, writing.words
    if document.earlier_reports:
        yield {
            "heading": words.earlier_reports,
            "listing": _listing(writing, words.generated, document.earlier_reports),
        }
    if document.exports:
        yield {"heading": words.exports, "listing": _listing(writing, words.exported, document.exports)}


def _listing(writing: Writing, label: str, listed: Sequence[ProjectFile]) -> Content:
    rows = [[writing.done(file.at, file.by), str(file.id)] for file in listed]
    return {"head": [label, writing.words.identifier], "rows": rows}


def origin(writing: Writing) -> Content:
    """Return the section about the report itself."""
    document, words = writing.document, writing.words
    facts: list[Fact] = [
        (words.report_id, str(document.report_id)),
        (words.generated, writing.done(document.generated_at, document.author)),
        (words.site, document.site),
        (words.software, document.software),
        (words.project_id, str(document.project.project_id)),
        (words.revision, str(document.project.revision)),
    ]
    return {"heading": words.about_report, "facts": [fact for fact in facts if fact[1]]}


def signatures(writing: Writing) -> Content:
    """Return the lines to sign on; without signatories there are none."""
    words = writing.words
    labels = [words.signed_name, words.signed_date, words.signature]
    return {"labels": labels, "signatories": list(writing.document.signatories)}
