"""Letters that are drawn below the one before, of glyphs without a width that the typesetter sets back.

Where a font has no picture for a conjunct, as for some of Bengali, it draws the second letter in small parts. The
typesetter may write the last of them in one operation with the next letter, and the first one before the letter above.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from workers.reports.rendering.text_layer.right_to_left import Block
from workers.reports.rendering.text_layer.text_show_operators import Face, Show

Glyph = tuple[Show, int]
"""A show, and the place of the glyph in it."""
FaceOf = Callable[[Show], Face]
"""What finds the font of a show."""
Texts = Mapping[bytes, Mapping[int, str]]
"""The text of each glyph of each font."""

_NARROW = 333
"""Thousandths of an em: every whole letter that has parts in the font is wider."""


def divide(blocks: Iterable[Block], face: FaceOf, texts: Texts) -> Iterator[Block]:
    """Yield the blocks of a page with a new show after each letter below another one."""
    last: Show | None = None
    for block in blocks:
        pieces: Block = []
        for part in block:
            if isinstance(part, Show) and part.items:
                pieces += _divide(part, list(_starts(last, part, face, texts)), face(part).widths)
                last = part
            else:
                pieces.append(part)
        yield pieces


def continues_letter(last: Glyph, following: Glyph, face: FaceOf) -> bool:
    """Tell whether a glyph is a part of the letter before, which has the same text and is in another show."""
    place = last[0].place
    is_same_place = place is not None and place == following[0].place
    may_continue = _width(last, face) > 0 or _width(following, face) < _NARROW
    return is_below(following, face) or (is_same_place and may_continue)


def begins_again(cluster: Iterable[Glyph], following: Show) -> bool:
    """Tell whether a show draws glyphs again that these have drawn: a syllable that stands twice."""
    glyphs = {(show.font, show.items[place]) for show, place in cluster if show is not following}
    return any((following.font, glyph) in glyphs for _, glyph in following.glyphs())


def is_below(glyph: Glyph, face: FaceOf) -> bool:
    """Tell whether a glyph is set back and has no width."""
    show, place = glyph
    shift = show.items[place - 1] if place else None
    return isinstance(shift, bytes) and float(shift) > 0 and not _width(glyph, face)


def begins_before(following: Glyph, last: Glyph, face: FaceOf) -> bool:
    """Tell whether a glyph below the one before begins further left, so that a reader would find it first."""
    if any(show.place is None for show, _ in (last, following)) or not is_below(following, face):
        return False
    return _start(following, face) < _start(last, face)


def is_letter(text: str) -> bool:
    """Tell whether a text is one letter of a script from left to right that has no capitals."""
    return len(text) == 1 and unicodedata.category(text) == "Lo" and unicodedata.bidirectional(text) == "L"


def _width(glyph: Glyph, face: FaceOf) -> float:
    show, place = glyph
    item = show.items[place]
    return face(show).widths[item] if isinstance(item, int) else 0


def _start(glyph: Glyph, face: FaceOf) -> float:
    show, place = glyph
    return show.start() + show.places(face(show).widths)[place]


def _starts(last: Show | None, show: Show, face: FaceOf, texts: Texts) -> Iterator[int]:
    """Yield the place after each letter below another one."""
    if show.actual is not None or show.place is None:
        return
    font_texts, widths = texts[show.font], face(show).widths
    continues = last is not None and last.place == show.place and _last_text(last, texts) == _first_text(show, texts)
    for (place, glyph), (next_place, following) in pairwise(show.glyphs()):
        is_first_part = continues and not place and widths[glyph] < _NARROW
        is_part = is_first_part or (is_below((show, place), face) and is_letter(font_texts[glyph][:1]))
        if is_part and widths[following]:
            yield next_place


def _divide(show: Show, starts: list[int], widths: dict[int, float]) -> Iterator[Show | bytes]:
    if not starts:
        yield show
        return
    for start, end in pairwise([0, *starts, len(show.items)]):
        piece = _piece(show, start, end, widths)
        if start:
            yield b" 1 0 0 -1 %.5f %.5f Tm" % (piece.at or (0, 0))
        yield piece


def _piece(show: Show, start: int, end: int, widths: dict[int, float]) -> Show:
    """Return a part of a show at its own place, which contains the shift before it."""
    if show.at is None:
        raise ValueError(show)
    before = Show(show.font, show.size, None, show.at, show.items[:start])
    at = (show.at[0] + before.width(widths), show.at[1])
    return Show(show.font, show.size, None, at, show.items[start:end], frame=show.frame, state=show.state)


def _first_text(show: Show, texts: Texts) -> str | None:
    return show.actual or next((texts[show.font][glyph] for _, glyph in show.glyphs()), None)


def _last_text(show: Show, texts: Texts) -> str | None:
    return show.actual or next((texts[show.font][glyph] for _, glyph in reversed(list(show.glyphs()))), None)
