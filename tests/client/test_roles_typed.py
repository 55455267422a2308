"""Roles as they are typed and shown."""

import json
from pathlib import Path

import pytest

from tests.client.conftest import SITE, Bus, Peer
from tests.client.test_commands import RunLine, run_line

__all__ = ["run_line"]
ROLES = {
    "roles": [
        {"role_id": "guards", "name": "Gardes", "permissions": {"incident-projects": "view"}, "members": ["olivia"]},
        {"role_id": "night", "name": "Night", "permissions": {"incident-projects": "manage"}, "members": ["olivia"]},
    ]
}


async def test_what_somebodys_roles_come_to_is_shown(peer: Peer, run_line: RunLine) -> None:
    """The highest level of all roles counts; a principal without a role has `none`."""
    peer.answers["administration.roles"] = json.dumps(ROLES).encode()
    ended = await run_line("roles", "of", "olivia", "--json")
    assert ended.json["permissions"] == {"incident-projects": "manage"}
    assert "olivia: Gardes, Night" in (await run_line("roles", "of", "olivia")).out
    assert "peter: no role" in (await run_line("roles", "of", "peter")).out


async def test_ones_own_roles_have_their_names(peer: Peer, run_line: RunLine) -> None:
    """`me` names roles as `roles list` does: the first role by language; an older worker sends ids alone."""
    mine = {"principal": "admin", "roles": ["administrators", "guards"], "permissions": {}}
    names = {"administrators": "Administrators", "guards": "Gardes"}
    peer.answers["administration.me"] = json.dumps({**mine, "role_names": names}).encode()
    assert "admin : Administrateurs, Gardes" in (await run_line("me", "--lang", "fr")).out.replace("\xa0", " ")
    peer.answers["administration.me"] = json.dumps(mine).encode()
    assert "admin: administrators, guards" in (await run_line("me")).out


async def test_a_role_is_named_by_its_id_or_its_name(peer: Peer, run_line: RunLine) -> None:
    """Anyone who grants a role writes either; a permission can be named by its last part."""
    peer.answers["administration.roles"] = json.dumps(ROLES).encode()
    peer.result = {"principal": "peter", "role_id": "guards"}
    assert (await run_line("roles", "grant", "peter", "gardes")).status == 0
    assert json.loads(peer.commands[-1].data) == {"principal": "peter", "role_id": "guards"}
    peer.result = {"role_id": "guards", "permissions": {"incident-projects/comments": "manage"}}
    assert (await run_line("roles", "define", "guards", "--manage", "comments")).status == 0
    sent = json.loads(peer.commands[-1].data)
    assert sent["name"] == "Gardes"
    assert sent["permissions"] == {"incident-projects/comments": "manage"}


@pytest.mark.parametrize("principal, is_known", [("peter", True), ("petre", False)])
async def test_a_principal_without_credentials_is_remarked(
    peer: Peer, bus: Bus, run_line: RunLine, tmp_path: Path, principal: str, is_known: bool
) -> None:
    """Whoever mistypes a name on the machine of the system learns that nobody has it; the role is granted."""
    data = tmp_path / "data"
    (data / "creds").mkdir(parents=True)
    (data / "runtime.json").write_text(json.dumps({"nats_url": bus.url, "site": SITE}))
    (data / "creds" / "alice.creds").write_bytes(bus.credentials("alice").read_bytes())
    (data / "creds" / "peter.creds").touch()
    peer.answers["administration.roles"] = json.dumps(ROLES).encode()
    peer.result = {"principal": principal, "role_id": "guards"}
    ended = await run_line("roles", "grant", principal, "guards", "--data", data, "--as", "alice")
    assert ended.status == 0
    remark = f"incidents access create {principal}"
    assert (remark in " ".join(ended.err.split())) is not is_known
