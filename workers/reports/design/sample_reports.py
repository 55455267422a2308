"""What a template is tried on: a report with something in every part, one with nothing, and a bound file."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from contracts.projects.queries import ProjectDetails
from contracts.values import Language
from workers.reports.rendering.render_input import (
    Activities,
    Activity,
    CommentChange,
    DataValue,
    ProjectFile,
    Purpose,
    ReportDocument,
)

_AT: Final = datetime(2026, 1, 31, 14, 30, tzinfo=UTC)
_ID: Final = UUID(int=1)
_MADE: Final[dict[str, Any]] = {"created_by": "olivia", "created_at": _AT}
_CALL: Final = {
    "call_id": _ID,
    "direction": "made",
    "at": _AT,
    "party": "Police",
    "number": "117",
    "duration_seconds": 90,
    "reference": "ZH 117",
    "notes": "They come.",
    **_MADE,
}
_SEQUENCE: Final = {
    "sequence_id": _ID,
    "camera_id": "camera-4",
    "camera_name": "Gate 4",
    "site": "harbour",
    "start": _AT,
    "end": _AT + timedelta(minutes=10),
    "media_expires_at": None,
    "added_by": "olivia",
    "added_at": _AT,
}


def full_report(language: Language = "en") -> ReportDocument:
    """Return a report that has something in every part."""
    comment = {"comment_id": _ID, "text": "Nobody came for it. \u05e9\u05dc\u05d5\u05dd", **_MADE}
    hold = {"held_by": "olivia", "held_at": _AT, "reason": "The police asked for it."}
    project = _project(
        description="A bag was left at gate 4.\nIt was red.",
        comments=[comment],
        calls=[_CALL],
        sequences=[_SEQUENCE],
        hold=hold,
    )
    file = ProjectFile(id=_ID, at=_AT, by="olivia")
    return _report(
        language,
        project=project,
        title="Harbour Security",
        show_user_names=True,
        type_name="Lost property",
        status_name="Open",
        categories=(("Reason", "Other"),),
        data=(DataValue(label="Bags", kind="integer", value=1),),
        missing=("calls",),
        comment_changes=(CommentChange(comment_id=_ID, at=_AT, by="olivia", text="Nobody came."),),
        unlisted_wordings=1,
        earlier_reports=(file,),
        exports=(file,),
        author="olivia",
        activities=Activities((Activity(_AT, "olivia", "projects.created"),), 1),
        purpose=Purpose("Police", "PV 4/2026", "Art. 265 CPP"),
        confidentiality="For the police only",
        signatories=("Head of security",),
    )


def empty_report(language: Language = "fr") -> ReportDocument:
    """Return a report that has nothing but its number."""
    return _report(language, project=_project(), title="", show_user_names=False)


def full_front(language: Language = "en") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the facts and the projects of a bound file that has something in every part before its reports."""
    facts: dict[str, Any] = {
        "language": language,
        "timezone": "Europe/Zurich",
        "at": int(_AT.timestamp()),
        "title": "Harbour Security",
        "confidentiality": "For the police only",
        "author": "olivia",
        "purpose": ["Police", "PV 4/2026", "Art. 265 CPP"],
        "volume": [1, 2],
        "logo": None,
    }
    included: dict[str, Any] = {
        "project_id": str(_ID),
        "number": 12,
        "state": "included",
        "created_at": _AT.isoformat(),
        "description": "A bag was left at gate 4.",
        "type": "Lost property",
        "status": "Open",
        "pages": 2,
    }
    return facts, [included, {**included, "number": None, "state": "deleted", "description": None}]


def _project(**changes: Any) -> ProjectDetails:
    values: dict[str, Any] = {
        **_MADE,
        "project_id": _ID,
        "number": 12,
        "revision": 1,
        "updated_by": "olivia",
        "updated_at": _AT,
        "imported": False,
        "retention_exempt": False,
    }
    return ProjectDetails.model_validate({**values, **changes}, strict=False)


def _report(language: Language, **values: Any) -> ReportDocument:
    return ReportDocument(
        report_id=_ID, generated_at=_AT, language=language, timezone="Europe/Zurich", site="harbour", **values
    )
