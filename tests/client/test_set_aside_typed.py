"""Undoing a deletion and restricting a project, as they are typed, and what each command says."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contracts.administration import ChangeSettings
from contracts.ids import uuid7
from contracts.projects.commands import CreateProject
from incidents.terminal.session import Status
from tests.client.command_line import CommandResult, incidents
from tests.support import Site

RunLine = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
async def run_line(site: Site, tmp_path: Path) -> RunLine:
    """Type a command line as the administrator of a site with an undo window and one project."""
    await site.workers()
    client = await site.client()
    await client.send(ChangeSettings(undo_days=7))
    await client.send(CreateProject(project_id=uuid7(), description="Zorbax fell."))
    environment = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}

    async def run(*line: object) -> CommandResult:
        return await incidents(*line, folder=tmp_path, environment=environment)

    return run


async def test_a_deletion_says_how_it_is_undone_and_is(run_line: RunLine) -> None:
    """The deletion names the command, every other command says the same, and the number brings the project back."""
    deleted = await run_line("projects", "delete", 1, "--yes")
    assert "`incidents retention restore 1` brings it back" in deleted.out
    assert "+00:00" not in deleted.out
    shown = await run_line("projects", "show", 1)
    assert shown.status == Status.REFUSED
    assert "restore it before it is erased" in shown.err
    assert ("incidents retention restore 1" in shown.err, "+00:00" in shown.err) == (True, False)
    assert "Zorbax" not in shown.out + shown.err
    listed = await run_line("retention", "set-aside", "--lang", "fr")
    assert "supprimé" in listed.out
    assert "Project 1 restored" in (await run_line("retention", "restore", 1)).out
    assert "Zorbax fell." in (await run_line("projects", "show", 1)).out
    again = await run_line("retention", "restore", 1)
    assert "is neither deleted nor restricted" in again.err


async def test_a_restricted_project_is_read_with_a_reason(run_line: RunLine) -> None:
    """Its commands name it by its number; what refuses it says how it can be read."""
    assert (await run_line("retention", "restrict", 1, "Contested.")).status == 0
    refused = await run_line("projects", "show", 1)
    words = " ".join(refused.err.replace("│", " ").split())
    assert "restricted ─" in words
    assert "The processing of this project is restricted." in words
    assert "views and exports take an access reason" in words
    assert "try incidents projects show 1 --access-reason REASON incidents retention lift-restriction 1" in words
    reason = ("--access-reason", "The court asks.")
    assert "Zorbax fell." in (await run_line("projects", "show", 1, *reason)).out
    assert "Zorbax fell." in (await run_line("projects", "history", 1, *reason, "--json")).out
    listed = await run_line("retention", "set-aside", "--restricted")
    assert "Contested." in listed.out
    assert "Zorbax" not in (await run_line("projects", "list")).out
    french = (await run_line("projects", "update", 1, "--description", "New.", "--lang", "fr")).err
    assert all(words in french for words in ("traitement limité ─", "limité le", "lift-restriction 1"))
    lifted = await run_line("retention", "lift-restriction", 1, "--lang", "fr")
    assert "limitation levée" in lifted.out
    assert "Zorbax fell." in (await run_line("projects", "list")).out
