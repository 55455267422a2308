"""What a report shows besides the document of its project: the hold, earlier wordings, and other files."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause

from contracts.permissions import Grants, Level, Node
from contracts.projects.queries import Hold
from workers.reports import domain, tables
from workers.reports.rendering.render_input import Activities, Activity, CommentChange, ProjectFile, ReportDocument
from workers.reports.row_types import CommentChangeRow, HoldRow, ProjectFileRow, RecordedActivityRow
from workers.runtime.storage.identity_map import rows_as
from workers.runtime.storage.statement_execution import Question


class Circumstances(NamedTuple):
    """The hold of a project, what its comments said before, and the files that were made of it."""

    hold: Hold | None
    comment_changes: tuple[CommentChange, ...]
    unlisted_wordings: int
    earlier_reports: tuple[ProjectFile, ...]
    exports: tuple[ProjectFile, ...]
    activities: Activities | None


def circumstances_questions(
    project_id: UUID, grants: Grants, activity: TextClause | None = None
) -> dict[str, Question]:
    """Return the statements that read what the author of a report may see of a project's circumstances.

    `activity` reads what people did with it, if the report lists that.
    """
    named: dict[str, Any] = {"project_id": project_id}
    limits = {"wordings_max": domain.WORDINGS_MAX, "bytes_max": domain.WORDINGS_BYTES_MAX}
    files = named | {"files_max": domain.FILES_MAX}
    questions: dict[str, tuple[Node | None, Question]] = {
        "comment_changes": (Node.COMMENTS, (tables.COMMENT_CHANGES, named | limits)),
        "hold": (Node.RETENTION, (tables.HOLD, named)),
        "exports": (Node.EXPORT, (tables.EXPORTS, files)),
        "earlier_reports": (None, (tables.EARLIER_REPORTS, files)),
    }
    if activity is not None:
        recorded = named | {"hidden": domain.hidden_activities(grants), "activities_max": domain.ACTIVITIES_MAX}
        questions["activities"] = (Node.ACTIVITY_LOGS, (activity, recorded))
    return {
        name: question for name, (node, question) in questions.items() if node is None or grants.allow(node, Level.VIEW)
    }


def circumstances_of(answers: Mapping[str, Iterable[Mapping[str, Any]]]) -> Circumstances:
    """Return the circumstances from the rows of these statements; without a statement there is nothing to show."""
    changes = rows_as(CommentChangeRow, answers.get("comment_changes", ()))
    unlisted = [row for row in changes if row["text"] is None and not row["is_deletion"]]
    holds = rows_as(HoldRow, answers.get("hold", ()))
    return Circumstances(
        hold=Hold(**holds[0]) if holds else None,
        comment_changes=tuple(
            CommentChange(comment_id=row["comment_id"], at=row["at"], by=row["by"], text=row["text"])
            for row in changes
            if row not in unlisted
        ),
        unlisted_wordings=len(unlisted),
        earlier_reports=_files(answers["earlier_reports"]),
        exports=_files(answers.get("exports", ())),
        activities=_activities(answers["activities"]) if "activities" in answers else None,
    )


def restricted_nodes(document: ReportDocument) -> list[str]:
    """Return the nodes that a report needs for its circumstances."""
    activities = document.activities
    names_holders = any(activity.name in domain.HOLDING for activity in (activities.listed if activities else ()))
    nodes = (
        (Node.RETENTION, document.project.hold or names_holders),
        (Node.EXPORT, document.exports),
        (Node.ACTIVITY_LOGS, activities is not None),
    )
    return [node.value for node, shown in nodes if shown]


def _activities(rows: Iterable[Mapping[str, Any]]) -> Activities:
    """Return the newest activities, and how many others there are."""
    listed = rows_as(RecordedActivityRow, rows)
    total = listed[0]["total"] if listed else 0
    shown = tuple(Activity(at=row["at"], by=row["by"], name=row["activity"]) for row in listed)
    return Activities(shown, total - len(shown))


def _files(rows: Iterable[Mapping[str, Any]]) -> tuple[ProjectFile, ...]:
    """Return the newest files, in the order of time."""
    files = rows_as(ProjectFileRow, rows)
    return tuple(ProjectFile(id=row["id"], at=row["at"], by=row["by"]) for row in reversed(files))
