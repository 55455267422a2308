"""Packages that are encrypted to keys of age: who opens them, and what is recorded."""

import io
import json
import zipfile

import pyrage
import pytest
from pyrage import x25519

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.exports import RECIPIENTS_MAX, ExportProject
from incidents.evidence.verification import verify
from tests.contracts.test_age_keys import key_of
from tests.projects.helpers import Operator, refusal_of
from tests.projects.packages import PASSWORD, fetch, unzip
from tests.support import Site, eventually
from workers.common.signing_key import FILE_NAME, SigningKey

pytestmark = pytest.mark.usefixtures("reports")

POLICE, COURT, STRANGER = (x25519.Identity.generate() for _ in range(3))


def keys(*identities: x25519.Identity) -> list[str]:
    """Return the public keys of people."""
    return [str(identity.to_public()) for identity in identities]


async def test_each_recipient_opens_a_package_and_nobody_else(operator: Operator, site: Site) -> None:
    """The library alone opens it with the private key of either recipient and no other; the bag in it is signed."""
    exporting = ExportProject(project_id=operator.project_id, recipients=keys(POLICE, COURT))
    package = (await operator.send(exporting)).package
    content = await fetch(operator.client, package)
    outside = unzip(content)
    assert package.encrypted
    assert package.recipients == keys(POLICE, COURT)
    assert list(outside) == ["README.txt", "bag.zip.age"]
    bags = [pyrage.decrypt(outside["bag.zip.age"], [identity]) for identity in (POLICE, COURT)]
    with pytest.raises(pyrage.DecryptError, match="No matching keys"):
        pyrage.decrypt(outside["bag.zip.age"], [STRANGER])
    assert bags[0] == bags[1]
    files = unzip(bags[0])
    assert b"A bag was left" in files["data/project.json"]
    assert {entry.name for entry in package.entries} == set(files)
    fingerprint = SigningKey.read(site.directory / "keys" / FILE_NAME).fingerprint
    assert [verify(data, fingerprint).verified for data in (content, bags[0])] == [True, True]


async def test_nothing_of_the_project_is_outside_the_encryption(operator: Operator) -> None:
    """Outside are two names and a page that says how to open and check the package, in its language."""
    exporting = ExportProject(
        project_id=operator.project_id, recipients=keys(POLICE), language="fr", recipient="Police"
    )
    content = await fetch(operator.client, (await operator.send(exporting)).package)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name.partition("/")[2] for name in archive.namelist()} == {"README.txt", "bag.zip.age"}
        assert all(name.startswith("encrypted-package-") for name in archive.namelist())
    page = unzip(content)["README.txt"].decode()
    words = ("age -d -i key.txt -o bag.zip bag.zip.age", "incidents verify FICHIER.zip", "--identity", "clé privée")
    assert [word for word in words if word not in page] == []
    assert [word for word in ("Police", *keys(POLICE)) if word in page or word.encode() in content] == []


async def test_recipients_are_recorded(operator: Operator, site: Site) -> None:
    """The activity says for whose keys each copy was encrypted; a key that is named twice counts once."""
    await site.worker("audit")
    await operator.send(ExportProject(project_id=operator.project_id, recipients=keys(POLICE, COURT, POLICE)))
    recorded = "SELECT details FROM audit.activity WHERE activity = 'projects.exported'"
    [(details,)] = await eventually(lambda: site.sql(recorded))
    assert details["package"]["encrypted"] is True
    assert details["package"]["recipients"] == keys(POLICE, COURT)
    assert await site.sql("SELECT state, sealed_password FROM projects.export") == [("made", None)]


@pytest.mark.parametrize(
    "text, kind, reason",
    [
        (f"age1{'q' * 58}", "age_key_mistyped", "checksum"),
        (str(POLICE), "age_key_private", "private key"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "age_key_of_another_kind", "another kind"),
        ("Police", "age_key_form", "58 letters"),
        (key_of(bytes(32)), "age_key_open_to_anybody", "anybody"),
    ],
    ids=["mistyped", "private", "of SSH", "a word", "of low order"],
)
async def test_a_wrong_key_is_named(operator: Operator, site: Site, text: str, kind: str, reason: str) -> None:
    """A refusal says which of the recipients is none and why, and never repeats it."""
    body = {"project_id": str(operator.project_id), "recipients": [*keys(COURT), text]}
    outcome = await (await site.caller()).send("projects.export", operator.project_id, body)
    [field] = outcome["error"]["details"]["fields"]
    refusal = (outcome["error"]["code"], field["field"], field["kind"])
    assert refusal == (Code.INVALID, "recipients.1", kind)
    assert reason in field["reason"]
    assert text not in json.dumps(outcome)


async def test_one_package_has_a_password_or_keys(operator: Operator) -> None:
    """A password beside keys is refused, and so are more keys than a package may have."""
    both = ExportProject(project_id=operator.project_id, password=PASSWORD, recipients=keys(POLICE))
    error = (await refusal_of(operator.client.send(both))).error
    [field] = error.details["fields"]
    assert error.code == Code.INVALID
    assert field["field"] == "recipients"
    assert field["kind"] == "password_and_recipients"
    with pytest.raises(ValueError, match="too_long"):
        ExportProject(project_id=uuid7(), recipients=keys(POLICE) * (RECIPIENTS_MAX + 1))
