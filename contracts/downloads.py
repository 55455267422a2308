"""What every download shares: bytes are fetched in parts, from any offset on."""

from typing import Annotated, Final

from pydantic import Field

from contracts.message import Query

LARGEST_PART: Final = 512 * 1024
"""Bytes of one answer, at most."""


class Download(Query[bytes]):
    """Fetch bytes of something that was made; the reply is the bytes alone, fewer than asked at the end."""

    offset: Annotated[int, Field(ge=0)] = 0
    length: Annotated[int, Field(ge=1, le=LARGEST_PART)] = LARGEST_PART
