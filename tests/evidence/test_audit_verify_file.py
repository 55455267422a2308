"""`incidents audit verify --file`: the activity in a package, verified without a system."""

import json
from pathlib import Path

import pytest

from contracts.evidence.packaged_activity import PROOFS
from tests.client.command_line import CommandResult, incidents
from tests.evidence.sample import PASSWORD, export, files, package, packed
from workers.common.signing_key import SigningKey

KEY = SigningKey.generate("incident-manager-main")
FILE = "data/activity.json"


async def verify(folder: Path, *line: str) -> CommandResult:
    """Type the command in a folder where nothing is known of any system."""
    return await incidents("audit", "verify", "--file", *line, folder=folder)


async def test_the_activity_of_a_package_is_verified_alone(tmp_path: Path) -> None:
    """People read what is proven, by which key, and what a key that came with the package does not prove."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    ended = await verify(tmp_path, "a.zip")
    words = ("a.zip: 3 entries, 3 of them proven", "it had 300 entries", KEY.fingerprint, "came with the package")
    assert ended.status == 0
    assert [word for word in words if word not in ended.out] == []


async def test_the_key_of_the_site_is_the_expected_one(tmp_path: Path) -> None:
    """Programs read the same, and whether the key was the expected one."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    (tmp_path / "site.pub").write_text(KEY.public_line)
    document = (await verify(tmp_path, "a.zip", "--key", "site.pub", "--json")).json
    assert document["intact"] is True
    assert document["expected_key"] is True
    assert document["proven"] == 3
    assert document["problems"] == []
    assert document["problems"] == []
    assert document["log"] == "incidents/main/incident_manager"
    assert document["log_size"] == 300


async def test_another_key_is_refused(tmp_path: Path) -> None:
    """With the key of somebody else nothing is proven."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    (tmp_path / "other.pub").write_text(SigningKey.generate("other").public_line)
    ended = await verify(tmp_path, "a.zip", "--key", "other.pub", "--lang", "fr")
    assert ended.status == 1
    assert f"{PROOFS} n'est pas signé avec la clé" in ended.out


async def test_a_changed_entry_is_named(tmp_path: Path) -> None:
    """The file and the number of the entry are named, though this command does not look at the manifests."""
    contents = files(export(), KEY, encrypted=False)
    document = json.loads(contents[FILE])
    document["items"][1]["at"] = "2026-03-01T12:00:00.000000Z"
    contents[FILE] = json.dumps(document).encode()
    (tmp_path / "a.zip").write_bytes(packed(contents, KEY))
    ended = await verify(tmp_path, "a.zip", "--json")
    [problem] = ended.json["problems"]
    assert ended.status == 1
    assert problem == {"kind": "entry-changed", "name": FILE, "entry": 2, "log_index": 128}


@pytest.mark.parametrize(
    "name, words", [("b.zip", "--password"), ("text.zip", "is not a package"), ("none.zip", "cannot be read")]
)
async def test_what_cannot_be_verified_is_a_mistake(tmp_path: Path, name: str, words: str) -> None:
    """An encrypted package, another file and none end with status 2 and the reason."""
    (tmp_path / "b.zip").write_bytes(package(KEY, PASSWORD))
    (tmp_path / "text.zip").write_text("text")
    ended = await verify(tmp_path, name)
    assert ended.status == 2
    assert name in ended.err
    assert words in ended.err
