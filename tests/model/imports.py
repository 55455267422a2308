"""Taking over projects of another system, as the published interface says."""

from typing import Any

from tests.model.project import CATEGORIES, DATA, MAIN, Project
from tests.model.projects import Projects
from tests.model.rules import Applied, Body, No, ProductChoice, Subset, before, moment


def needs_retention(body: Body) -> bool:
    """Tell whether a project is to be exempted, which needs the permission for retention, too."""
    return any(project.get("retention_exempt") for project in body.get("projects", []))


def fits(body: Body) -> None:
    """Refuse a body with projects that end before they start."""
    wrong = [
        n for n, project in enumerate(body["projects"]) if before(project.get("end_time"), project.get("start_time"))
    ]
    if wrong:
        raise No("invalid", fields=[Subset(field=f"projects.{index}.end_time") for index in wrong])


def take_over(projects: Projects, principal: str, body: Body, outcome: ProductChoice) -> Applied:
    """Judge every project by itself: taken over, already there, or refused."""
    known = {project["project_id"] for project in body["projects"]} & {*projects.by_id, *projects.deleted}
    new: list[Body] = []
    refused, there = list[Body](), list[int]()
    for index, project in enumerate(body["projects"]):
        is_known = project["project_id"] in known
        if obstacles := _differences(projects, project) if is_known else _obstacles(projects, project):
            refused += [{"index": index, "code": code, "field": field} for code, field in obstacles]
            continue
        if is_known:
            there.append(project["number"])
            continue
        new.append(project)
        projects.by_id[project["project_id"]] = _project(principal, project, outcome.at)
    projects.last_number = max([projects.last_number, *(imported["number"] for imported in new)])
    result = Subset(
        project_ids=[imported["project_id"] for imported in new],
        numbers=[imported["number"] for imported in new],
        already_there=there,
        refused=refused,
    )
    return Applied(result, again=not new)


def _differences(projects: Projects, imported: Body) -> list[tuple[str, str]]:
    """Name what nobody changes of a project, where it differs from what is here; of a deleted one nothing is."""
    here = projects.by_id.get(imported["project_id"])
    if not here:
        return []
    differs = {
        "created_at": moment(here.created_at) != moment(imported["created_at"]),
        "created_by": here.created_by != imported["created_by"],
    }
    return [("conflict", field) for field, is_other in differs.items() if is_other]


def _obstacles(projects: Projects, imported: Body) -> list[tuple[str, str]]:
    taken = {
        "project_id": imported["project_id"] in projects.by_id,
        "number": any(imported["number"] == other.number for other in projects.by_id.values()),
    }
    unknown = [name for name in ("type_id", "status_id") if not projects.usable(name, imported.get(name))]
    conflicts = [("conflict", field) for field, is_taken in taken.items() if is_taken]
    return conflicts + [("unknown-reference", name) for name in unknown]


def _project(principal: str, imported: Body, at: str) -> Project:
    details: dict[str, Any] = {name: imported[name] for name in MAIN if name in imported}
    return Project(
        imported["number"],
        imported["created_by"],
        imported["created_at"],
        {**dict.fromkeys((*MAIN, *CATEGORIES, *DATA)), "description": "", **details},
        updated_by=principal,
        updated_at=at,
        imported=True,
        retention_exempt=imported.get("retention_exempt", False),
    ).opened(how="imported")
