"""Signing certificates: when the clean-up after an erasure is complete, or has been waited for long enough.

The files are written before the rows. A process that is killed in between leaves files that are ahead of the database,
as does a restore: they are taken over first, so that no number is used twice and no destruction gets two certificates.
"""

import asyncio
import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence import destruction
from contracts.evidence.checkpoints import NoteError, read_note
from contracts.evidence.destruction import Certificate, Kind, LogHead, Rule, ranges_of, read_range, written_range
from contracts.evidence.log_entries import log_origin
from contracts.message import Store
from workers.common.signing_key import SigningKey, is_signature
from workers.retention.certificates import tables
from workers.retention.certificates.files import CertificateFiles, SignedCertificate
from workers.retention.certificates.supplements import issue_supplements
from workers.retention.row_types import DestroyedPartRow, DueDestructionRow, LogCheckpointRow
from workers.runtime.commands.deferred_commands import DeferredWork
from workers.runtime.storage.identity_map import rows_of

_AT_ONCE: Final = 20
_CHECKPOINTS_MAX: Final = 100
log = structlog.get_logger()


class Issuer(NamedTuple):
    """What signs the certificates of a site, where copies of them go, and how long they wait for a clean-up."""

    site: str
    key: SigningKey
    files: CertificateFiles
    wait_seconds: float

    async def issue(self, work: DeferredWork) -> int:
        """Sign the certificates and supplements that are due, and return how many certificates.

        Raises:
            OSError: A file cannot be read or written.
        """
        issued = 0
        async with work.step() as step:
            await step.connection.execute(tables.LOCK)
            numbers = await self._adopt(step.connection)
            parameters = {"wait_seconds": self.wait_seconds, "limit": _AT_ONCE}
            for row in rows_of(await step.connection.execute(tables.DUE, parameters), DueDestructionRow):
                certificates = await self._certificates(step.connection, row, numbers)
                for certificate in certificates:
                    await self._store(step.connection, certificate)
                issued += len(certificates)
            await issue_supplements(step.connection, self.site, self.key, self.files)
        return issued

    async def _adopt(self, connection: AsyncConnection) -> Iterator[int]:
        """Take over certificates that the database does not know, and return the numbers that are free."""
        known: int = (await connection.execute(tables.LAST)).scalar_one()
        for number in await asyncio.to_thread(self.files.ahead_of, known):
            if problem := await self._adopt_one(connection, number):
                self.files.refuse(number)
                log.warning("certificate_not_adopted", number=number, problem=problem)
        return self.files.free_after((await connection.execute(tables.LAST)).scalar_one())

    async def _adopt_one(self, connection: AsyncConnection, number: int) -> str | None:
        """Take over a certificate that a key of this site has signed, and return what is wrong with any other one."""
        try:
            signed = await asyncio.to_thread(self.files.read, number)
        except (FileNotFoundError, ValueError):
            return "unreadable"
        known = {bytes(key) for key in (await connection.execute(tables.KEYS)).scalars()}
        if signed.key not in {self.key.public_key, *known}:
            return "other-key"
        result = destruction.verify(signed.content, signed.signature, signed.key, is_signature, None)
        certificate = result.certificate
        if certificate is None or result.problems or (certificate.number, certificate.site) != (number, self.site):
            return ", ".join(result.problems) or "foreign"
        await _add(connection, certificate, signed)
        return None

    async def _certificates(
        self, connection: AsyncConnection, row: DueDestructionRow, numbers: Iterator[int]
    ) -> list[Certificate]:
        """Return the certificates of a destruction; none while its entries are in no signed state of the log."""
        stored = await connection.execute(tables.PARTS, {"destruction_id": row["destruction_id"]})
        parts = rows_of(stored, DestroyedPartRow)
        head = await self._log_head(connection, [part["log_index"] for part in parts])
        if head is None:
            return []
        ranges = ranges_of(number for part in parts for number in part["numbers"])
        starts = range(0, max(len(ranges), 1), destruction.RANGES_MAX)
        slices = [ranges[start : start + destruction.RANGES_MAX] for start in starts]
        adopted = await connection.execute(tables.ISSUED_PARTS, {"destruction_id": row["destruction_id"]})
        issued = set(adopted.scalars())
        return [
            self._certificate(row, head, its, (next(numbers), place, len(slices)))
            for place, its in enumerate(slices, start=1)
            if place not in issued
        ]

    def _certificate(
        self, row: DueDestructionRow, head: LogHead, ranges: Sequence[tuple[int, int]], places: tuple[int, int, int]
    ) -> Certificate:
        number, part, parts = places
        return Certificate(
            site=self.site,
            number=number,
            destruction=row["destruction_id"],
            part=part,
            parts=parts,
            kind=Kind(row["kind"]),
            rule=Rule.model_validate(row["rule"]),
            erased_from=row["erased_from"],
            erased_until=row["erased_until"],
            projects=[written_range(first, last) for first, last in ranges],
            count=sum(last - first + 1 for first, last in ranges),
            fields=[row["field"]] if row["field"] else [],
            log=head,
            overwritten_at=row["overwritten_at"],
            issued_at=row["now"],
            key=self.key.fingerprint,
        )

    async def _log_head(self, connection: AsyncConnection, indexes: Sequence[int | None]) -> LogHead | None:
        """Return the first state of the log with all entries that this site's key has signed."""
        known = [index for index in indexes if index is not None]
        if len(known) < len(indexes) or not known:
            return None
        parameters = {"size": max(known) + 1, "limit": _CHECKPOINTS_MAX}
        for row in rows_of(await connection.execute(tables.CHECKPOINTS, parameters), LogCheckpointRow):
            try:
                state = read_note(row["note"], self.key.public_key, is_signature)
            except NoteError:  # another key signed it, before this one
                continue
            if state.origin == log_origin(self.site, Store.INCIDENT_MANAGER):
                root = base64.b64encode(state.root).decode()
                return LogHead(origin=state.origin, size=state.size, root=root, checkpoint=row["note"])
        return None

    async def _store(self, connection: AsyncConnection, certificate: Certificate) -> None:
        content = certificate.text
        signed = SignedCertificate(certificate.number, content, self.key.sign_raw(content), self.key.public_key)
        await asyncio.to_thread(self.files.write, signed)
        await _add(connection, certificate, signed)
        log.info("certificate_issued", number=certificate.number, kind=certificate.kind, projects=certificate.count)


async def _add(connection: AsyncConnection, certificate: Certificate, signed: SignedCertificate) -> None:
    """Store a certificate, and forget what waited for it with its last part."""
    ranges = [f"[{first},{last}]" for first, last in map(read_range, certificate.projects)]
    row: dict[str, Any] = {
        "number": certificate.number,
        "destruction_id": certificate.destruction,
        "part": certificate.part,
        "kind": certificate.kind.value,
        "erased_until": certificate.erased_until,
        "overwritten_at": certificate.overwritten_at,
        "issued_at": certificate.issued_at,
        "count": certificate.count,
        "projects": f"{{{','.join(ranges)}}}",
        "content": signed.content,
        "signature": signed.signature,
        "key": signed.key,
    }
    await connection.execute(tables.ADD, row)
    if certificate.part == certificate.parts:
        await connection.execute(tables.FORGET, {"destruction_id": certificate.destruction})
