"""The requirement that the erasure journal is whole, before the streams of a site are made."""

import asyncio
import os
from typing import Final

from sqlalchemy.exc import DBAPIError

from workers.common.erasure_journal.journal import MISSING
from workers.common.process_settings import Settings, signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local.cli_environment import DATABASE_VARIABLE
from workers.local.erasures.verification import Remembered, remember, verify
from workers.local.schema_and_grants import REMEDY
from workers.runtime.process.preconditions import UnfitError
from workers.runtime.storage.database import SessionTimeouts, connect_autocommit, open_engine

_WAITS: Final = SessionTimeouts("incidents-provision")


async def require_journal(settings: Settings) -> None:
    """Refuse an erasure journal that was cut or changed, or that is missing although the database knows one.

    Without the folder of a journal nothing is required, nor of a database that does not answer: its workers find out.

    Raises:
        UnfitError: The journal is refused.
        OSError: It cannot be read.
    """
    if settings.erasures is None:
        return
    remembered = await _remembered(settings)
    place = remembered.place if remembered else None
    verified = await asyncio.to_thread(verify, settings.erasures, _key(settings), place)
    error = verified.error
    if error and not (error.problem == MISSING and place is None):
        raise UnfitError(f"{error}. {REMEDY}")


async def _remembered(settings: Settings) -> Remembered | None:
    if DATABASE_VARIABLE not in os.environ:
        return None
    engine = open_engine(settings.database_url, connections=1, waits=_WAITS)
    try:
        async with connect_autocommit(engine) as connection:
            return await remember(connection)
    except (DBAPIError, OSError):
        return None
    finally:
        await engine.dispose()


def _key(settings: Settings) -> bytes | None:
    try:
        return SigningKey.read(signing_key_of(settings)).public_key
    except NoSigningKeyError:
        return None
