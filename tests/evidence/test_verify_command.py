"""`incidents verify`: what it says, and how it ends."""

import asyncio
import json
import os
import sys
import zipfile
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from pyrage import x25519

from contracts.permissions import EVERYTHING
from tests.checks.tree import ROOT
from tests.client.command_line import CommandResult, incidents
from tests.evidence.pdf_sample import signed
from tests.evidence.sample import PASSWORD, encrypted_to, export, files, package, packed
from tests.support.pdf_identity import shared
from workers.common.signing_key import SigningKey
from workers.projects.packages.choice import Choice

KEY = SigningKey.generate("incident-manager-main")
POLICE = x25519.Identity.generate()
EXTRAS = ("pdf", "age")


async def verify(folder: Path, *line: object, standard_input: str = "") -> CommandResult:
    """Type `incidents verify` in a folder where nothing is known of any system."""
    return await incidents("verify", *line, folder=folder, standard_input=standard_input)


async def test_a_package_is_verified_without_a_system(tmp_path: Path) -> None:
    """The fingerprint and the facts are printed, and without an expected key, what the key does not prove."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    (tmp_path / "site.pub").write_text(KEY.public_line)
    bare, pinned = await verify(tmp_path, "a.zip"), await verify(tmp_path, "a.zip", "--key", "site.pub")
    assert bare.status == 0
    assert pinned.status == 0
    assert [word for word in (KEY.fingerprint, "Police of the canton", "not who made it") if word not in bare.out] == []
    assert "This is the expected key." in pinned.out
    document = await verify(tmp_path, "a.zip", "--key", KEY.fingerprint, "--json")
    assert document.json["verified"] is True
    assert document.json["pinned"] is True
    assert document.json["findings"] == []


async def test_a_password_opens_an_encrypted_one(tmp_path: Path) -> None:
    """An encrypted package is verified unopened, and opened with its password; another one is refused."""
    (tmp_path / "a.zip").write_bytes(package(KEY, PASSWORD))
    closed = await verify(tmp_path, "a.zip", "--lang", "fr")
    assert closed.status == 0
    assert "chiffrés" in closed.out
    assert "Police" not in closed.out
    opened = await verify(tmp_path, "a.zip", "--password-stdin", standard_input=f"{PASSWORD}\n")
    assert opened.status == 0
    assert "Police of the canton" in opened.out
    assert (await verify(tmp_path, "a.zip", "--password-stdin", standard_input="no\n")).status == 1


async def test_an_identity_opens_what_is_encrypted_to_its_key(tmp_path: Path) -> None:
    """Without an identity it is said that one is needed; with it the facts are shown; another one is refused."""
    for name, identity in (("key.txt", POLICE), ("other.txt", x25519.Identity.generate())):
        (tmp_path / name).write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    (tmp_path / "a.zip").write_bytes(encrypted_to([str(POLICE.to_public())], KEY))
    closed = await verify(tmp_path, "a.zip", "--lang", "fr")
    assert closed.status == 0
    assert "--identity" in closed.out
    assert "Police" not in closed.out
    opened = await verify(tmp_path, "a.zip", "--identity", "key.txt", "--key", KEY.fingerprint)
    assert opened.status == 0
    assert "Police of the canton" in opened.out
    assert "--identity" not in opened.out
    wrong = await verify(tmp_path, "a.zip", "--identity", "other.txt")
    assert wrong.status == 1
    assert "a.zip could not be verified:" in wrong.out
    assert "other keys" in wrong.out


async def test_what_is_no_identity_is_a_mistake(tmp_path: Path) -> None:
    """A missing file, one without an identity and one that is encrypted itself end with status 2 and the reason."""
    (tmp_path / "a.zip").write_bytes(encrypted_to([str(POLICE.to_public())], KEY))
    (tmp_path / "public.txt").write_text(f"{POLICE.to_public()}\n")
    (tmp_path / "closed.txt").write_text("-----BEGIN AGE ENCRYPTED FILE-----\n")
    for name, word in (("b.txt", "cannot be read"), ("public.txt", "AGE-SECRET-KEY-1"), ("closed.txt", "encrypted")):
        ended = await verify(tmp_path, "a.zip", "--identity", name)
        assert ended.status == 2
        assert name in ended.err
        assert word in ended.err


@pytest.mark.parametrize(
    "language, words", [("en", "data/project.json was changed"), ("fr", "data/project.json a été")]
)
async def test_a_change_is_named(tmp_path: Path, language: str, words: str) -> None:
    """A changed byte ends with status 1, the name of the file, and the bytes in which it is."""
    data = bytearray(package(KEY))
    data[data.index(b"data/project.json") + 200] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    ended = await verify(tmp_path, "a.zip", "--lang", language)
    heads = {"en": "a.zip is not as it was signed:", "fr": "a.zip n'est plus tel qu'il a été signé"}
    assert ended.status == 1
    assert words in ended.out
    assert heads[language] in ended.out
    document = (await verify(tmp_path, "a.zip", "--json")).json
    [finding] = document["findings"]
    assert document["verified"] is False
    assert finding["kind"] == "changed"
    assert finding["name"] == "data/project.json"
    assert 0 < finding["first_byte"] < finding["last_byte"] < len(data)


async def test_the_activity_is_said_to_be_proven(tmp_path: Path) -> None:
    """People read how many entries are proven, how many in part, and how many have no proof."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    shown = (await verify(tmp_path, "a.zip")).out
    assert "Activity: 3 of 3 entries are proven to be in the log incidents/main/incident_manager" in shown
    assert "without a name" not in shown
    unnamed = files(export(choice=Choice.of([], EVERYTHING)), KEY, encrypted=False, log_size=200)
    (tmp_path / "b.zip").write_bytes(packed(unnamed, KEY))
    french = (await verify(tmp_path, "b.zip", "--lang", "fr")).out
    words = ("Activité\u00a0: 2 entrées sur 3", "2 d'entre elles", "1 d'entre elles")
    assert [word for word in words if word not in french] == []


@pytest.mark.parametrize("language, words", [("en", "Entry 2 of data/"), ("fr", "L'entrée 2 de data/")])
async def test_a_changed_entry_is_named(tmp_path: Path, language: str, words: str) -> None:
    """The first bad entry is named by its file and its number there, to people and to programs."""
    contents = files(export(), KEY, encrypted=False)
    document = json.loads(contents["data/activity.json"])
    document["items"][1]["actor"] = "olivia"
    contents["data/activity.json"] = json.dumps(document).encode()
    (tmp_path / "a.zip").write_bytes(packed(contents, KEY))
    ended = await verify(tmp_path, "a.zip", "--lang", language)
    assert ended.status == 1
    assert words in ended.out
    findings = (await verify(tmp_path, "a.zip", "--json")).json["findings"]
    assert [
        (each["name"], each["entry"], each["log_index"]) for each in findings if each["kind"] == "entry-changed"
    ] == [("data/activity.json", 2, 128)]


async def test_what_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    """A missing file and a key that is none end with status 2 and the reason."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    missing, keyless = await verify(tmp_path, "b.zip"), await verify(tmp_path, "a.zip", "--key", "a.zip")
    assert missing.status == 2
    assert "b.zip" in missing.err
    assert keyless.status == 2
    assert "SHA256:" in keyless.err
    other = await verify(tmp_path, "a.zip", "--key", "SHA256:somebody")
    assert other.status == 1
    assert KEY.fingerprint in other.out


@pytest.mark.parametrize("line", [("none.pdf",), ("a.zip", "--key", "SHA256:somebody"), ("b.zip", "--password-stdin")])
async def test_what_was_not_changed_is_not_called_changed(tmp_path: Path, line: tuple[str, ...]) -> None:
    """A file that never was a package, another key and a wrong password show no change."""
    (tmp_path / "none.pdf").write_bytes(b"%PDF-1.7\n%%EOF")
    (tmp_path / "a.zip").write_bytes(package(KEY))
    (tmp_path / "b.zip").write_bytes(package(KEY, PASSWORD))
    ended = await verify(tmp_path, *line, standard_input="no\n")
    assert ended.status == 1
    assert f"{line[0]} could not be verified:" in ended.out


async def test_facts_are_in_the_readers_language(tmp_path: Path) -> None:
    """The content is a French sentence, and the time one of the reader's clock."""
    (tmp_path / "a.zip").write_bytes(package(KEY))
    shown = (await verify(tmp_path, "a.zip", "--lang", "fr")).out
    assert [word for word in ("Projet d'incident 12, révision 7", "01/03/2026 1") if word not in shown] == []


async def test_a_pdf_is_verified_without_a_system(tmp_path: Path) -> None:
    """The certificate, the time and what the certificate does not prove are printed; a change is named."""
    pdf, certificate = await signed(tmp_path), shared()
    (tmp_path / "a.pdf").write_bytes(pdf)
    bare = await verify(tmp_path, "a.pdf")
    assert bare.status == 0
    assert certificate.fingerprint in bare.out
    assert "not who made it" in bare.out
    digits = certificate.fingerprint.removeprefix("SHA256:").lower()
    for key in ("pdf-signing.crt", certificate.fingerprint, f"sha256 Fingerprint={digits}"):
        pinned = await verify(tmp_path, "a.pdf", "--key", key, "--json")
        assert pinned.status == 0
        assert pinned.json["pinned"] is True
        assert pinned.json["form"] == "pdf"
    (tmp_path / "b.pdf").write_bytes(pdf[:5000] + b"X" + pdf[5001:] + b"\n")
    changed = await verify(tmp_path, "b.pdf", "--lang", "fr")
    assert changed.status == 1
    assert "octets 4096 à 8191" in changed.out
    assert "ajouté après" in changed.out
    assert (await verify(tmp_path, "a.pdf", "--key", "a.pdf")).status == 2


async def test_what_is_seldom_opened_needs_an_extra(tmp_path: Path) -> None:
    """Without the libraries the command says what to install, and a package is verified all the same."""
    for library in ("pyhanko", "pyrage"):
        (tmp_path / f"{library}.py").write_text("raise ImportError")
    (tmp_path / "a.pdf").write_bytes(await signed(tmp_path))
    (tmp_path / "a.zip").write_bytes(encrypted_to([str(POLICE.to_public())], KEY))
    line = [sys.executable, "-c", "import incidents_command; incidents_command.main()", "verify"]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    statuses = []
    for typed in (("a.pdf",), ("a.zip",), ("a.zip", "--identity", "key.txt")):
        process = await asyncio.create_subprocess_exec(
            *line, *typed, env=environment, stderr=PIPE, stdout=PIPE, cwd=tmp_path
        )
        _, errors = await process.communicate()
        statuses.append((process.returncode, *(f"incident-manager[{extra}]".encode() in errors for extra in EXTRAS)))
    assert statuses == [(2, True, False), (0, False, False), (2, False, True)]


async def test_a_zip_of_reports_is_not_a_package(tmp_path: Path) -> None:
    """The ZIP of a batch has no signature of its own: it is not said to be changed, and each PDF in it is verified."""
    report = await signed(tmp_path)
    with zipfile.ZipFile(tmp_path / "reports.zip", "w") as archive:
        archive.writestr("report-1.pdf", report)
    ended = await verify(tmp_path, "reports.zip", "--json")
    assert ended.status == 1
    assert [each["kind"] for each in ended.json["findings"]] == ["no-package"]
    text = (await verify(tmp_path, "reports.zip")).out
    assert "could not be verified" in text
    assert "verify each PDF in it" in text
    assert "as it was signed" not in text
    pinned = await verify(tmp_path, "reports.zip", "--key", KEY.fingerprint, "--json")
    assert [each["kind"] for each in pinned.json["findings"]] == ["no-package", "other-key"]


@pytest.mark.parametrize("language, words", [("en", "was added after the seal"), ("fr", "a été ajouté après le sceau")])
async def test_one_byte_is_no_range(tmp_path: Path, language: str, words: str) -> None:
    """A single byte is named as one."""
    data = package(KEY)
    (tmp_path / "a.zip").write_bytes(data + b"m")
    [_, line] = (await verify(tmp_path, "a.zip", "--lang", language)).out.splitlines()
    assert f" {len(data)} " in line
    assert words in line


@pytest.mark.parametrize(
    "language, words", [("en", "were added after the seal"), ("fr", "ont été ajoutés après le sceau")]
)
async def test_bytes_behind_a_package_are_named(tmp_path: Path, language: str, words: str) -> None:
    """What follows the seal is named by its bytes, and nothing else is said to be changed."""
    data = package(KEY)
    (tmp_path / "a.zip").write_bytes(data + b"more")
    ended = await verify(tmp_path, "a.zip", "--lang", language)
    assert ended.status == 1
    assert words in ended.out
    assert len(ended.out.splitlines()) == 2
    [finding] = (await verify(tmp_path, "a.zip", "--json")).json["findings"]
    assert finding["kind"] == "appended"
    assert finding["first_byte"] == len(data)
    assert finding["last_byte"] == len(data) + 3
