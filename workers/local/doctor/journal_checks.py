"""Whether the erasure journal is whole, as a restored backup needs it."""

import os
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local.console_output import say, translate
from workers.local.doctor.erasure_checks import Finding
from workers.local.erasures.verification import remember, verify
from workers.local.schema_and_grants import REMEDY


async def find(connection: AsyncConnection, folder: Path, key: Path | None) -> list[Finding]:
    """Verify the journal in a folder; before it is begun there is nothing to verify."""
    place = (await remember(connection)).place
    if place is None:
        return []
    try:
        public = SigningKey.read(key).public_key
    except NoSigningKeyError:
        public = None
    try:
        error = verify(folder, public, place).error
        obstacle = translate(error) if error else ""
    except OSError as failure:
        obstacle = f"{failure.filename}: {os.strerror(failure.errno or 0)}"
    return [Finding(say("The erasure journal is whole"), obstacle, say(REMEDY) if obstacle else "")]
