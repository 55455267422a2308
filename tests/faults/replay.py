"""What the tables must hold, worked out from the applied commands alone."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.history import APPLIED, Final, History, Project, SentCommand
from tests.faults.records import Finding


def applied(history: History, final: Final) -> Iterator[tuple[SentCommand, dict[str, Any]]]:
    """Yield each applied command of the history with its outcome."""
    for decision in final.inbox:
        sent = history.commands.get(decision.id)
        if sent and decision.outcome["status"] == APPLIED:
            yield sent, decision.outcome


def expected(history: History, final: Final) -> tuple[dict[str, Project], set[str]]:
    """Apply what was applied once more, in the order of revisions: the projects there must be, and the deleted ones."""
    changes = defaultdict[str, list[tuple[int, SentCommand]]](list)
    for sent, outcome in applied(history, final):
        if sent.tail.startswith("projects."):
            changes[sent.about].append((outcome["revision"], sent))
    projects, deleted = dict[str, Project](), set[str]()
    for project_id, steps in changes.items():
        project = Project(0, "")
        for revision, sent in sorted(steps, key=lambda step: step[0]):
            project.revision = revision
            _apply(project, sent)
        if any(sent.tail == "projects.delete" for _, sent in steps):
            deleted.add(project_id)
        else:
            projects[project_id] = project
    return projects, deleted


def _apply(project: Project, sent: SentCommand) -> None:
    body = sent.body
    match sent.tail:
        case "projects.create" | "projects.update":
            project.description = body["description"]
        case "projects.add-comment" | "projects.edit-comment":
            project.comments[body["comment_id"]] = body["text"]
        case "projects.delete-comment":
            project.comments.pop(body["comment_id"], None)
        case "projects.add-call":
            project.calls.add(body["call_id"])
        case "projects.add-sequences":
            project.sequences |= {sequence["sequence_id"] for sequence in body["sequences"]}


def states(history: History, final: Final) -> Iterator[Finding]:
    """The tables and the answers of queries hold what the applied commands say, and nothing else."""
    projects, deleted = expected(history, final)
    for project_id in projects.keys() | final.projects.keys():
        expected_project, project = projects.get(project_id), final.projects.get(project_id)
        if expected_project != project:
            yield project_id, f"the tables hold {project}, the applied commands make {expected_project}"
    for project_id, revision in final.answered.items():
        wanted_revision = projects[project_id].revision if project_id in projects else None
        if revision != wanted_revision and (project_id in projects or project_id in deleted):
            yield project_id, f"a query tells revision {revision}, the applied commands make {wanted_revision}"


def reports(history: History, final: Final) -> Iterator[Finding]:
    """A report that was made is there for as long as its project is, once."""
    projects, _ = expected(history, final)
    report_ids = {
        sent.key for sent, _ in applied(history, final) if sent.tail == "reports.generate" and sent.about in projects
    }
    for report_id in report_ids ^ final.reports:
        yield report_id, "made and not there" if report_id in report_ids else "there and not made"
