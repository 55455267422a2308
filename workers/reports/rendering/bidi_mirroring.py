"""Brackets in lines from right to left: some readers turn them around, and are given what a bracket looks like.

A glyph says what was written. Chrome's reader takes it for what is seen, and returns the opposite. Where it does so is
found as it does it: by the directions of the runs of a line, in the order of their places.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Self

from workers.reports.rendering.right_to_left import Block, Faces, by_place, shows_of
from workers.reports.rendering.text_shows import Face, Show, Span

_PAIRS = (
    "()[]{}<>«»\u2039\u203a\u2018\u2019“”≤≥≪≫⁅⁆⌈⌉⌊⌋⟦⟧⟨⟩⟪⟫\u2768\u2769❪❫❬❭\u276e\u276f❰❱\u2772\u2773\u2774\u2775⦃⦄⦅⦆"
    "「」『』【】\u3014\u3015〈〉《》∈∋⊂⊃⊆⊇≺≻"
)
_OPPOSITES = {
    one: other
    for first, second in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)
    for one, other in ((first, second), (second, first))
}
_SIMPLE = frozenset(" .,:;!?-/0123456789\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
_LEFT, _RIGHT, _WEAK, _NEUTRAL = "LRWN"
_DIRECTIONS = {
    "L": _LEFT,
    **dict.fromkeys(("R", "AL"), _RIGHT),
    **dict.fromkeys(("AN", "EN", "NSM", "CS", "ES", "ET", "BN"), _WEAK),
}
_APART = "\u0093"  # a control that Chrome's reader leaves out when it has found the runs
_GAP = 0.15  # ems; as wide a gap is a space for readers


class _Sign(NamedTuple):
    """A character of a line, and the glyph that says it if it might have to say something else."""

    character: str
    show: Show | None = None
    place: int = 0


_SPACE = _Sign(" ")


class _Place(NamedTuple):
    """What a show says, and from where to where it stands."""

    show: Show
    start: float
    end: float
    signs: list[_Sign]

    @classmethod
    def of(cls, show: Show, face: Face) -> Self:
        """Find out about a show."""
        if show.leftward:
            signs = [_Sign(text[at]) for _, text in show.clusters for at in by_place(text)]
        else:
            signs = [_Sign(one, show, place) for place, _ in show.glyphs() for one in show.texts[place]]
        start = show.start()
        return cls(show, start, start + show.width(face.widths), signs)


class _Run(NamedTuple):
    """Neighbouring signs of one direction."""

    signs: list[_Sign]
    turned: bool
    """Whether a reader returns the last one first, and brackets as their opposites."""


def turn_around(blocks: Iterable[Block], faces: Faces) -> None:
    """Prepare the lines of a page that have words from right to left for readers that go by the places."""
    for line in _lines(blocks):
        if any(show.clusters for show in line) and any(map(_matters, line)):
            _prepare([_Place.of(show, faces(show)) for show in line], faces)


def _matters(show: Show) -> bool:
    return not show.leftward and any(not _SIMPLE.issuperset(text) for text in show.texts.values())


def _prepare(line: list[_Place], faces: Faces) -> None:
    direction, runs = _runs(_signs([line]))
    if direction == _LEFT:
        direction, runs = _runs(_signs(_parted(line, faces)))
    found = list(_read(direction, runs))
    signs = [sign for run in found for sign in run.signs[:: -1 if run.turned else 1] if sign.character != " "]
    wanted = [sign for place in line for sign in place.signs if sign.character != " "]
    brackets = [sign for sign in signs if sign.character in _OPPOSITES]
    # Where readers keep the order of the text, a bracket has to say what stands there, and else what it is.
    if [sign.character in _OPPOSITES for sign in signs] == [sign.character in _OPPOSITES for sign in wanted]:
        meant = [sign.character for sign in wanted if sign.character in _OPPOSITES]
    else:
        meant = [sign.character for sign in brackets]
    opposites = dict(zip(brackets, meant, strict=True))
    for run in found if opposites else ():
        _tell(run, opposites)


def _tell(run: _Run, meant: Mapping[_Sign, str]) -> None:
    """Let each bracket of a run say to those that know ActualText what makes a reader return what is meant."""
    first = run.turned
    for number, sign in enumerate(run.signs, start=1):
        said = meant.get(sign, sign.character)
        if run.turned:
            said = _OPPOSITES.get(said, said)
        if sign.show is None or said == sign.character:
            first = False
        else:
            end = _APART if first and number < len(run.signs) else ""
            sign.show.spans.append(Span(sign.place, sign.place, said + end, []))
            sign.show.spans.sort()


def _parted(line: Iterable[_Place], faces: Faces) -> Iterator[list[_Place]]:
    """Divide a line that is read from left to right at spaces after which it goes on further left."""
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
    """Divide a page where the next block stands higher or lower by more than a mark does."""
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
    """Return the characters of each part in the order of their places, with spaces where there are gaps."""
    end: float | None = None
    for place in (place for part in parts for place in sorted(part, key=attrgetter("start"))):
        if end is not None and abs(place.start - end) > _GAP * float(place.show.size):
            yield _SPACE
        end = place.end
        yield from place.signs


def _runs(signs: Iterable[_Sign]) -> tuple[str, list[tuple[str, list[_Sign]]]]:
    """Divide a line into runs, in the direction in which a reader takes them; it goes by what there is more of."""
    runs = [(which, list(run)) for which, run in groupby(signs, lambda one: _direction(one.character))]
    counted = [which for which, _ in runs]
    if counted.count(_RIGHT) > counted.count(_LEFT):
        return _RIGHT, runs[::-1]
    return _LEFT, runs


def _read(direction: str, runs: Iterable[tuple[str, list[_Sign]]]) -> Iterator[_Run]:
    """Return the runs as a reader does: what has no direction has that of what it has read before."""
    for which, run in runs:
        if which in {_LEFT, _RIGHT}:
            direction = which
        yield _Run(run, which == _RIGHT or (which == _NEUTRAL and direction == _RIGHT))


@lru_cache(maxsize=10_000)
def _direction(character: str) -> str:
    return _DIRECTIONS.get(unicodedata.bidirectional(character), _NEUTRAL)
