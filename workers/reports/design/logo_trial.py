"""Decoding a logo and drawing it on a trial page, in a child process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import typst

from workers.common.sandboxed_job_main import Facts, JobResult
from workers.reports.rendering.pdf_typesetting import Attempt, compiler, logo_input

_TRIAL = Path(__file__).parent / "logo_trial.typ"
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD_BYTES = 24
_JPEG = b"\xff\xd8"
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG file after which its size stands."""

_SIZE_BYTES = 9


class Picture(NamedTuple):
    """What the head of a picture says."""

    format: str
    width: int
    height: int


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Look at a logo for another process: return its format and size, or the kind of its refusal.

    The facts are the least and the most pixels of a side.
    """
    [image] = data
    picture = picture_of(image)
    if picture is None:
        return JobResult({"refused": "logo_not_picture"}, ())
    sides = picture.width, picture.height
    if not all(facts["side_min"] <= side <= facts["side_max"] for side in sides):
        return JobResult({"refused": "logo_size", **picture._asdict()}, ())
    attempt = Attempt()
    with attempt:
        _draw(image)
    refused = {} if attempt.refusal is None else {"refused": "logo_not_drawn"}
    return JobResult({**picture._asdict(), **refused}, (), worn=True)


def picture_of(image: bytes) -> Picture | None:
    """Return what the head of a PNG or JPEG file says; None for any other file."""
    if image.startswith(_PNG) and len(image) >= _PNG_HEAD_BYTES and image[12:16] == b"IHDR":
        return Picture("png", int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big"))
    return _jpeg(image) if image.startswith(_JPEG) else None


def _jpeg(image: bytes) -> Picture | None:
    place = len(_JPEG)
    while place + _SIZE_BYTES <= len(image) and image[place] == 0xFF:  # noqa: PLR2004 - the start of each marker
        marker = image[place + 1]
        if marker in _SIZES:
            height, width = (int.from_bytes(image[place + at : place + at + 2], "big") for at in (5, 7))
            return Picture("jpeg", width, height)
        is_filling = marker == 0xFF  # noqa: PLR2004 - a marker may have more of them
        place += 1 if is_filling else 2 + int.from_bytes(image[place + 2 : place + 4], "big")
    return None


def _draw(image: bytes) -> None:
    report = {"logo": {"alt": "Logo", "width": 1.0, "height": 1.0}}
    inputs = {"report": json.dumps(report), **logo_input(image)}
    typesetter = compiler(_TRIAL, typst.Fonts(include_system_fonts=False))
    typesetter.compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-3a", "ua-1"], timestamp=0)
