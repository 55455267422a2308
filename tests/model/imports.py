"""Taking over projects of another system, as the published interface says."""

from typing import Any

from tests.model.project import CATEGORIES, DATA, MAIN, Project
from tests.model.projects import Projects
from tests.model.rules import Body, Done, No, Some, Told, before, moment


def needs_retention(body: Body) -> bool:
    """Tell whether a project is to be exempted, which needs the permission for retention, too."""
    return any(project.get("retention_exempt") for project in body.get("projects", []))


def fits(body: Body) -> None:
    """Refuse a body with projects that end before they start."""
    wrong = [
        n for n, project in enumerate(body["projects"]) if before(project.get("end_time"), project.get("start_time"))
    ]
    if wrong:
        raise No("invalid", fields=[Some(field=f"projects.{index}.end_time") for index in wrong])


def take_over(projects: Projects, who: str, body: Body, given: Told) -> Done:
    """Judge every project by itself: taken over, already there, or refused."""
    known = {project["project_id"] for project in body["projects"]} & {*projects.there, *projects.gone}
    new: list[Body] = []
    refused, there = [], list[int]()
    for index, project in enumerate(body["projects"]):
        is_known = project["project_id"] in known
        if obstacle := _other(projects, project) if is_known else _obstacle(projects, project):
            refused.append({"index": index, "code": obstacle[0], "field": obstacle[1]})
            continue
        if is_known:
            there.append(project["number"])
            continue
        new.append(project)
        projects.there[project["project_id"]] = _project(who, project, given.at)
    projects.last_number = max([projects.last_number, *(item["number"] for item in new)])
    result = Some(
        project_ids=[item["project_id"] for item in new],
        numbers=[item["number"] for item in new],
        already_there=there,
        refused=refused,
    )
    return Done(result, again=not new)


def _other(projects: Projects, one: Body) -> tuple[str, str] | None:
    """Name what nobody changes of a project, where it differs from what is here; of a deleted one nothing is."""
    here = projects.there.get(one["project_id"])
    if here and moment(here.created_at) != moment(one["created_at"]):
        return "conflict", "created_at"
    return ("conflict", "created_by") if here and here.created_by != one["created_by"] else None


def _obstacle(projects: Projects, one: Body) -> tuple[str, str] | None:
    if one["project_id"] in projects.there:
        return "conflict", "project_id"
    if any(one["number"] == other.number for other in projects.there.values()):
        return "conflict", "number"
    for name in ("type_id", "status_id"):
        if not projects.usable(name, one.get(name)):
            return "unknown-reference", name
    return None


def _project(who: str, one: Body, at: str) -> Project:
    given: dict[str, Any] = {name: one[name] for name in MAIN if name in one}
    return Project(
        one["number"],
        one["created_by"],
        one["created_at"],
        {**dict.fromkeys((*MAIN, *CATEGORIES, *DATA)), "description": "", **given},
        updated_by=who,
        updated_at=at,
        imported=True,
        retention_exempt=one.get("retention_exempt", False),
    ).opened(how="imported")
