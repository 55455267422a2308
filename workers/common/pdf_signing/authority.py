"""Asking an authority for time stamps (RFC 3161). A report is made without one if the authority does not answer."""

import asyncio
import secrets
import time
import urllib.error
import urllib.request
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Final

import structlog

from contracts.evidence import cms, time_stamps
from contracts.evidence.certificates import is_issued, stamped
from contracts.evidence.cms import FormError

_NONCE_BYTES: Final = 8
_RESPONSE_BYTES_MAX: Final = 65_536
_PAUSE_SECONDS: Final = 60.0
"""After a failure nobody is asked for this long, so that a thousand reports do not wait one after the other."""

_FAILED_BEFORE: Final = "the authority failed a moment ago"
_FAILURES: Final = (OSError, HTTPException, FormError, TimeoutError)
log = structlog.get_logger()


class NoStampError(Exception):
    """An authority sent no time stamp; the reason says why."""


@dataclass
class Authority:
    """An authority that stamps times, by its address."""

    url: str
    seconds: float
    token_bytes_max: int = 8_192
    """The largest stamp that has room in a file."""

    _silent_until: float = field(default=0.0, repr=False)

    async def request(self, imprint: bytes) -> bytes:
        """Return a time stamp of a SHA-256.

        Raises:
            NoStampError: The authority sent none in time; the reason says why.
        """
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._stamp, imprint), self.seconds)
        except _FAILURES as error:
            raise NoStampError(_reason(error)) from error

    async def stamp(self, imprint: bytes) -> bytes | None:
        """Return a time stamp of a SHA-256; None if there was none, which the log says."""
        if time.monotonic() < self._silent_until:
            log.warning("time_stamp_missing", reason=_FAILED_BEFORE)
            return None
        try:
            return await self.request(imprint)
        except NoStampError as error:
            self._silent_until = time.monotonic() + _PAUSE_SECONDS
            log.warning("time_stamp_missing", reason=str(error))
            return None

    def _stamp(self, imprint: bytes) -> bytes:
        nonce = int.from_bytes(secrets.token_bytes(_NONCE_BYTES), "big")
        asked = time_stamps.request(imprint, nonce)
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        request = urllib.request.Request(self.url, asked, headers)  # noqa: S310 - the settings take http and https alone
        with urllib.request.urlopen(request, timeout=self.seconds) as response:  # noqa: S310 - the same
            answer = response.read(_RESPONSE_BYTES_MAX)
        token = time_stamps.parse(time_stamps.answered(answer), is_issued)
        stamp = cms.assemble(token)
        information, _ = stamped(stamp, imprint)
        if information.nonce != nonce or len(stamp) > self.token_bytes_max:
            raise FormError
        return stamp


def _reason(error: BaseException) -> str:
    if isinstance(error, FormError):
        return "the authority sent no time stamp of this file"
    return str(getattr(error, "reason", "")) or str(error) or type(error).__name__


_CURRENT: ContextVar[Authority | None] = ContextVar("time_stamp_authority", default=None)


def use(authority: Authority | None) -> None:
    """Name the authority for this process."""
    _CURRENT.set(authority)


def current() -> Authority | None:
    """Return the authority of this process."""
    return _CURRENT.get()
