"""The key that signs PDF files and its certificate: made once, or a site's own, and never used when they do not fit."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from incidents.evidence.pdf_verification import verify
from tests.client.command_line import incidents
from tests.evidence.pdf_sample import NOON, signed
from tests.support.pdf_identity import save, shared
from workers.common.pdf_signing.identity import Files, NoPdfIdentityError, PdfIdentity
from workers.common.process_settings import Settings, pdf_files_of
from workers.local import external_nats_files
from workers.local.data_directory import Home


def issued(name: str, key: rsa.RSAPrivateKey, issuer: str, by: rsa.RSAPrivateKey, *, days: int = 9999) -> str:
    """Return a certificate in PEM."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer)]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOON - timedelta(days=9999))
    builder = builder.not_valid_after(NOON - timedelta(days=9999 - 2 * days))
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_an_identity_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Both files hold what was made, and nothing of the key is in its representation."""
    identity = PdfIdentity.read(save(tmp_path), NOON)
    assert identity.fingerprint == shared().fingerprint
    assert identity.key_text() == shared().key_text()
    assert "_key" not in repr(identity)


@pytest.mark.parametrize(
    "key, certificate, reason",
    [
        (None, "", "INCIDENTS_PDF_KEY is not set"),
        ("missing", "", "No such file"),
        ("x", "{own}", "not a private key in PEM"),
        ("{key}", "x", "no certificate in PEM"),
        ("{key}", "{other}", "not that of the key"),
        ("{key}", "{own}{other}", "followed by the one that issued it"),
    ],
)
def test_what_does_not_fit_is_said_with_its_reason(
    tmp_path: Path, key: str | None, certificate: str, reason: str
) -> None:
    """A file that cannot be used is named, and so is a certificate of another key or of another authority."""
    other = PdfIdentity.generate("other", NOON).certificate_text()
    texts = {"key": shared().key_text(), "own": shared().certificate_text(), "other": other}
    files = Files(tmp_path / "k" if key else None, tmp_path / "c")
    if key and key != "missing":
        (tmp_path / "k").write_text(key.format(**texts))
    (tmp_path / "c").write_text(certificate.format(**texts))
    with pytest.raises(NoPdfIdentityError, match=reason):
        PdfIdentity.read(files, NOON)


async def test_a_certificate_of_an_authority_is_pinned_by_either(tmp_path: Path) -> None:
    """A PDF signed for an authority is verified with the signer's certificate or the authority's, and none other."""
    key, root = (rsa.generate_private_key(65_537, 2048) for _ in range(2))
    own, by = issued("signer", key, "authority", root), issued("authority", root, "authority", root)
    files = Files(tmp_path / "k", tmp_path / "c")
    (tmp_path / "k").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "c").write_text(own + by)
    identity = PdfIdentity.read(files, NOON)
    pdf = await signed(tmp_path, identity)
    for text in (own, by):
        (tmp_path / "pin").write_text(text)
        ended = await incidents("verify", "a.pdf", "--key", "pin", folder=_with(tmp_path, pdf))
        assert (ended.status, "expected" in ended.out) == (0, True), ended.err
    assert not verify(pdf, shared().fingerprint).verified


def test_an_expired_certificate_signs_nothing(tmp_path: Path) -> None:
    """A certificate that is not valid at the time of a report is refused with its dates."""
    key = rsa.generate_private_key(65_537, 2048)
    files = Files(tmp_path / "k", tmp_path / "c")
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))  # type: ignore[union-attr] # it was named above
    (tmp_path / "c").write_text(issued("own", key, "own", key, days=10))
    with pytest.raises(NoPdfIdentityError, match="valid from 20"):
        PdfIdentity.read(files, NOON)


async def test_a_site_has_a_key_from_its_first_start(tmp_path: Path) -> None:
    """A site makes its key once, in a private file, and a command prints the certificate (with --json both facts)."""
    home = Home(tmp_path)
    home.keys.mkdir()
    home.make_pdf_identity("main")
    _, key, certificate = home.signing_files.values()
    before = key.read_text()
    home.make_pdf_identity("main")
    assert key.read_text() == before
    assert key.stat().st_mode & 0o777 == 0o600
    identity = PdfIdentity.read(Files(key, certificate), datetime.now(UTC))
    shown = await incidents("access", "certificate", "--data", str(tmp_path))
    assert shown.out == identity.certificate_text()
    assert identity.fingerprint in shown.err
    answer = await incidents("access", "certificate", "--data", str(tmp_path), "--json")
    assert answer.json["fingerprint"] == identity.fingerprint
    assert (await incidents("access", "certificate", "--data", str(tmp_path / "none"))).status == 2


def test_only_the_worker_that_signs_gets_the_key(tmp_path: Path) -> None:
    """Beside servers of one's own the key is next to the credentials of reports, and with no other worker's."""
    home, apart = Home(tmp_path / "trust"), tmp_path / "apart"
    external_nats_files.create(home.directory, "main", external_nats_files.Server(), apart)
    copies = sorted(path.relative_to(apart) for path in apart.rglob("pdf-signing.*"))
    assert copies == [Path("reports/pdf-signing.crt"), Path("reports/pdf-signing.key")]
    files = pdf_files_of(Settings(nats_creds=apart / "reports" / "reports.creds"))
    assert (
        PdfIdentity.read(files, datetime.now(UTC)).certificates[0].subject.rfc4514_string()
        == "CN=incident-manager-main"
    )
    assert pdf_files_of(Settings()) == Files(None, None)


def _with(folder: Path, pdf: bytes) -> Path:
    (folder / "a.pdf").write_bytes(pdf)
    return folder
