"""Asking a witness over HTTP for its cosignature of a checkpoint (C2SP tlog-witness)."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from http.client import HTTPException
from typing import Final, NamedTuple

from contracts.evidence.checkpoints import NoteError
from contracts.evidence.cosignatures import Cosignature, parts_of, read_cosignatures
from contracts.evidence.witness_requests import SIZE_TYPE, Submission, read_size
from workers.audit.tamper_evidence.witnesses.errors import WitnessAwayError, WitnessRefusedError
from workers.audit.tamper_evidence.witnesses.witness_list import Cosigner
from workers.common.signing_key import is_signature

_ANSWER_BYTES_MAX: Final = 65_536
_CONFLICT: Final = 409
_OTHER_HISTORY: Final = {_CONFLICT, 422}
_UNKNOWN: Final = {403, 404}

ReadProof = Callable[[int], Awaitable[list[bytes]]]
"""Returns the proof from a smaller size to that of the checkpoint."""


class _Answer(NamedTuple):
    """What came back: the status, the type of the body, and the body."""

    status: int
    kind: str
    body: bytes


async def cosign(witness: Cosigner, note: str, old_size: int, read_proof: ReadProof, seconds: float) -> Cosignature:
    """Return a witness's cosignature of a note; `old_size` is what it saw last, as far as is known.

    Raises:
        WitnessAwayError: It did not answer in time, does not know this log, or has sent no cosignature of its key.
        WitnessRefusedError: It saw a larger log, or one that this is not a continuation of.
    """
    parts = parts_of(note)
    answer = await _submit(witness, Submission(old_size, await read_proof(old_size), note), seconds)
    if answer.status == _CONFLICT and answer.kind == SIZE_TYPE:
        size = _size_in(answer.body)
        if size > parts.checkpoint.size:
            raise WitnessRefusedError(f"it saw {size} entries, and this checkpoint has {parts.checkpoint.size}")
        answer = await _submit(witness, Submission(size, await read_proof(size), note), seconds)
    if answer.status in _OTHER_HISTORY and answer.kind != SIZE_TYPE:
        raise WitnessRefusedError("it saw another history of this log")
    if answer.status != 200:  # noqa: PLR2004 - the status of HTTP
        if answer.status in _UNKNOWN:
            raise WitnessAwayError(f"it does not know this log or its key ({answer.status})")
        raise WitnessAwayError(f"it answered with status {answer.status}")
    lines = answer.body.decode(errors="replace").splitlines()
    cosignatures = read_cosignatures(parts.text, lines, witness.key, is_signature)
    if not cosignatures:
        raise WitnessAwayError("its answer has no cosignature of its key")
    return cosignatures[0]


def _size_in(body: bytes) -> int:
    try:
        return read_size(body)
    except NoteError as error:
        raise WitnessAwayError("its answer has no size") from error


async def _submit(witness: Cosigner, submission: Submission, seconds: float) -> _Answer:
    try:
        return await asyncio.wait_for(asyncio.to_thread(_post, witness.address, submission.body, seconds), seconds)
    except (OSError, HTTPException, TimeoutError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
        raise WitnessAwayError(str(reason or type(error).__name__)) from error


def _post(address: str, body: bytes, seconds: float) -> _Answer:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - the file of witnesses takes http and https alone
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310 - the same
            return _Answer(response.status, response.headers.get_content_type(), response.read(_ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        with error:
            return _Answer(error.code, error.headers.get_content_type(), error.read(_ANSWER_BYTES_MAX))
