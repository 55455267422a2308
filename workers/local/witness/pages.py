"""The pages of a witness: where checkpoints are submitted, and its public key."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from contracts.evidence.cosignatures import WITNESS_KEY, Verifier, cosignature_line
from contracts.evidence.witness_requests import BODY_BYTES_MAX, PATH, SIZE_TYPE
from workers.common.signing_key import SigningKey
from workers.local.witness.observed_logs import NotCosignedError, ObservedLogs

_TEXT: Final = "text/plain; charset=utf-8"
_TOO_LARGE: Final = 413
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
log = structlog.get_logger()


class WitnessPages:
    """An ASGI application that cosigns checkpoints with the key of a witness."""

    def __init__(self, name: str, key: SigningKey, logs: ObservedLogs) -> None:
        """Set the name and the key of the witness, and the logs that it knows."""
        self.verifier = Verifier(name, key.public_key, WITNESS_KEY)
        self._key = key
        self._logs = logs

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        is_submission = scope["path"].endswith(f"/{PATH}")
        if is_submission and scope["method"] == "POST":
            status, kind, text = await self._add_checkpoint(await _body(receive))
        elif scope["path"] == "/" and scope["method"] == "GET":
            status, kind, text = 200, _TEXT, f"{self.verifier.line}\n"
        else:
            status, kind, text = 405 if is_submission else 404, _TEXT, ""
        content = text.encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _add_checkpoint(self, body: bytes | None) -> tuple[int, str, str]:
        if body is None:
            return _TOO_LARGE, _TEXT, ""
        try:
            text = await asyncio.to_thread(self._logs.observe, body)
        except NotCosignedError as error:
            log.info("checkpoint_not_cosigned", status=error.status, seen=error.size)
            return (error.status, _TEXT, "") if error.size is None else (error.status, SIZE_TYPE, f"{error.size}\n")
        return 200, _TEXT, cosignature_line(text, self.verifier, int(time.time()), self._key.sign_raw)


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request; None if it is too large."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_BYTES_MAX:
            return None
    return body
