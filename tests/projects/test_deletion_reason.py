"""The reason of a deletion: given or required, kept in the activity, and shown to those who may see it."""

from typing import Any

import pytest

from contracts.administration import ChangeSettings
from contracts.audit import ProjectActivity, SiteLog
from contracts.errors import Code
from contracts.permissions import Grants, Level, Node
from contracts.projects.commands import DeleteProject, ProjectDeleted
from contracts.projects.watching import visible_body
from tests.projects.helpers import Operator
from tests.support import Site, eventually

REASON = "Created twice."


async def test_the_reason_stays_in_both_logs(operator: Operator, site: Site) -> None:
    """The activity of the deleted project and the log server say why it was deleted."""
    await site.worker("audit")
    await operator.send(DeleteProject(project_id=operator.project_id, reason=f" {REASON} "))
    for query in (ProjectActivity(project_id=operator.project_id), SiteLog(activities=["projects.deleted"])):

        async def recorded(query: Any = query) -> list[dict[str, Any]]:
            entries = (await operator.client.ask(query)).items
            return [entry.details for entry in entries if entry.activity == "projects.deleted"]

        [details] = await eventually(recorded)
        assert details["reason"] == REASON


async def test_a_deletion_without_a_reason_has_none(operator: Operator) -> None:
    """Without the setting no reason is needed, and the event does not mention one."""
    event = await operator.client.send(DeleteProject(project_id=operator.project_id))
    assert event.reason is None
    assert "reason" not in event.model_dump(mode="json")


async def test_a_site_may_require_the_reason(operator: Operator, site: Site) -> None:
    """With the setting, a deletion without a reason is refused with the field and the way out, and deletes nothing."""
    await site.worker("administration")
    await operator.send(ChangeSettings(deletion_reason_required=True))
    refusal = await operator.refusal(DeleteProject(project_id=operator.project_id))
    [field] = refusal.error.details["fields"]
    assert refusal.error.code == Code.INVALID
    assert field["field"] == "reason"
    assert field["kind"] == "reason_required"
    assert "say why the project is deleted" in field["reason"]
    assert await site.count("projects.project") == 1
    await operator.send(DeleteProject(project_id=operator.project_id, reason=REASON))
    assert await site.count("projects.project") == 0


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
async def test_a_reason_has_words(operator: Operator, site: Site, reason: str) -> None:
    """A blank reason, or one that is too long, is refused by its name."""
    caller = await site.caller()
    body = {"project_id": str(operator.project_id), "reason": reason}
    error = (await caller.send("projects.delete", operator.project_id, body))["error"]
    assert [(error["code"], field["field"]) for field in error["details"]["fields"]] == [("invalid", "reason")]


@pytest.mark.parametrize("level, is_shown", [(Level.NONE, False), (Level.VIEW, True)])
def test_a_feed_shows_the_reason_with_the_activity(operator: Operator, level: Level, is_shown: bool) -> None:
    """A follower who may not see activities learns of the deletion alone."""
    event = ProjectDeleted(project_id=operator.project_id, number=1, reason=REASON).model_dump(mode="json")
    grants = Grants({Node.PROJECTS: Level.VIEW, Node.ACTIVITY_LOGS: level})
    shown = visible_body("projects.deleted", event, grants)
    assert shown is not None
    assert ("reason" in shown) is is_shown
