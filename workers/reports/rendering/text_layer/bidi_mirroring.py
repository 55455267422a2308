"""Brackets in lines from right to left, which some readers mirror when they extract the text.

A glyph carries the written bracket. Chrome's reader takes it for the visible one, and returns its opposite. This
module finds these brackets as Chrome does, by the directions of the runs of a line in the order of their places.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Self

from workers.reports.rendering.text_layer.right_to_left import Block, Faces, by_place, shows_of
from workers.reports.rendering.text_layer.text_show_operators import Face, Show, Span

_PAIRS = (
    "()[]{}<>«»\u2039\u203a\u2018\u2019“”≤≥≪≫⁅⁆⌈⌉⌊⌋⟦⟧⟨⟩⟪⟫\u2768\u2769❪❫❬❭\u276e\u276f❰❱\u2772\u2773\u2774\u2775⦃⦄⦅⦆"
    "「」『』【】\u3014\u3015〈〉《》∈∋⊂⊃⊆⊇≺≻"
)
_OPPOSITES = {
    bracket: opposite
    for first, second in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)
    for bracket, opposite in ((first, second), (second, first))
}
_SIMPLE = frozenset(" .,:;!?-/0123456789\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
_LEFT, _RIGHT, _WEAK, _NEUTRAL = "LRWN"
_DIRECTIONS = {
    "L": _LEFT,
    **dict.fromkeys(("R", "AL"), _RIGHT),
    **dict.fromkeys(("AN", "EN", "NSM", "CS", "ES", "ET", "BN"), _WEAK),
}
_APART = "\u0093"  # a control character that Chrome's reader drops after finding the runs
_GAP_EMS = 0.15  # readers take a gap of this width for a space


class _Sign(NamedTuple):
    """A character of a line, and its glyph if the glyph may need another text."""

    character: str
    show: Show | None = None
    place: int = 0


_SPACE = _Sign(" ")


class _Place(NamedTuple):
    """A show with its characters, its start and its end on the line."""

    show: Show
    start: float
    end: float
    signs: list[_Sign]

    @classmethod
    def of(cls, show: Show, face: Face) -> Self:
        """Return the place of a show."""
        if show.leftward:
            signs = [_Sign(sign) for _, text in show.clusters for part in by_place(text) for sign in part]
        else:
            signs = [_Sign(character, show, place) for place, _ in show.glyphs() for character in show.texts[place]]
        start = show.start()
        return cls(show, start, start + show.width(face.widths), signs)


class _Run(NamedTuple):
    """Neighbouring signs of one direction."""

    signs: list[_Sign]
    turned: bool
    """Whether a reader returns the run backwards, with mirrored brackets."""


def mirror_brackets(blocks: Iterable[Block], faces: Faces) -> None:
    """Prepare lines with words from right to left for readers that order text by its places."""
    for line in _lines(blocks):
        if any(show.clusters for show in line) and any(map(_needs_mirroring, line)):
            _prepare([_Place.of(show, faces(show)) for show in line], faces)


def _needs_mirroring(show: Show) -> bool:
    return not show.leftward and any(not _SIMPLE.issuperset(text) for text in show.texts.values())


def _prepare(line: list[_Place], faces: Faces) -> None:
    direction, runs = _runs(_signs([line]))
    if direction == _LEFT:
        direction, runs = _runs(_signs(_split_at_spaces(line, faces)))
    resolved = list(_resolve_directions(direction, runs))
    signs = [sign for run in resolved for sign in run.signs[:: -1 if run.turned else 1] if sign.character != " "]
    expected = [sign for place in line for sign in place.signs if sign.character != " "]
    brackets = [sign for sign in signs if sign.character in _OPPOSITES]
    # Where readers keep the order of the text, a bracket carries the character at that position, otherwise its own.
    if [sign.character in _OPPOSITES for sign in signs] == [sign.character in _OPPOSITES for sign in expected]:
        meant = [sign.character for sign in expected if sign.character in _OPPOSITES]
    else:
        meant = [sign.character for sign in brackets]
    opposites = dict(zip(brackets, meant, strict=True))
    for run in resolved if opposites else ():
        _add_actual_text(run, opposites)


def _add_actual_text(run: _Run, meant: Mapping[_Sign, str]) -> None:
    """Give brackets of a run the ActualText from which a reader returns the intended character."""
    first = run.turned
    for number, sign in enumerate(run.signs, start=1):
        text = meant.get(sign, sign.character)
        if run.turned:
            text = _OPPOSITES.get(text, text)
        if sign.show is None or text == sign.character:
            first = False
        else:
            end = _APART if first and number < len(run.signs) else ""
            sign.show.spans.append(Span(sign.place, sign.place, text + end, []))
            sign.show.spans.sort()


def _split_at_spaces(line: Iterable[_Place], faces: Faces) -> Iterator[list[_Place]]:
    """Split a line that is read from left to right at spaces after which it continues further left."""
    part: list[_Place] = []
    space: Show | None = None
    for place in line:
        if all(sign.character == " " for sign in place.signs):
            space = place.show
            continue
        if space and part and place.start < part[-1].start:
            space.aside = faces(space).slim
            yield part
            part = []
        part.append(place)
        space = None
    yield part


def _lines(blocks: Iterable[Block]) -> Iterator[list[Show]]:
    """Split a page into lines where the next block is higher or lower than a mark can be."""
    line: list[Show] = []
    height = 0.0
    for block in blocks:
        shows = [show for show in shows_of(block) if show.at and show.frame]
        for show in shows[:1]:
            _, y = show.frame or (0.0, 0.0)
            if abs(y - height) > float(show.size) * 0.75:
                yield line
                line, height = [], y
        line += shows
    yield line


def _signs(parts: Iterable[Iterable[_Place]]) -> Iterator[_Sign]:
    """Yield the characters of each part in the order of their places, with spaces for gaps."""
    end: float | None = None
    for place in (place for part in parts for place in sorted(part, key=attrgetter("start")) if place.signs):
        if end is not None and abs(place.start - end) > _GAP_EMS * float(place.show.size):
            yield _SPACE
        end = place.end
        yield from place.signs


def _runs(signs: Iterable[_Sign]) -> tuple[str, list[tuple[str, list[_Sign]]]]:
    """Split a line into runs, in the direction of most of them, as a reader does."""
    runs = [(which, list(run)) for which, run in groupby(signs, lambda sign: _direction(sign.character))]
    counted = [which for which, _ in runs]
    if counted.count(_RIGHT) > counted.count(_LEFT):
        return _RIGHT, runs[::-1]
    return _LEFT, runs


def _resolve_directions(direction: str, runs: Iterable[tuple[str, list[_Sign]]]) -> Iterator[_Run]:
    """Yield the runs as a reader does: a neutral run has the direction of the run before it."""
    for which, run in runs:
        if which in {_LEFT, _RIGHT}:
            direction = which
        yield _Run(run, which == _RIGHT or (which == _NEUTRAL and direction == _RIGHT))


@lru_cache(maxsize=10_000)
def _direction(character: str) -> str:
    return _DIRECTIONS.get(unicodedata.bidirectional(character), _NEUTRAL)
