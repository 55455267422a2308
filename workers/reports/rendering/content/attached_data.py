"""The data of a report as a file, with its schema, so that a program can read what the pages say."""

import json
import re
from functools import cache
from typing import Any, Final

from contracts.projects.recordings import media_at
from contracts.report_data import CommentRevision, NamedChoice, NamedValue, OtherFile, RecordedActivity, ReportData
from workers.reports.rendering.render_input import Activities, ProjectFile, ReportDocument

DATA: Final = "incident.json"
SCHEMA: Final = "incident.schema.json"

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NAMES = frozenset({"created_by", "updated_by", "edited_by", "added_by", "held_by", "by", "set_by"})


def attachments(document: ReportDocument) -> dict[str, str]:
    """Return the files of a report by their names."""
    return {DATA: _data(document), SCHEMA: _schema(), **document.log_files}


@cache
def _schema() -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ReportData.model_json_schema(mode="serialization"),
    }
    return file_text(schema)


def _data(document: ReportDocument) -> str:
    written = _report_data(document).model_dump(mode="json")
    return file_text(written if document.show_user_names else _without_names(written))


def file_text(value: Any) -> str:
    """Return JSON; halves of characters, which no file in UTF-8 has, are spelled out."""
    written = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def _report_data(document: ReportDocument) -> ReportData:
    sequences = document.project.sequences and [
        sequence.model_copy(update={"media": media_at(document.generated_at, sequence.media_expires_at)})
        for sequence in document.project.sequences
    ]
    return ReportData(
        report_id=document.report_id,
        generated_at=document.generated_at,
        generated_by=document.author if document.show_user_names else None,
        site=document.site,
        software=document.software,
        language=document.language,
        timezone=document.timezone,
        show_user_names=document.show_user_names,
        missing=list(document.missing),
        project=document.project.model_copy(update={"sequences": sequences}),
        type=document.type_name,
        status=document.status_name,
        categories=[NamedChoice(label=label, value=value) for label, value in document.categories],
        data=[NamedValue(label=field.label, kind=field.kind, value=field.value) for field in document.data],
        comment_revisions=[
            CommentRevision(comment_id=change.comment_id, at=change.at, by=change.by, text=change.text)
            for change in document.comment_changes
        ],
        unlisted_wordings=document.unlisted_wordings,
        earlier_reports=list(map(_other_file, document.earlier_reports)),
        exports=list(map(_other_file, document.exports)),
        activity=_activity(document.activities),
        template=document.template.version() if document.template else None,
        unlisted_activities=document.activities.others if document.activities else 0,
        **document.purpose._asdict(),
    )


def _other_file(file: ProjectFile) -> OtherFile:
    return OtherFile(id=file.id, at=file.at, by=file.by)


def _activity(activities: Activities | None) -> list[RecordedActivity] | None:
    if activities is None:
        return None
    return [RecordedActivity(at=each.at, by=each.by, activity=each.name) for each in activities.listed]


def _without_names(value: Any) -> Any:
    """Return JSON with empty texts in place of the names of users."""
    if isinstance(value, dict):
        return {
            name: "" if name in _NAMES and isinstance(held, str) else _without_names(held)
            for name, held in value.items()
        }
    return [_without_names(held) for held in value] if isinstance(value, list) else value
