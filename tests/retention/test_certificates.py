"""Certificates of destruction: one for each sweep, deletion by hand and redaction, whatever is killed."""

import base64
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from contracts.destruction import CertificateOfDestruction, ListCertificates
from contracts.evidence import destruction
from contracts.evidence.checkpoints import read_note
from contracts.evidence.destruction import Certificate, Kind, verify
from contracts.ids import uuid7
from contracts.permissions import Node
from contracts.projects.commands import CreateProject, DeleteProject
from contracts.projects.redaction import RedactProject
from contracts.projects.set_aside import ListSetAside
from contracts.retention import HoldProject, Sweep
from incidents import Client
from tests.retention.conftest import Fill
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.common.signing_key import FILE_NAME, SigningKey, is_signature
from workers.retention.certificates.files import CertificateFiles, SignedCertificate

DUE, KILLS, DELETIONS = 2_500, 3, 5
DESCRIPTION, REASON = "An okapi at the gate", "Somebody asked for it"
SOON: Final[dict[str, Any]] = {"erasure_seconds": 0.3}
SIGNED: Final[dict[str, Any]] = {"checkpoint_seconds": 1}


async def start(site: Site, **changed: Any) -> Client:
    """Start what issues certificates, and return a client."""
    folder = site.directory / "checkpoints"
    await site.worker("projects")
    await site.worker("audit", **SIGNED, checkpoints=folder)
    await site.worker("retention", **{**SOON, "checkpoints": folder, **changed})
    return await site.client()


async def certificates(site: Site, client: Client, count: int) -> list[Certificate]:
    """Wait for so many certificates, and return them in order, each verified."""

    async def are_issued() -> list[CertificateOfDestruction]:
        page = await client.ask(ListCertificates(limit=500))
        return page.items if len(page.items) >= count and not page.waiting else []

    items = await eventually(are_issued, within=100)
    return [verified(site, each.text.encode(), base64.b64decode(each.signature)) for each in items[::-1]]


def public_key(site: Site) -> bytes:
    """Return the key of a site."""
    return SigningKey.read(site.directory / "keys" / FILE_NAME).public_key


def verified(site: Site, text: bytes, signature: bytes) -> Certificate:
    """Return a certificate that the key of a site has signed."""
    certificate, problems = verify(text, signature, public_key(site), is_signature, None)
    assert certificate
    assert problems == []
    return certificate


async def test_each_way_to_erase_has_a_certificate(site: Site, fill: Fill) -> None:
    """A sweep, a deletion by hand and a redaction have one certificate each, which say what, when and by which rule."""
    client = await start(site)
    await fill(3, days=30)
    redacted, deleted = uuid7(), uuid7()
    for project_id in (redacted, deleted):
        await client.send(CreateProject(project_id=project_id, description=DESCRIPTION))
    await client.send(RedactProject(project_id=redacted, field="description", reason=REASON))
    await client.send(DeleteProject(project_id=deleted, reason=REASON))
    await client.send(Sweep())
    issued = {each.kind: each for each in await certificates(site, client, 3)}
    assert {kind: (each.count, each.projects, each.fields) for kind, each in issued.items()} == {
        "sweep": (3, ["1-3"], []),
        "manual": (1, ["5"], []),
        "redaction": (1, ["4"], ["description"]),
    }
    assert issued[Kind.SWEEP].rule.words == "Projects are deleted 7 days after their creation."
    assert sorted(each.number for each in issued.values()) == [1, 2, 3]
    for each in issued.values():
        assert each.erased_from <= each.erased_until < each.issued_at
        assert each.overwritten_at
        assert each.erased_until < each.overwritten_at < each.issued_at


@pytest.mark.timeout(180)
async def test_an_undo_window_puts_certificates_off(site: Site, fill: Fill) -> None:
    """What can still be restored is not destroyed: certificates come when the window has ended, and say so."""
    client = await start(site)
    await site.sql("UPDATE administration.settings SET undo_days = 1")
    await fill(2, days=30)
    await client.send(CreateProject(project_id=(deleted := uuid7()), description=DESCRIPTION))
    event = await client.send(DeleteProject(project_id=deleted))
    await client.send(Sweep())

    async def are_set_aside() -> bool:
        return len((await client.ask(ListSetAside())).items) == 3

    await eventually(are_set_aside)
    assert (await client.ask(ListCertificates())).items == []
    await site.sql("UPDATE projects.tombstone SET erase_after = now()")
    issued = {each.kind: each for each in await certificates(site, client, 2)}
    assert {kind: each.projects for kind, each in issued.items()} == {"manual": [str(event.number)], "sweep": ["1-2"]}
    assert all(each.rule.words.endswith("at the end of the undo window.") for each in issued.values())


async def test_a_certificate_names_no_person(site: Site) -> None:
    """Neither principals nor what they wrote are in the certificates, in the answer or in the files."""
    await start(site)
    await site.grant("olivia", dict.fromkeys((Node.PROJECTS, Node.RETENTION, Node.MAIN_DETAILS), "manage"))
    olivia = await site.client("olivia")
    project_id = uuid7()
    await olivia.send(CreateProject(project_id=project_id, description=DESCRIPTION))
    await olivia.send(RedactProject(project_id=project_id, field="description", reason=REASON))
    await olivia.send(DeleteProject(project_id=project_id, reason=REASON))
    await certificates(site, olivia, 2)
    texts = [path.read_bytes() for path in folder_of(site).iterdir()]
    texts.append((await olivia.ask(ListCertificates())).model_dump_json().encode())
    assert len(texts) == 2 * 3 + 1
    for word in ("olivia", "okapi", "Somebody", str(project_id)):
        assert not [text for text in texts if word.encode() in text]


async def test_a_long_sweep_has_one_certificate(site: Site, fill: Fill) -> None:
    """A sweep of many steps has one certificate with every number, and each project finds it."""
    client = await start(site)
    await fill(DUE, days=30)
    await client.send(Sweep())
    [certificate] = await certificates(site, client, 1)
    assert certificate.count == DUE
    assert certificate.projects == [f"1-{DUE}"]
    assert certificate.parts == 1
    for number, count in ((1, 1), (DUE, 1), (DUE + 1, 0)):
        assert len((await client.ask(ListCertificates(number=number))).items) == count
    assert (await client.ask(ListCertificates(since=certificate.issued_at))).items == []


async def test_the_log_had_the_erasure(site: Site, fill: Fill) -> None:
    """The head of the tree is a published checkpoint of the log, and has the entry of every erased project."""
    client = await start(site)
    await fill(3, days=30)
    await client.send(Sweep())
    [certificate] = await certificates(site, client, 1)
    published = (site.directory / "checkpoints" / "incident_manager.notes").read_text("utf-8")
    assert certificate.log.checkpoint in published
    state = read_note(certificate.log.checkpoint, public_key(site), is_signature)
    assert state.size == certificate.log.size
    assert base64.b64encode(state.root).decode() == certificate.log.root
    rows = await site.sql("SELECT log_index FROM audit.activity WHERE activity = 'projects.deleted'")
    assert len(rows) == 3
    assert all(row.log_index < state.size for row in rows)


async def test_without_a_clean_up_it_says_so(site: Site) -> None:
    """A certificate that waited for long enough says that what was erased is not overwritten yet."""
    client = await start(site, erasure_seconds=600, certificate_seconds=1)
    await delete_one(client)
    [certificate] = await certificates(site, client, 1)
    assert certificate.overwritten_at is None


async def test_kills_lose_and_double_no_certificate(site: Site) -> None:
    """Whenever the process that issues them is killed, each deletion has one certificate with a number of its own."""
    settings = {"certificate_seconds": 1, "erasure_seconds": 600, "checkpoints": site.directory / "checkpoints"}
    await site.worker("projects")
    await site.worker("audit", **SIGNED, checkpoints=site.directory / "checkpoints")
    client = await site.client()
    numbers = list[int]()
    for _ in range(KILLS):
        async with worker_process(site, "retention", **settings) as process:
            for _ in range(DELETIONS):
                project_id = uuid7()
                numbers.append((await client.send(CreateProject(project_id=project_id))).number)
                await client.send(DeleteProject(project_id=project_id))

            async def has_begun(least: int = len(numbers) - DELETIONS) -> bool:
                return len(files_of(site)) > least

            await eventually(has_begun, within=60)
            await process.kill()
    await site.worker("retention", **settings)
    issued = await certificates(site, client, KILLS * DELETIONS)
    assert sorted(int(range_) for each in issued for range_ in each.projects) == sorted(numbers)
    assert [each.number for each in issued] == list(range(1, KILLS * DELETIONS + 1)) == files_of(site)


async def test_files_that_are_ahead_are_taken_over(site: Site) -> None:
    """After a restore, or a kill before the commit, a file's certificate counts, and is not issued again."""
    client = await start(site, erasure_seconds=600, certificate_seconds=1)
    await delete_one(client)
    before = await certificates(site, client, 1)
    restore_before(site)
    assert await certificates(site, client, 1) == before
    assert files_of(site) == [1]


async def test_parts_that_were_written_are_not_issued_again(
    site: Site, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A destruction of many ranges has several certificates, also if only the file of the first was written."""
    monkeypatch.setattr(destruction, "RANGES_MAX", 1)
    client = await start(site, erasure_seconds=600, certificate_seconds=1)
    [_, held, _] = await fill(3, days=30)
    await client.send(HoldProject(project_id=held, reason="A lawsuit."))
    await client.send(Sweep())
    issued = await certificates(site, client, 2)
    assert [(each.part, each.parts, each.projects) for each in issued] == [(1, 2, ["1"]), (2, 2, ["3"])]
    for path in folder_of(site).glob("certificate-2.*"):
        path.unlink()
    restore_before(site)
    again = await certificates(site, client, 2)
    assert again[0] == issued[0]
    assert [(each.number, each.projects) for each in again] == [(1, ["1"]), (2, ["3"])]


async def test_a_forged_file_is_not_taken_over(site: Site) -> None:
    """A file that another key signed, or whose text was edited, does not count; no number is used twice."""
    client = await start(site, erasure_seconds=600, certificate_seconds=1)
    await delete_one(client)
    [whole] = await certificates(site, client, 1)
    files, other = CertificateFiles(site.directory / "checkpoints"), SigningKey.generate("other")
    forged = whole.model_copy(update={"number": 2, "key": other.fingerprint}).text
    files.write(SignedCertificate(2, forged, other.sign_raw(forged), other.public_key))
    files.write(SignedCertificate(3, whole.text, b"\0" * 64, public_key(site)))
    await delete_one(client)
    await certificates(site, client, 2)
    page = await client.ask(ListCertificates())
    assert [each.number for each in page.items] == [4, 1]


def restore_before(site: Site) -> None:
    """Let the database be as it was before it had certificates."""
    with psycopg.connect(site.database_url) as owner:
        owner.execute(
            "INSERT INTO retention.destruction SELECT DISTINCT ON (destruction_id) destruction_id, kind, erased_until, "
            "erased_until, erased_until, true, convert_from(content, 'UTF8')::jsonb -> 'rule' "
            "FROM retention.certificate"
        )
        owner.execute(
            "INSERT INTO retention.destroyed SELECT d.destruction_id, a.event_id, a.at, ARRAY[t.number] "
            "FROM retention.destruction d, audit.activity a JOIN projects.tombstone t USING (project_id) "
            "WHERE a.activity = 'projects.deleted'"
        )
        owner.execute("ALTER TABLE retention.certificate DISABLE TRIGGER refuse_change")
        owner.execute("DELETE FROM retention.certificate")


async def delete_one(client: Client) -> None:
    """Create a project and delete it."""
    project_id = uuid7()
    await client.send(CreateProject(project_id=project_id))
    await client.send(DeleteProject(project_id=project_id))


def folder_of(site: Site) -> Path:
    """Return where the copies of certificates are."""
    return site.directory / "checkpoints" / "certificates"


def files_of(site: Site) -> list[int]:
    """Return the numbers of the certificates that are outside the database."""
    return CertificateFiles(site.directory / "checkpoints").numbers()
