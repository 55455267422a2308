"""The base of all downloads: bytes are fetched in parts, from any offset."""

from typing import Annotated, Final

from pydantic import Field

from contracts.message import Query

PART_BYTES_MAX: Final = 512 * 1024
"""The most bytes of one answer."""


class Download(Query[bytes]):
    """Fetch bytes of a file; the reply is the bytes alone, fewer than requested at the end."""

    offset: Annotated[int, Field(ge=0)] = 0
    length: Annotated[int, Field(ge=1, le=PART_BYTES_MAX)] = PART_BYTES_MAX
