"""Policies: other retention times for a type, a status or a value of a category."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.administration import ChangeSettings
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import UpdateProject
from contracts.projects.imports import ImportedProject, ImportProjects
from contracts.properties import AddCategoryValue, AddStatus, AddType, DefineCategory, MarkStatus
from contracts.retention import ListDue, PreviewRetention, Sweep
from contracts.retention_policies import DeletePolicy, ListPolicies, PolicyTerms, SetPolicy
from incidents import Client
from tests.projects.helpers import refusal_of
from tests.support import Site
from tests.support.eventually import eventually

MATRIX: list[tuple[str, list[dict[str, Any]], dict[str, Any], bool]] = [
    ("the settings count without a policy", [], {"days": 6}, False),
    ("the settings count without a policy, expired", [], {"days": 8}, True),
    ("a policy of another type does not count", [{"of": "other", "days": 30}], {"days": 8}, True),
    ("a longer one keeps", [{"of": "type", "days": 30}], {"days": 8}, False),
    ("a longer one ends", [{"of": "type", "days": 30}], {"days": 31}, True),
    ("a shorter one ends before the settings", [{"of": "type", "days": 2}], {"days": 3}, True),
    ("of two the longer one counts", [{"of": "type", "days": 2}, {"of": "status", "days": 30}], {"days": 8}, False),
    ("a category's value counts", [{"of": "value", "days": 30}], {"days": 8}, False),
    ("an exempt kind is kept", [{"of": "type", "exempt": True}, {"of": "status", "days": 1}], {"days": 9_000}, False),
    ("years count by the calendar", [{"of": "type", "years": 1}], {"days": 300}, False),
    ("years end", [{"of": "type", "years": 1}], {"days": 367}, True),
    ("from the end of the year", [{"of": "type", "years": 5, "counted_from": "year-end"}], {"days": 1_830}, False),
    ("the end of the year ends", [{"of": "type", "years": 5, "counted_from": "year-end"}], {"days": 2_200}, True),
    ("what is open stays", [{"of": "type", "days": 1, "counted_from": "closing"}], {"days": 900}, False),
    (
        "what is closed expires",
        [{"of": "type", "days": 1, "counted_from": "closing"}],
        {"days": 900, "status": "closed"},
        True,
    ),
    ("exempt projects stay", [{"of": "type", "days": 1}], {"days": 900, "retention_exempt": True}, False),
]


class Kinds:
    """The properties of a site, and projects that have them."""

    def __init__(self, client: Client, ids: dict[str, int]) -> None:
        self.client = client
        self.ids = ids
        self._number = 0

    async def keep(self, *, days: float, status: str = "status", of: str = "type", **fields: Any) -> UUID:
        """Take over a project of the type, the status and the value, created so many days ago."""
        self._number += 1
        project = ImportedProject(
            project_id=uuid7(),
            number=self._number,
            created_by="before",
            created_at=datetime.now(UTC) - timedelta(days=days),
            type_id=self.ids[of],
            status_id=self.ids[status],
            **fields,
        )
        await self.client.send(ImportProjects(projects=[project]))
        await self.client.send(UpdateProject(project_id=project.project_id, categories={"1": self.ids["value"]}))
        return project.project_id

    async def set(self, of: str, **terms: Any) -> None:
        """Set a policy without a look at what it deletes."""
        await self.client.send(
            SetPolicy(policy_id=f"{of}-policy", property_id=self.ids[of], **terms, confirm=1_000_000)
        )


@pytest.fixture
async def kinds(site: Site) -> Kinds:
    """Define a type, another one, an open and a closing status, and a value of a category."""
    await site.workers("projects", "administration", "retention")
    client = await site.client()
    await client.send(DefineCategory(slot=1, name="Reason", enabled=True))
    ids = {
        "type": (await client.send(AddType(name="Theft"))).id,
        "other": (await client.send(AddType(name="Fire"))).id,
        "status": (await client.send(AddStatus(name="Open"))).id,
        "closed": (await client.send(AddStatus(name="Closed", closing=True))).id,
        "value": (await client.send(AddCategoryValue(slot=1, name="Broken lock"))).id,
    }
    return Kinds(client, ids)


@pytest.mark.parametrize("policies, project, expires", [case[1:] for case in MATRIX], ids=[c[0] for c in MATRIX])
async def test_a_project_expires_by_its_longest_policy(
    kinds: Kinds, site: Site, policies: list[dict[str, Any]], project: dict[str, Any], expires: bool
) -> None:
    """The preview counts it, the list of due projects names it, and the sweep deletes it, or none of them does."""
    project_id = await kinds.keep(**project)
    for policy in policies:
        await kinds.set(**policy)
    assert (await kinds.client.ask(PreviewRetention())).due == expires
    due = (await kinds.client.ask(ListDue(within_days=0))).items
    assert [project.project_id for project in due] == [project_id] * expires
    assert (await kinds.client.send(Sweep())).due == expires

    async def is_swept() -> bool:
        return await site.count("retention.sweep") == 0

    await eventually(is_swept)
    assert await site.count("projects.project") == (not expires)


async def test_a_sweep_leaves_what_a_policy_keeps(kinds: Kinds, site: Site) -> None:
    """A step deletes what is due among older projects, and takes none of those that a policy keeps."""
    project_ids = {await kinds.keep(days=20 + number) for number in range(3)}
    for number in range(3):
        await kinds.keep(days=10 + number, of="other")
    await kinds.set("type", days=30)
    assert (await kinds.client.send(Sweep())).due == 3

    async def is_swept() -> bool:
        return await site.count("retention.sweep") == 0

    await eventually(is_swept)
    assert {row[0] for row in await site.sql("SELECT id FROM projects.project")} == project_ids


async def test_a_change_that_deletes_must_be_confirmed(kinds: Kinds) -> None:
    """What makes the next sweep delete more names their number, whichever command it is; fewer are accepted."""
    for _ in range(3):
        await kinds.keep(days=5)
    terms = PolicyTerms(property_id=kinds.ids["type"], days=30)
    await kinds.client.send(SetPolicy(policy_id="thefts", **terms.model_dump()))
    shorter: dict[str, Any] = {"property_id": kinds.ids["type"], "days": 4}
    for confirm in (None, 2):
        refused = await refusal_of(kinds.client.send(SetPolicy(policy_id="thefts", **shorter, confirm=confirm)))
        assert refused.code is Code.CONFLICT
        assert refused.details["due"] == 3
        assert refused.details["fields"][0]["field"] == "confirm"
        assert "3" in refused.details["fields"][0]["reason"]
    assert (await kinds.client.ask(PreviewRetention())).due == 0
    await kinds.client.send(SetPolicy(policy_id="thefts", **shorter, confirm=7))
    assert (await kinds.client.ask(PreviewRetention())).due == 3
    await kinds.client.send(SetPolicy(policy_id="thefts", property_id=kinds.ids["type"], days=30))


async def test_the_settings_and_a_deletion_must_be_confirmed_too(kinds: Kinds) -> None:
    """A shorter time of the settings counts what no policy keeps; without its policy a project is like others."""
    await kinds.keep(days=5)
    shorter = ChangeSettings(retention_days=4)
    assert (await refusal_of(kinds.client.send(shorter))).details["due"] == 1
    await kinds.set("type", days=30)
    await kinds.client.send(shorter)
    deleting = DeletePolicy(policy_id="type-policy")
    assert (await refusal_of(kinds.client.send(deleting))).details["due"] == 1
    event = await kinds.client.send(DeletePolicy(policy_id="type-policy", confirm=1))
    assert event.name == "Theft"
    assert event.changed["days"].old == 30
    refused = await refusal_of(kinds.client.send(deleting))
    assert refused.code is Code.UNKNOWN_REFERENCE


async def test_a_status_that_begins_to_close_must_be_confirmed(kinds: Kinds) -> None:
    """A mark lets a policy that counts from the closing delete; it is refused until their number is confirmed."""
    await kinds.set("type", days=4, counted_from="closing")
    await kinds.set("other", days=400, counted_from="closing")
    for of in ("type", "type", "other"):
        await kinds.keep(days=5, of=of)
    closing = MarkStatus(id=kinds.ids["status"], closing=True)
    for confirm in (None, 1):
        refused = await refusal_of(kinds.client.send(closing.model_copy(update={"confirm": confirm})))
        assert refused.code == Code.CONFLICT
        assert refused.details["due"] == 2
        assert refused.details["fields"][0]["kind"] == "not_confirmed"
    assert (await kinds.client.ask(PreviewRetention())).due == 0
    event = await kinds.client.send(closing.model_copy(update={"confirm": 2}))
    assert event.changed["closing"].new is True
    assert (await kinds.client.ask(PreviewRetention())).due == 2
    await kinds.client.send(MarkStatus(id=kinds.ids["status"], closing=False))
    assert (await kinds.client.ask(PreviewRetention())).due == 0


async def test_a_preview_says_which_and_how_old(kinds: Kinds) -> None:
    """Terms can be tried before they are set, and a policy before it is deleted; nothing changes."""
    await kinds.keep(days=5)
    oldest = await kinds.keep(days=6)
    terms = PolicyTerms(property_id=kinds.ids["type"], days=4)
    answer = await kinds.client.ask(PreviewRetention(policy_id="thefts", terms=terms))
    assert answer.due == 2
    assert answer.due_now == 0
    assert [(each.type_id, each.due) for each in answer.by_type] == [(kinds.ids["type"], 2)]
    (first, _) = (await kinds.client.ask(ListDue())).items
    assert first.project_id == oldest
    assert answer.oldest == first.created_at
    await kinds.set("type", days=30)
    assert (await kinds.client.ask(PreviewRetention(retention_days=4))).due == 0
    assert (await kinds.client.ask(PreviewRetention(retention_days=4, policy_id="type-policy"))).due == 2
    assert len((await kinds.client.ask(ListPolicies())).policies) == 1


async def test_policies_are_listed_with_their_projects(kinds: Kinds) -> None:
    """A list has the terms, who set them, and how many projects each policy is for; the same again changes nothing."""
    await kinds.keep(days=5)
    await kinds.set("type", years=5, counted_from="year-end")
    await kinds.set("other", exempt=True)
    other, own = (await kinds.client.ask(ListPolicies())).policies
    assert own.policy_id == "type-policy"
    assert own.years == 5
    assert own.counted_from == "year-end"
    assert own.projects == 1
    assert other.exempt
    assert other.projects == 0
    again = SetPolicy(policy_id="type-policy", property_id=kinds.ids["type"], years=5, counted_from="year-end")
    assert (await (await kinds.client.submit(again)).outcome()).events == []


async def test_due_projects_are_paged_by_their_expiry(kinds: Kinds) -> None:
    """With policies the soonest is not the oldest; every page goes on where the last one ended."""
    project_ids = [await kinds.keep(days=days) for days in (1, 3, 2)]
    await kinds.set("type", days=30)
    shown, after = [], None
    for _ in project_ids:
        page = await kinds.client.ask(ListDue(limit=1, after=after))
        shown += [project.project_id for project in page.items]
        after = page.next
    assert shown == [project_ids[place] for place in (1, 2, 0)]
    assert after is None


@pytest.mark.parametrize(
    "terms", [{}, {"days": 0}, {"exempt": True, "days": 1}, {"years": 1_000}, {"days": 1, "property_id": 999}]
)
async def test_terms_that_say_nothing_are_refused(kinds: Kinds, site: Site, terms: dict[str, Any]) -> None:
    """A policy says how long, of something that is defined; the refusal names the field."""
    body = {"policy_id": "thefts", "property_id": kinds.ids["type"], **terms}
    outcome = await (await site.caller()).send("retention.set-policy", "-", body)
    assert outcome["status"] == "rejected"
    assert outcome["error"]["details"]["fields"][0]["reason"]
    assert await site.count("retention.policy") == 0
