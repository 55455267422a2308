"""The matrix of what protects a project: a hold, a policy, a restriction and an undo window, alone and together."""

from itertools import product
from typing import Final, NamedTuple
from uuid import UUID

import pytest

from contracts.administration import ChangeSettings
from contracts.errors import Code
from contracts.projects.commands import DeleteProject, UpdateProject
from contracts.projects.queries import ListProjects
from contracts.projects.set_aside import ListSetAside, RestrictProject
from contracts.properties import AddType
from contracts.retention import HoldProject, Sweep
from contracts.retention_policies import SetPolicy
from incidents import Client, Refused
from tests.retention.conftest import EventsByKind, Fill
from tests.retention.helpers import events_of
from tests.support import Site

VISIBLE, RESTRICTED, DELETED, EXPIRED, ERASED = "visible", "restricted", "deleted", "expired", "erased"


class Protection(NamedTuple):
    """What protects a project beside the undo window of its site."""

    hold: bool
    policy: bool
    restriction: bool


COMBINATIONS: Final = [Protection(*each) for each in product((False, True), repeat=3)]


def after_deletion(protection: Protection, undo_days: int) -> tuple[str, str]:
    """Return the code with which a deletion by hand is refused, or none, and what the project is then."""
    if protection.restriction:
        return Code.GONE, RESTRICTED
    if protection.hold:
        return Code.HELD, VISIBLE
    return "", DELETED if undo_days else ERASED


def after_sweep(protection: Protection, undo_days: int) -> str:
    """Return what an old project is after a sweep."""
    if protection.restriction:
        return RESTRICTED
    if protection.hold or protection.policy:
        return VISIBLE
    return EXPIRED if undo_days else ERASED


async def protect(client: Client, project_id: UUID, protection: Protection, type_id: int) -> None:
    """Protect a project; the policy is one of the type."""
    if protection.policy:
        await client.send(UpdateProject(project_id=project_id, type_id=type_id))
    if protection.hold:
        await client.send(HoldProject(project_id=project_id, reason="A lawsuit."))
    if protection.restriction:
        await client.send(RestrictProject(project_id=project_id, reason="Contested."))


async def protected_projects(site: Site, fill: Fill, undo_days: int) -> tuple[Client, dict[Protection, UUID]]:
    """Create old projects, each protected in another way."""
    await site.workers("projects", "retention", "administration")
    client = await site.client()
    type_id = (await client.send(AddType(name="Injury"))).id
    await client.send(SetPolicy(policy_id="injuries", property_id=type_id, years=5))
    if undo_days:
        await client.send(ChangeSettings(undo_days=undo_days))
    projects = dict(zip(COMBINATIONS, await fill(len(COMBINATIONS), days=30), strict=True))
    for protection, project_id in projects.items():
        await protect(client, project_id, protection, type_id)
    return client, projects


async def states_of(client: Client, projects: dict[Protection, UUID]) -> dict[Protection, str]:
    """Return what each project is now."""
    visible = {each.project_id: VISIBLE for each in (await client.ask(ListProjects())).items}
    aside = {each.project_id: each.kind for each in (await client.ask(ListSetAside())).items}
    return {protection: {**visible, **aside}.get(id_, ERASED) for protection, id_ in projects.items()}


@pytest.mark.parametrize("undo_days", [0, 3])
async def test_what_a_deletion_by_hand_does(site: Site, fill: Fill, undo_days: int) -> None:
    """A hold and a restriction refuse it, a policy does not, and within an undo window the project is kept."""
    client, projects = await protected_projects(site, fill, undo_days)
    codes: dict[Protection, str] = {}
    for protection, project_id in projects.items():
        try:
            await client.send(DeleteProject(project_id=project_id))
        except Refused as refused:
            codes[protection] = refused.code
    states = await states_of(client, projects)
    expected = {protection: after_deletion(protection, undo_days) for protection in COMBINATIONS}
    assert {each: (codes.get(each, ""), states[each]) for each in COMBINATIONS} == expected


@pytest.mark.parametrize("undo_days", [0, 3])
async def test_what_a_sweep_does(site: Site, fill: Fill, happened: EventsByKind, undo_days: int) -> None:
    """It leaves what is under hold, what a policy keeps and what is restricted; the rest is deleted or set aside."""
    client, projects = await protected_projects(site, fill, undo_days)
    await client.send(Sweep())
    await events_of(happened, "retention.swept")
    expected = {protection: after_sweep(protection, undo_days) for protection in COMBINATIONS}
    assert await states_of(client, projects) == expected
