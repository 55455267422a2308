"""What retention refuses is named as it was typed, with the command to type next."""

import pytest

from contracts.errors import Code
from tests.client.command_line import incidents
from tests.client.conftest import Peer
from tests.client.test_commands import PROJECT, RunLine, run_line
from tests.client.test_next_commands import refusal_document
from tests.support import Site

__all__ = ["run_line"]


@pytest.mark.parametrize(
    "language, named", [("en", "policy visits  is not the id of a policy"), ("fr", "règle visits  n'est pas l'id")]
)
async def test_an_unknown_policy_is_named_as_it_was_typed(site: Site, language: str, named: str) -> None:
    """The argument has the word of the help, and the command that lists the policies is to be typed."""
    await site.workers("administration", "retention", "projects")
    ours = {"INCIDENTS_NATS_URL": site.url, "INCIDENTS_NATS_CREDS": site.credentials("admin")}
    ended = await incidents("retention", "delete-policy", "visits", "--lang", language, environment=ours)
    assert named in ended.err
    assert "incidents retention policies" in ended.err
    assert "policy_id" not in ended.err


async def test_a_policy_is_named_by_its_argument(run_line: RunLine) -> None:
    """An id of another form is refused before it is sent, under the same name."""
    ended = await run_line("retention", "delete-policy", "Two Words")
    assert "policy  must be" in ended.err
    assert "policy_id" not in ended.err


@pytest.mark.parametrize(
    "kind, typed",
    [
        ("no_release_request", "holds --project PROJECT"),
        ("other_person_needed", "holds --project PROJECT"),
        ("others_hold", "holds --project PROJECT"),
        ("release_instead", "request-release PROJECT REASON"),
        ("release_requested", "withdraw-release PROJECT"),
        ("restricted_not_deleted", "lift-restriction PROJECT"),
        ("not_set_aside", "set-aside"),
        ("too_many_policies", "policies"),
    ],
)
async def test_a_refusal_of_retention_says_what_to_type(peer: Peer, run_line: RunLine, kind: str, typed: str) -> None:
    """Each refusal that another command resolves names it, with the project."""
    peer.error = refusal_document((Code.CONFLICT, kind, "project_id"), "en")
    ended = await run_line("retention", "release", PROJECT, "Settled.")
    line = " ".join(ended.err.replace("│", "").split())
    assert f"incidents retention {typed.replace('PROJECT', PROJECT)}" in line


async def test_a_deleted_project_is_restored_by_its_number(peer: Peer, run_line: RunLine) -> None:
    """While it can be restored, the refusal has the command and the times of the reader's clock."""
    document = refusal_document((Code.GONE, "restorable", "project_id"), "en")
    times = {"deleted_at": "2026-03-01T10:00:00+00:00", "restorable_until": "2026-03-08T10:00:00.123456+00:00"}
    peer.error = {**document, "details": {**document["details"], **times, "number": 31, "expired": False}}
    ended = await run_line("projects", "delete", PROJECT, "--yes")
    assert "incidents retention restore 31" in ended.err
    assert "T10:00" not in ended.err
    assert "2026-03-08 1" in ended.err
