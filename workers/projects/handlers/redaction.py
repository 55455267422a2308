"""Erasing what people wrote in one place of a project."""

from contracts.projects.redaction import ProjectRedacted, RedactProject
from workers.projects import domain
from workers.projects.erasures.redaction import erase_words
from workers.projects.worker import ProjectUnit, worker


@worker.handles(RedactProject)
async def redact_project(command: RedactProject, unit: ProjectUnit) -> ProjectRedacted:
    """Erase the words of a field or part from the project, its history and its files, unless it is under hold."""
    project = unit.rows.require_project(command, unit.grants)
    domain.require_no_hold(unit.rows.holds.get(command.project_id), unit.grants)
    return await erase_words(command, project, unit)
