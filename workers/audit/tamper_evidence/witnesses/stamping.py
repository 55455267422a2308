"""Time stamps of an authority over checkpoints (RFC 3161): who had a state of a log, and when at the latest."""

import base64
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.evidence.checkpoints import read_unverified_note
from workers.audit.row_types import DueCheckpointRow
from workers.audit.tamper_evidence.witnesses.errors import WitnessAwayError
from workers.common.pdf_signing.authority import Authority, NoStampError


def name_of(url: str) -> str:
    """Return the name of an authority among the witnesses of a site."""
    return f"rfc3161:{urlsplit(url).hostname}"


async def stamp(authority: Authority, _: AsyncConnection, due: DueCheckpointRow) -> str:
    """Return the time stamp of the signed text of a checkpoint, in base64.

    Raises:
        WitnessAwayError: The authority sent none.
    """
    imprint = sha256(read_unverified_note(due["note"]).text.encode()).digest()
    try:
        return base64.b64encode(await authority.request(imprint)).decode()
    except NoStampError as error:
        raise WitnessAwayError(str(error)) from error
