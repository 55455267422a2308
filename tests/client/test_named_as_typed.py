"""What is refused is named as it is typed, and what is shown is not said twice."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from incidents.cli import build
from tests.client.conftest import Peer
from tests.client.test_activities import described
from tests.client.test_commands import PROJECT, RunLine, run_line, sent_body

__all__ = ["run_line"]
ROLE = {"role_id": "guards", "name": "Guards", "permissions": {}}


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("projects create --start 2026-01-02 --end 2026-01-01", "--end  must not be before the start"),
        ("projects sequence 12 --camera a --start 1h --end 2h", "--end  must not be before the start"),
        ("projects update 12 --expected-revision 0 --type 1", "--expected-revision  must be at least 1"),
        ("roles grant A-B guards", "principal  must be 1 to 64 characters of a-z 0-9 _ -"),
        ("settings set --child-site A.B", "--child-site  must be 1 to 32 characters of a-z 0-9 -"),
        ("settings set --retention-days -1", "--retention-days  must be at least 1"),
        ("retention due --within -1", "--within  must be at least 0"),
        ("retention preview --days 0", "--days  must be at least 1"),
        ("settings set --retention-days 0", "--retention-days  must be at least 1"),
        ("projects list --since 1800-01-01", "--since  must be between the years"),
        ("projects list --started-until 1800-01-01", "--started-until  must be between the years"),
        (
            "projects call 12 --to X --minutes 99999",
            "--minutes: 99999 is too much: a call lasts 7 days (10,080 minutes)",
        ),
    ],
)
async def test_a_refused_option_is_named_as_it_is_typed(
    peer: Peer, run_line: RunLine, line: str, sentence: str
) -> None:
    """A field that an option fills is named by the option, but one in another unit is not."""
    peer.answers["administration.roles"] = json.dumps({"roles": [{**ROLE, "members": []}]}).encode()
    assert sentence in (await run_line(*line.split())).err


async def test_the_site_refuses_an_option_under_its_name(peer: Peer, run_line: RunLine) -> None:
    """What the site refuses is named in the same way, with its value; JSON has the field of the wire."""
    field = {"field": "type_id", "kind": "not_defined", "reason": "is not defined", "value": 999}
    peer.error = {"code": "unknown-reference", "message": "No.", "details": {"fields": [field]}}
    assert "--type 999  is not defined" in (await run_line("projects", "update", PROJECT, "--type", "999")).err
    refused = (await run_line("projects", "update", PROJECT, "--type", "999", "--json")).json["error"]
    assert refused["details"]["fields"] == [field]


@pytest.mark.parametrize("project", ["abc", "99", "0"])
@pytest.mark.parametrize(
    "line, named",
    [
        ("projects update PROJECT --type 1", "project"),
        ("projects export PROJECT -o y.zip", "project"),
        ("projects call PROJECT --to Police", "project"),
        ("report PROJECT -o y.pdf", "project"),
        ("audit log --project PROJECT", "--project"),
    ],
)
async def test_a_project_is_not_named_by_an_option_of_another_thing(
    peer: Peer, run_line: RunLine, line: str, named: str, project: str
) -> None:
    """A word or a number that names no project is not called a reference or a telephone number."""
    unknown = {"field": "number", "kind": "not_here", "reason": "is not known here", "value": 99}
    peer.refusals["projects.find"] = {"code": "gone", "message": "No.", "details": {"fields": [unknown]}}
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None, "total": None}).encode()
    ended = await run_line(*line.replace("PROJECT", project).split())
    assert ended.status == 1
    assert f"  {named} {project}  is not known here" in ended.err.replace("│ ", "  ")


async def test_only_similar_options_are_offered(run_line: RunLine) -> None:
    """An option that does not exist is not answered with one that has nothing but its dashes in common."""
    ended = await run_line("projects", "show", "12", "--reason", "x")
    assert "--as" not in ended.err.partition("--reason")[2]
    assert "--type" in (await run_line("projects", "list", "--typ", "x")).err.partition("--typ ")[2]


@pytest.mark.parametrize(
    "permission, count",
    [("projcts", 4), ("zzz", 19), ("projects/sequence", 1)],
)
async def test_permissions_are_offered_whole(run_line: RunLine, permission: str, count: int) -> None:
    """The nearest permissions are offered, or all of them."""
    ended = await run_line("roles", "define", "guards", "--view", permission, "--json")
    offered = ended.json["error"]["message"].rpartition("Did you mean ")[2].rpartition("Choose one of: ")[2]
    assert len(offered.split(", ")) == count


async def test_a_permission_is_typed_in_short(peer: Peer, run_line: RunLine) -> None:
    """`projects` names the permission that begins with incident-."""
    peer.answers["administration.roles"] = json.dumps({"roles": []}).encode()
    peer.result = {"role_id": "guards", "name": "guards", "permissions": {}}
    await run_line("roles", "define", "guards", "--view", "projects", "--view", "comments")
    assert sent_body(peer)["permissions"] == {"incident-projects": "view", "incident-projects/comments": "view"}


async def test_a_draft_list_says_how_long_it_is_kept(peer: Peer, run_line: RunLine) -> None:
    """A sequence stays on a draft list for thirty days."""
    times = {"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00Z", "drafted_at": "2026-01-02T10:00:00Z"}
    camera = {"camera_id": "c", "camera_name": "Gate", "site": None, "media_expires_at": None}
    drafted = {"sequence_id": PROJECT, **camera, **times, "media": "available"}
    peer.answers["projects.draft"] = json.dumps({"sequences": [drafted]}).encode()
    ended = await run_line("projects", "draft", "show")
    assert "Listed until" in ended.out
    assert "2026-02-01" in ended.out


def test_a_change_is_not_said_twice() -> None:
    """A field that was changed is shown with both values, and one that is empty as before not at all."""
    changes: dict[str, Any] = {"name": {"old": None, "new": "Plate"}, "description": {"old": None, "new": ""}}
    details = {"id": 9, "kind": "text", "name": "Plate", "changed": changes}
    assert described(details)[0] == "Id: 9  Kind: text  Name: – → Plate"
    assert described(details, "fr")[0] == "Id\u00a0: 9  Genre\u00a0: texte  Nom\u00a0: – → Plate"


@pytest.mark.parametrize("form", ["shown", "whole"])
def test_a_permission_of_a_role_is_said_once(form: str) -> None:
    """A changed permission has its words, before and after, and is not listed again."""
    changes = {"incident-projects": {"old": None, "new": "view"}, "name": {"old": None, "new": "Accueil"}}
    levels = {"incident-projects": "view", "comments": "manage"}
    details = {"role_id": "accueil", "permissions": levels, "changed": changes}
    text = described(details, "fr")[form == "whole"]
    assert "projets\u00a0: – → voir" in text
    assert "view" not in text
    assert text.casefold().count("projets") == 1
    assert "gérer" in text


async def test_nothing_is_watched_after_a_slip(run_line: RunLine) -> None:
    """An unknown kind of event is refused before anything is watched."""
    ended = await run_line("watch", "--happened", "foo")
    assert ended.status == 2
    assert "watching" not in ended.err


def test_every_value_of_an_option_has_a_word() -> None:
    """Help says what to type after an option, by the same word for the same thing."""
    words: dict[str, set[str]] = {}
    for option in options(build()):
        words.setdefault(option.opts[0], set()).add(str(option.metavar))
    assert [name for name, metavars in words.items() if "None" in metavars] == []
    same = ({"--activity", "--happened"}, {"--view", "--manage"}, {"--days", "--within", "--retention-days"})
    assert [names for names in same if len(set().union(*(words[name] for name in names))) > 1] == []


def options(command: Any) -> Iterator[Any]:
    """Yield the options with a value of a command and of those below it, but not those of the server."""
    for option in command.params:
        if option.param_type_name == "option" and not (option.is_flag or option.hidden):
            yield option
    for below in getattr(command, "commands", {}).values():
        if below.callback is None or "workers" not in str(below.callback.__module__):
            yield from options(below)


async def test_a_project_that_does_not_exist_is_not_asked_about(peer: Peer, run_line: RunLine) -> None:
    """Whether to delete a project is asked when it is found, and a licence is one before it is sent."""
    del peer.answers["projects.find"]
    peer.refusals["projects.find"] = {"code": "gone", "message": "No.", "details": {"known": False}}
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None, "total": None}).encode()
    ended = await run_line("projects", "delete", "99", standard_input="y\n")
    assert "Project 99 does not exist." in ended.err
    assert "with all its content" not in ended.err
    ended = await run_line("licence", "activate", __file__, "--json")
    assert ended.status == 2
    assert "is not a licence" in ended.json["error"]["message"]
    assert peer.commands == []
