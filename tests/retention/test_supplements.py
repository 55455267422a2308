"""Supplements: a certificate that was issued before the clean-up learns when it was complete."""

import base64
from pathlib import Path
from typing import Any

import psycopg
import pytest

from contracts.destruction import CertificateOfDestruction, ListCertificates
from contracts.evidence.supplements import SignedText, Supplement, verify_supplement
from incidents import Client
from tests.client.command_line import incidents
from tests.client.interactive import environment
from tests.retention.test_certificates import SIGNED, delete_one, public_key
from tests.support import Site, eventually
from tests.support.system import worker_process
from workers.common.signing_key import SigningKey, is_signature
from workers.local.run_worker import slice_of
from workers.retention.certificates.files import CertificateFiles, SignedCertificate
from workers.runtime.process.assembly import run_here


async def certified(site: Site) -> tuple[Client, dict[str, Any]]:
    """Delete a project and wait for its certificate, which no clean-up precedes; return the settings for more."""
    settings = {"certificate_seconds": 1, "checkpoints": site.directory / "checkpoints"}
    await site.worker("projects")
    await site.worker("audit", **SIGNED, checkpoints=site.directory / "checkpoints")
    client = await site.client()
    async with run_here(slice_of("retention"), site.settings("retention", **settings, erasure_seconds=600)):
        await delete_one(client)

        async def is_issued() -> bool:
            return await site.count("retention.certificate") == 1

        await eventually(is_issued, within=60)
        page = await client.ask(ListCertificates())
        assert [(each.overwritten_at, each.supplement) for each in page.items] == [(None, None)]
    return client, {**settings, "erasure_seconds": 0.3}


async def supplemented(site: Site, client: Client) -> tuple[CertificateOfDestruction, Supplement]:
    """Wait for the supplement of the certificate, and return both, verified."""

    async def is_there() -> bool:
        return await site.count("retention.certificate_supplement") == 1

    await eventually(is_there, within=100)
    [certificate] = (await client.ask(ListCertificates())).items
    assert certificate.supplement
    text = SignedText(
        certificate.supplement.text.encode(), base64.b64decode(certificate.supplement.signature), public_key(site)
    )
    supplement, problems = verify_supplement(text, certificate.text.encode(), is_signature, None)
    assert supplement
    assert problems == []
    return certificate, supplement


@pytest.mark.timeout(180)
async def test_a_certificate_learns_of_its_clean_up(site: Site, tmp_path: Path) -> None:
    """When the clean-up is complete, a signed supplement says when; it is listed, saved and verified."""
    client, settings = await certified(site)
    await site.worker("retention", **settings)
    certificate, supplement = await supplemented(site, client)
    assert certificate.overwritten_at is None
    assert certificate.issued_at < supplement.overwritten_at < supplement.issued_at
    folder = tmp_path / "saved"
    line = ("retention", "certificates", "--save", folder)
    assert (await incidents(*line, environment=environment(site, "admin"))).status == 0
    names = [f"certificate-1{part}{suffix}" for part in ("", "-supplement") for suffix in (".json", ".pem", ".sig")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert sorted(path.name for path in (site.directory / "checkpoints" / "certificates").iterdir()) == sorted(names)
    for name in ("certificate-1.json", "certificate-1-supplement.json"):
        ended = await incidents("retention", "verify-certificate", folder / name, "--json")
        assert ended.status == 0
        assert ended.json["supplement"]["supplements"] == 1


@pytest.mark.timeout(240)
async def test_kills_and_restores_double_no_supplement(site: Site) -> None:
    """A supplement whose process was killed, or whose row a restore has lost, is taken over and not made anew."""
    client, settings = await certified(site)
    file = site.directory / "checkpoints" / "certificates" / "certificate-1-supplement.json"
    async with worker_process(site, "retention", **settings) as process:
        await eventually(lambda: exists(file), within=100)
        await process.kill()
    content = file.read_bytes()
    with psycopg.connect(site.database_url) as owner:
        owner.execute("ALTER TABLE retention.certificate_supplement DISABLE TRIGGER refuse_change")
        owner.execute("DELETE FROM retention.certificate_supplement")
    await site.worker("retention", **settings)
    _, supplement = await supplemented(site, client)
    assert supplement.text == content == file.read_bytes()


async def exists(path: Path) -> bool:
    """Tell whether a file is there."""
    return path.exists()


@pytest.mark.timeout(180)
async def test_a_forged_supplement_is_replaced(site: Site) -> None:
    """A file that another key signed does not count: the site signs its own."""
    client, settings = await certified(site)
    [row] = await site.sql("SELECT content FROM retention.certificate")
    files, other = CertificateFiles(site.directory / "checkpoints"), SigningKey.generate("other")
    files.write(SignedCertificate(1, row.content, other.sign_raw(row.content), other.public_key), is_supplement=True)
    await site.worker("retention", **settings)
    await supplemented(site, client)
