"""The key of a site that signs PDF files, made once for a run of the tests: that takes a third of a second."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from workers.common.pdf_signing.identity import CERTIFICATE_NAME, KEY_NAME, Files, PdfIdentity


@cache
def shared() -> PdfIdentity:
    """Return the identity of all sites of this process."""
    return PdfIdentity.generate("incident-manager-main", datetime.now(UTC))


def save(folder: Path, identity: PdfIdentity | None = None) -> Files:
    """Write an identity into a folder, and return its files."""
    key, certificate = folder / KEY_NAME, folder / CERTIFICATE_NAME
    key.write_text((identity or shared()).key_text())
    certificate.write_text((identity or shared()).certificate_text())
    return Files(key, certificate)
