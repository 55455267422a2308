"""Words from right to left: each character has its own glyph where one glyph would carry several.

Readers that go by places take the characters of a word from left to right and reverse them; readers that go by the
order of the file take them as they come. Both find the order of the text where each character has its own place:
the glyph of a ligature carries its last letter, and empty glyphs carry the others.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from workers.reports.rendering.text_layer.text_show_operators import Cluster, Face, Show

Block = list[Show | bytes]
"""The content at one place: operations, and the shows between them."""
Faces = Callable[[Show], Face]

_FONT_CHOICE = re.compile(rb"/f\d+ [\d.]+ Tf 1 0 0 -1 -?[\d.]+ -?[\d.]+ Tm$")
_LEVEL_EMS = 0.01
"""The height, in ems, up to which a mark is set in the line of its letter: an invisible difference."""
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
    """Return the order from left to right of the letters of a text and the marks between them."""
    order: list[int] = []
    for letters, group in groupby(range(len(text)), lambda at: _is_letter(text[at])):
        places = list(group)
        order[:0] = reversed(places) if letters else places
    return tuple(order)


@dataclass(slots=True)
class _Piece:
    """The glyphs of one operation, with their start and their texts."""

    show: Show
    x: float
    items: list[int | bytes]
    texts: list[str]
    last: int
    """The place of the last glyph in its show."""

    def joins(self, other: "_Piece", since: int) -> bool:
        """Tell whether another piece follows in the same show, and no glyph of both has two texts."""
        if other.show is not self.show or any(isinstance(item, int) for item in self.show.items[self.last + 1 : since]):
            return False
        texts = dict(zip(_glyphs(self.items), self.texts, strict=True))
        others = zip(_glyphs(other.items), other.texts, strict=True)
        return all(texts.get(glyph, text) == text for glyph, text in others)

    def add(self, other: "_Piece", since: int) -> None:
        """Append another piece."""
        self.items += [*self.show.items[self.last + 1 : since], *other.items]
        self.texts += other.texts
        self.last = other.last

    def operations(self, face: Face, home: tuple[float, float]) -> bytes:
        """Return the operations that show this piece in the block at `home`."""
        if not (self.show.frame and self.show.at):
            raise ValueError(self)
        number = face.table(dict(zip(_glyphs(self.items), self.texts, strict=True)))
        y = home[1] - self.show.frame[1] + self.show.at[1]
        codes = b"".join(b"<%04X>" % item if isinstance(item, int) else item for item in self.items)
        return self.show.font_choice(number) + b" 1 0 0 -1 %.5f %.5f Tm[%b]TJ\n" % (self.x - home[0], y, codes)


def _glyphs(items: Iterable[int | bytes]) -> list[int]:
    return [item for item in items if isinstance(item, int)]


class Word:
    """A word as the blocks of the typesetter, from left to right."""

    def __init__(self, faces: Faces) -> None:
        self.blocks: list[Block] = []
        self._faces = faces
        self._end = 0.0

    def takes(self, block: Block) -> bool:
        """Tell whether a block continues the word where it ends; a mark is at the place of its letter."""
        (x, y), (last, line) = _frame(block), _frame(self.blocks[-1])
        size = float(shows_of(block)[0].size)
        return last <= x <= self._end + size / 4 and abs(y - line) < size

    def add(self, block: Block) -> None:
        """Add the next block to the right."""
        self.blocks.append(block)
        for show in shows_of(block):
            self._end = max(self._end, show.start() + show.width(self._faces(show).widths))

    def clusters(self) -> list[Cluster]:
        """Return the clusters of the word from left to right."""
        return [cluster for block in self.blocks for show in shows_of(block) for cluster in show.clusters]

    def operations(self, *, exact: bool) -> Iterator[bytes]:
        """Yield the blocks from the first letter to the last; one of them shows all separately placed characters."""
        if not exact:
            for block in reversed(self.blocks):
                yield from _plain_operations(block, self._faces)
            return
        shows = [show for block in self.blocks for show in shows_of(block)]
        if len(shows) == 1 and all(len(text) == 1 for text in shows[0].texts.values()) and shows[0].is_unambiguous():
            yield from _plain_operations(self.blocks[0], self._faces)
            return
        home = _frame(self.blocks[-1])
        pieces = reversed(list(_pieces(self.clusters(), self._faces)))
        operations: bytes | None = b"".join(piece.operations(self._faces(piece.show), home) for piece in pieces)
        for block in reversed(self.blocks):
            for part in block:
                if isinstance(part, bytes):
                    yield _FONT_CHOICE.sub(b"", part)
                elif operations:
                    yield b" " + operations
                    operations = None


def _plain_operations(block: Block, faces: Faces) -> Iterator[bytes]:
    for part in block:
        if isinstance(part, Show):
            yield from part.operations(faces(part).table)
        else:
            yield part


def shows_of(block: Block) -> list[Show]:
    """Return the shows of a block."""
    return [part for part in block if isinstance(part, Show)]


def _frame(block: Block) -> tuple[float, float]:
    frame = shows_of(block)[0].frame
    if frame is None:
        raise ValueError(block)
    return frame


def _pieces(clusters: Sequence[Cluster], faces: Faces) -> Iterator[_Piece]:
    """Join neighbours into one piece, unless a mark at another place comes between them."""
    run: _Piece | None = None
    for cluster in clusters:
        head, first = cluster.glyphs[0]
        if any(show is not head for show, _ in cluster.glyphs):
            if run:
                yield run
            run = None
            yield from _pieces_of(cluster, faces)
            continue
        piece = _piece_of(cluster, faces(head))
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


def _piece_of(cluster: Cluster, face: Face) -> _Piece:
    """Return a cluster as the typesetter shows it; a glyph of several characters carries one of them."""
    show, first = cluster.glyphs[0]
    last = cluster.glyphs[-1][1]
    x = _start(show, first, face)
    order = by_place(cluster.text)
    items = show.items[first : last + 1]
    missing = len(order) - len(cluster.glyphs)
    if missing < 0 or (missing and face.empty is None):
        return _Piece(show, x, items, [show.texts[place] for _, place in cluster.glyphs], last)
    if missing:
        items = [*_empty(missing, items, face), *items]
    return _Piece(show, x, items, [cluster.text[at] for at in order], last)


def _empty(count: int, items: Sequence[int | bytes], face: Face) -> Iterator[int | bytes]:
    """Yield empty glyphs for the characters before a ligature, each with its share of the width."""
    empty = face.empty or 0
    step = max(face.widths[glyph] for glyph in _glyphs(items)) / (count + 1)
    for number in range(count):
        yield empty
        yield b"%.4f " % (face.widths[empty] - (step if number < count - 1 else -step * number))


def _pieces_of(cluster: Cluster, faces: Faces) -> Iterator[_Piece]:
    """Yield the glyphs of a cluster separately: glyphs further left carry later characters."""
    heights = [show.height() for show, _ in cluster.glyphs]
    letter = cluster.glyphs[-1][0]
    if max(heights) - min(heights) <= _LEVEL_EMS * float(letter.size):
        pieces = [_marks_in_line(cluster, faces)]
    else:
        pieces = list(_marks_apart(cluster, faces))
    pieces.sort(key=attrgetter("x"))
    order = by_place(cluster.text)
    face = faces(pieces[0].show)
    missing = len(order) - len(cluster.glyphs)
    if missing > 0 and face.empty is not None:
        pieces[0].items = [*_empty(missing, pieces[0].items, face), *pieces[0].items]
        missing = 0
    # The dots of a letter may be glyphs without a text of their own.
    head: tuple[int, ...] = order[: missing + 1] if missing >= 0 else ()
    silent: list[tuple[int, ...]] = [()] * (-missing - 1)
    places = iter([*silent, head, *((at,) for at in order[max(missing + 1, 0) :])])
    shares = [(piece, [next(places) for _ in _glyphs(piece.items)]) for piece in pieces]
    # The word is finally written backwards, and then its marks must follow their letters.
    for piece, parts in sorted(shares, key=lambda share: min(share[1]), reverse=True):
        yield replace(piece, texts=["".join(cluster.text[at] for at in sorted(part)) for part in parts])


def _marks_in_line(cluster: Cluster, faces: Faces) -> _Piece:
    """Return the marks and their letter, which comes last, in one line."""
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


def _marks_apart(cluster: Cluster, faces: Faces) -> Iterator[_Piece]:
    for show, group in groupby(cluster.glyphs, lambda glyph: glyph[0]):
        places = [place for _, place in group]
        starts = [_start(show, place, faces(show)) for place in places]
        if starts == sorted(starts):
            yield from (_Piece(show, x, [show.items[at]], [], at) for x, at in zip(starts, places, strict=True))
        else:
            yield _Piece(show, starts[0], show.items[places[0] : places[-1] + 1], [], places[-1])
