"""To whom an export goes and why, what was done with its project, and the key without which there is none."""

from typing import Any

import pytest

from contracts.administration import ChangeSettings
from contracts.audit import ProjectActivity
from contracts.errors import Code
from contracts.permissions import Node
from contracts.projects.exports import ExportProject
from contracts.retention import HoldProject
from tests.projects.helpers import Operator, refusal_of
from tests.projects.packages import export, fetch, read_json, unzip
from tests.support import Site, eventually

pytestmark = pytest.mark.usefixtures("reports")

PURPOSE = {"recipient": "Police", "reference": "PV 4/2026", "legal_basis": "Art. 265 CPP"}


async def test_an_export_says_to_whom_and_why(operator: Operator, site: Site) -> None:
    """Recipient, reference and legal basis are in the package, in the event and in the activity of the project."""
    await site.worker("audit")
    files = await export(operator, **PURPOSE)
    package = read_json(files, "project.json")["package"]
    assert {name: package[name] for name in PURPOSE} == PURPOSE
    assert b"Legal-Basis: Art. 265 CPP" in files["bag-info.txt"]

    async def recorded() -> list[dict[str, Any]]:
        entries = await operator.client.ask(ProjectActivity(project_id=operator.project_id))
        return [entry.details for entry in entries.items if entry.activity == "projects.exported"]

    [details] = await eventually(recorded)
    assert {name: details[name] for name in PURPOSE} == PURPOSE


async def test_a_site_may_require_the_purpose(operator: Operator, site: Site) -> None:
    """With the setting, an export without one of the three is refused by their names; without it, none is needed."""
    await site.worker("administration")
    await export(operator)
    await operator.send(ChangeSettings(export_details_required=True))
    refusal = await operator.refusal(ExportProject(project_id=operator.project_id, recipient="Police"))
    named = [(field["field"], field["kind"]) for field in refusal.error.details["fields"]]
    assert refusal.error.code == Code.INVALID
    assert named == [("reference", "missing"), ("legal_basis", "missing")]
    assert "README.txt" in await export(operator, **PURPOSE)


@pytest.mark.parametrize("field, length", [("recipient", 201), ("reference", 201), ("legal_basis", 501)])
async def test_a_purpose_has_a_limit(operator: Operator, site: Site, field: str, length: int) -> None:
    """Each of the three texts has its longest form; a longer one is refused by its name."""
    caller = await site.caller()
    body = {"project_id": str(operator.project_id), field: "x" * length}
    error = (await caller.send("projects.export", operator.project_id, body))["error"]
    assert [named["field"] for named in error["details"]["fields"]] == [field]


async def test_the_activity_is_for_those_who_may_see_it(operator: Operator, site: Site) -> None:
    """A package has the activity as its author may see it: without holds, without names, or not at all."""
    await site.workers("audit", "retention")
    await operator.send(HoldProject(project_id=operator.project_id, reason="Trial."))
    shown = {Node.PROJECTS: "view", Node.EXPORT: "manage", Node.ACTIVITY_LOGS: "view"}
    await site.grant("clerk", shown)
    clerk = await site.client("clerk")

    async def activities(client: Any, *include: Any) -> list[tuple[str, str]]:
        exported = ExportProject(project_id=operator.project_id, include=list(include))
        package = (await client.send(exported)).package
        items = read_json(unzip(await fetch(client, package)), "activity.json")["items"]
        return [(entry["actor"], entry["activity"]) for entry in items]

    async def hold_is_recorded() -> bool:
        return ("admin", "retention.held") in await activities(operator.client, "activity", "user-names")

    await eventually(hold_is_recorded)
    assert ("", "projects.created") in await activities(clerk)
    assert "retention.held" not in {name for _, name in await activities(clerk, "activity")}
    await site.grant("clerk", {Node.PROJECTS: "view", Node.EXPORT: "manage"})
    refusal = await refusal_of(clerk.send(ExportProject(project_id=operator.project_id, include=["activity"])))
    assert refusal.error.details["nodes"] == [Node.ACTIVITY_LOGS]


async def test_nothing_is_exported_without_a_key(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """A worker without the key refuses exports, logs why, and exports as soon as the file is there."""
    path = site.directory / "later.key"
    await site.worker("projects", signing_key=path)
    operator = await Operator.start(site, await site.client())
    refusal = await operator.refusal(ExportProject(project_id=operator.project_id))
    assert refusal.error.code == Code.UNAVAILABLE
    assert refusal.error.retryable
    assert "signing_key_missing" in capfd.readouterr().out
    path.write_bytes((site.directory / "keys" / "package-signing.key").read_bytes())
    assert "README.txt" in await export(operator)
