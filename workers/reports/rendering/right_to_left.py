"""Words from right to left: each character stands by itself where one glyph would say several.

Readers that go by the places take the characters of a word from left to right and turn them around; those that go by
the order of the file take them as they come. Both find the order of the text where each character has its own place:
a ligature is drawn by the glyph that says its last letter, and empty glyphs say the others.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from workers.reports.rendering.text_shows import Cluster, Face, Show

Block = list[Show | bytes]
"""What is set at one place: operations, and between them what they show."""
Faces = Callable[[Show], Face]

_CHOSEN = re.compile(rb"/f\d+ [\d.]+ Tf 1 0 0 -1 -?[\d.]+ -?[\d.]+ Tm$")
_LEVEL = 0.01
"""How much higher, in ems, a mark may stand to be set in one line with its letter; nobody sees it."""
_LETTERS = {"R", "AL"}
_OF_WORDS = _LETTERS | {"NSM", "BN"}


@lru_cache(maxsize=10_000)
def is_leftward(character: str) -> bool:
    """Tell whether a character may be part of a word from right to left."""
    return unicodedata.bidirectional(character or " ") in _OF_WORDS


def _is_letter(character: str) -> bool:
    return unicodedata.bidirectional(character) in _LETTERS


@lru_cache(maxsize=10_000)
def by_place(text: str) -> tuple[int, ...]:
    """Tell in which order the letters of a text, and the marks between them, have to stand from left to right."""
    order: list[int] = []
    for letters, group in groupby(range(len(text)), lambda at: _is_letter(text[at])):
        places = list(group)
        order[:0] = reversed(places) if letters else places
    return tuple(order)


@dataclass(slots=True)
class _Piece:
    """What one operation shows: where it starts, and what each of its glyphs says."""

    show: Show
    x: float
    items: list[int | bytes]
    said: list[str]
    last: int
    """The place in its show of the last glyph."""

    def joins(self, other: "_Piece", since: int) -> bool:
        """Tell whether another one follows in the same show, and no glyph of both says two things."""
        if other.show is not self.show or any(isinstance(item, int) for item in self.show.items[self.last + 1 : since]):
            return False
        texts = dict(zip(_glyphs(self.items), self.said, strict=True))
        return all(texts.get(glyph, text) == text for glyph, text in zip(_glyphs(other.items), other.said, strict=True))

    def add(self, other: "_Piece", since: int) -> None:
        """Show another one as well."""
        self.items += [*self.show.items[self.last + 1 : since], *other.items]
        self.said += other.said
        self.last = other.last

    def written(self, face: Face, home: tuple[float, float]) -> bytes:
        """Return the operations that show this in the block that stands `home`."""
        if not (self.show.frame and self.show.at):
            raise ValueError(self)
        number = face.table(dict(zip(_glyphs(self.items), self.said, strict=True)))
        y = home[1] - self.show.frame[1] + self.show.at[1]
        shown = b"".join(b"<%04X>" % item if isinstance(item, int) else item for item in self.items)
        return self.show.set(number) + b" 1 0 0 -1 %.5f %.5f Tm[%b]TJ\n" % (self.x - home[0], y, shown)


def _glyphs(items: Iterable[int | bytes]) -> list[int]:
    return [item for item in items if isinstance(item, int)]


class Word:
    """A word in the blocks that the typesetter made of it, from left to right."""

    def __init__(self, faces: Faces) -> None:
        self.blocks: list[Block] = []
        self._faces = faces
        self._end = 0.0

    def takes(self, block: Block) -> bool:
        """Tell whether a block goes on where the word ends; a mark stands where its letter does."""
        (x, y), (last, line) = _frame(block), _frame(self.blocks[-1])
        size = float(shows_of(block)[0].size)
        return last <= x <= self._end + size / 4 and abs(y - line) < size

    def add(self, block: Block) -> None:
        """Add the next block to the right."""
        self.blocks.append(block)
        for show in shows_of(block):
            self._end = max(self._end, show.start() + show.width(self._faces(show).widths))

    def clusters(self) -> list[Cluster]:
        """What the word is drawn of, from left to right."""
        return [cluster for block in self.blocks for show in shows_of(block) for cluster in show.clusters]

    def written(self, *, exact: bool) -> Iterator[bytes]:
        """Return the blocks from the first letter to the last; one of them shows all that needs a place of its own."""
        if not exact:
            for block in reversed(self.blocks):
                yield from _plain(block, self._faces)
            return
        shows = [show for block in self.blocks for show in shows_of(block)]
        if len(shows) == 1 and all(len(text) == 1 for text in shows[0].texts.values()) and shows[0].is_one():
            yield from _plain(self.blocks[0], self._faces)
            return
        home = _frame(self.blocks[-1])
        pieces = reversed(list(_pieces(self.clusters(), self._faces)))
        operations: bytes | None = b"".join(one.written(self._faces(one.show), home) for one in pieces)
        for block in reversed(self.blocks):
            for part in block:
                if isinstance(part, bytes):
                    yield _CHOSEN.sub(b"", part)
                elif operations:
                    yield b" " + operations
                    operations = None


def _plain(block: Block, faces: Faces) -> Iterator[bytes]:
    for part in block:
        if isinstance(part, Show):
            yield from part.written(faces(part).table)
        else:
            yield part


def shows_of(block: Block) -> list[Show]:
    """Return what a block shows."""
    return [part for part in block if isinstance(part, Show)]


def _frame(block: Block) -> tuple[float, float]:
    frame = shows_of(block)[0].frame
    if frame is None:
        raise ValueError(block)
    return frame


def _pieces(clusters: Sequence[Cluster], faces: Faces) -> Iterator[_Piece]:
    """Show neighbours together, unless a mark that stands elsewhere has to come between them."""
    run: _Piece | None = None
    for cluster in clusters:
        head, first = cluster.glyphs[0]
        if any(show is not head for show, _ in cluster.glyphs):
            if run:
                yield run
            run = None
            yield from _apart(cluster, faces)
            continue
        piece = _together(cluster, faces(head))
        if run and run.joins(piece, first):
            run.add(piece, first)
        else:
            if run:
                yield run
            run = piece
    if run:
        yield run


def _start(show: Show, place: int, face: Face) -> float:
    return show.start() + show.places(face.widths)[place]


def _together(cluster: Cluster, face: Face) -> _Piece:
    """Show a cluster as the typesetter does; the one glyph of several characters says one of them."""
    show, first = cluster.glyphs[0]
    last = cluster.glyphs[-1][1]
    x = _start(show, first, face)
    order = by_place(cluster.text)
    items = show.items[first : last + 1]
    missing = len(order) - len(cluster.glyphs)
    if missing and face.empty is None:
        return _Piece(show, x, items, [show.texts[place] for _, place in cluster.glyphs], last)
    if missing:
        items = [*_empty(missing, items, face), *items]
    return _Piece(show, x, items, [cluster.text[at] for at in order], last)


def _empty(count: int, items: Sequence[int | bytes], face: Face) -> Iterator[int | bytes]:
    """Put empty glyphs where others follow, each with its share of the width."""
    empty = face.empty or 0
    step = max(face.widths[glyph] for glyph in _glyphs(items)) / (count + 1)
    for number in range(count):
        yield empty
        yield b"%.4f " % (face.widths[empty] - (step if number < count - 1 else -step * number))


def _apart(cluster: Cluster, faces: Faces) -> Iterator[_Piece]:
    """Show the glyphs of a cluster by themselves: what stands further left says what comes later."""
    heights = [show.height() for show, _ in cluster.glyphs]
    letter = cluster.glyphs[-1][0]
    if max(heights) - min(heights) <= _LEVEL * float(letter.size):
        pieces = [_in_line(cluster, faces)]
    else:
        pieces = list(_drawn(cluster, faces))
    pieces.sort(key=attrgetter("x"))
    order = by_place(cluster.text)
    face = faces(pieces[0].show)
    missing = len(order) - len(cluster.glyphs)
    if missing and face.empty is not None:
        pieces[0].items = [*_empty(missing, pieces[0].items, face), *pieces[0].items]
        missing = 0
    places = iter([order[: missing + 1], *((at,) for at in order[missing + 1 :])])
    taken = [(piece, [next(places) for _ in _glyphs(piece.items)]) for piece in pieces]
    # The word is written backwards in the end, and its marks have to follow their letters then.
    for piece, said in sorted(taken, key=lambda one: min(one[1]), reverse=True):
        yield replace(piece, said=["".join(cluster.text[at] for at in sorted(some)) for some in said])


def _in_line(cluster: Cluster, faces: Faces) -> _Piece:
    """Set the marks in the line of their letter, which comes last."""
    letter, last = cluster.glyphs[-1]
    items: list[int | bytes] = []
    end = 0.0
    for show, place in cluster.glyphs:
        face, glyph = faces(show), show.items[place]
        x = _start(show, place, face)
        if items:
            items.append(b"%.4f " % ((end - x) * 1000 / float(letter.size)))
        items.append(glyph)
        end = x + (face.widths[glyph] if isinstance(glyph, int) else 0.0) * float(letter.size) / 1000
    head, first = cluster.glyphs[0]
    return _Piece(letter, _start(head, first, faces(head)), items, [], last)


def _drawn(cluster: Cluster, faces: Faces) -> Iterator[_Piece]:
    for show, group in groupby(cluster.glyphs, lambda one: one[0]):
        places = [place for _, place in group]
        starts = [_start(show, place, faces(show)) for place in places]
        if starts == sorted(starts):
            yield from (_Piece(show, x, [show.items[one]], [], one) for x, one in zip(starts, places, strict=True))
        else:
            yield _Piece(show, starts[0], show.items[places[0] : places[-1] + 1], [], places[-1])
