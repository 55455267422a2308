"""Signing supplements: when the clean-up is complete that a certificate could not wait for.

As of a certificate, the files are written before the row. Files that the database does not know are taken over.
"""

import asyncio
from hashlib import sha256
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.supplements import SignedText, Supplement, verify_supplement
from workers.common.signing_key import SigningKey, is_signature
from workers.retention.certificates import tables
from workers.retention.certificates.files import CertificateFiles, SignedCertificate
from workers.retention.row_types import DueSupplementRow
from workers.runtime.storage.identity_map import rows_of

_AT_ONCE: Final = 20
log = structlog.get_logger()


async def issue_supplements(connection: AsyncConnection, site: str, key: SigningKey, files: CertificateFiles) -> int:
    """Sign the supplements that are due, and return how many.

    Raises:
        OSError: A file cannot be read or written.
    """
    rows = rows_of(await connection.execute(tables.DUE_SUPPLEMENTS, {"limit": _AT_ONCE}), DueSupplementRow)
    for row in rows:
        if not await _adopt(connection, row, key, files):
            supplement = _supplement(row, site, key)
            content = supplement.text
            signed = SignedCertificate(row["number"], content, key.sign_raw(content), key.public_key)
            await asyncio.to_thread(files.write, signed, is_supplement=True)
            await _add(connection, supplement, signed)
            log.info("certificate_supplemented", number=row["number"])
    return len(rows)


def _supplement(row: DueSupplementRow, site: str, key: SigningKey) -> Supplement:
    return Supplement(
        site=site,
        supplements=row["number"],
        certificate_sha256=sha256(row["content"]).hexdigest(),
        erased_until=row["erased_until"],
        overwritten_at=row["overwritten_at"],
        issued_at=row["now"],
        key=key.fingerprint,
    )


async def _adopt(connection: AsyncConnection, row: DueSupplementRow, key: SigningKey, files: CertificateFiles) -> bool:
    """Take over a supplement that a key of this site has signed; return whether there was one."""
    try:
        signed = await asyncio.to_thread(files.read, row["number"], is_supplement=True)
    except (FileNotFoundError, ValueError):
        return False
    known = {bytes(each) for each in (await connection.execute(tables.KEYS)).scalars()}
    if signed.key not in {key.public_key, *known}:
        return False
    text = SignedText(signed.content, signed.signature, signed.key)
    supplement, problems = verify_supplement(text, row["content"], is_signature, None)
    if supplement is None or problems:
        return False
    await _add(connection, supplement, signed)
    return True


async def _add(connection: AsyncConnection, supplement: Supplement, signed: SignedCertificate) -> None:
    row: dict[str, Any] = {
        "number": signed.number,
        "overwritten_at": supplement.overwritten_at,
        "issued_at": supplement.issued_at,
        "content": signed.content,
        "signature": signed.signature,
        "key": signed.key,
    }
    await connection.execute(tables.ADD_SUPPLEMENT, row)
