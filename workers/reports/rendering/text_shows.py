"""The operations of a page that show text, as the typesetter writes them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from struct import unpack
from typing import NamedTuple

_OPERATION = re.compile(
    rb"/Span<</ActualText(?P<actual>[<(])|(?P<end>EMC)|/(?P<font>f\d+) (?P<size>[\d.]+) Tf"
    rb"|1 0 0 -1 (?P<x>-?[\d.]+) (?P<y>-?[\d.]+) Tm|(?P<show>[\[(])"
)
_ITEM = re.compile(rb"\s*(?:(\()|<([0-9A-Fa-f]*)>|(-?[\d.]+)|(\]))")
_SHOWS = re.compile(rb"\s*(Tj|TJ)")
_SPECIAL = re.compile(rb"\\(?:([0-7]{1,3})|(.))|([()])", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SIMPLE = re.compile(rb"((?:[^()\\]|\\[0-7]{3})*)\)")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_CLOSED = b">>BDC"

_ASIDE = 0.6
"""How far, in ems, a space stands above the line that it divides: half a letter is enough, a whole one too much."""

Table = Callable[[dict[int, str]], int]


class Face(NamedTuple):
    """What is to be known of a font: its tables of texts, the widths of its glyphs, and one that draws nothing."""

    table: Table
    widths: dict[int, float]
    empty: int | None
    slim: int | None
    """The narrowest letter."""


class Cluster(NamedTuple):
    """Glyphs, each with its show, that draw one text together, from left to right."""

    glyphs: list[tuple["Show", int]]
    text: str


class Span(NamedTuple):
    """Neighbouring glyphs that draw one text, with others that were set elsewhere."""

    first: int
    last: int
    text: str
    others: list["Show"]


@dataclass(slots=True, eq=False)
class Show:
    """Glyphs (numbers) and the shifts between them (as they stand), in one font."""

    font: bytes
    size: bytes
    actual: str | None
    at: tuple[float, float] | None
    items: list[int | bytes]
    texts: dict[int, str] = field(default_factory=dict)
    """For the place of a glyph: what it says."""
    spans: list[Span] = field(default_factory=list)
    leftward: bool = True
    """Whether all of it belongs to words from right to left."""
    frame: tuple[float, float] | None = None
    """Where on the page the block stands that this is a part of."""
    moved: bool = False
    aside: int | None = None
    """A glyph that says the space that this is, out of the line and unseen."""
    clusters: list[Cluster] = field(default_factory=list)
    """What is drawn from right to left and begins here."""

    def glyphs(self) -> Iterator[tuple[int, int]]:
        """Every glyph with its place."""
        return ((place, item) for place, item in enumerate(self.items) if isinstance(item, int))

    def start(self) -> float:
        """Return where on the page this starts."""
        if not (self.at and self.frame):
            raise ValueError(self)
        return self.frame[0] + self.at[0]

    def height(self) -> float:
        """Return how high on the page this stands."""
        if not (self.at and self.frame):
            raise ValueError(self)
        return self.frame[1] - self.at[1]

    def places(self, widths: dict[int, float]) -> dict[int, float]:
        """Return how far from the start each glyph stands."""
        found, at = {}, 0.0
        scale = float(self.size) / 1000
        for place, item in enumerate(self.items):
            if isinstance(item, int):
                found[place] = at
                at += widths[item] * scale
            else:
                at -= float(item) * scale
        return found

    def width(self, widths: dict[int, float]) -> float:
        """Return how wide this is."""
        shown = sum(widths[item] if isinstance(item, int) else -float(item) for item in self.items)
        return shown * float(self.size) / 1000

    def is_one(self) -> bool:
        """Tell whether no glyph of this says two things."""
        said: dict[int, str] = {}
        return all(said.setdefault(glyph, self.texts[place]) == self.texts[place] for place, glyph in self.glyphs())

    def written(self, table: Table) -> Iterator[bytes]:
        """Return the operations that show this; `table` finds the one in which some glyphs say their texts."""
        if self.moved:
            return
        if self.aside is not None and self.at:
            y = self.at[1] - _ASIDE * float(self.size)
            place = b" 1 0 0 -1 %.5f %.5f Tm[<%04X>]TJ" % (self.at[0], y, self.aside)
            yield b"/Span<</ActualText<FEFF0009>>>BDC 3 Tr" + self.set(table({self.aside: " "})) + place + b" 0 Tr EMC"
            return
        start = 0
        for span in self.spans:
            yield from self.shown(start, span.first, table)
            yield b"/Span<</ActualText<%b>>>BDC" % _unicode(span.text)
            yield from self.shown(span.first, span.last + 1, table)
            for other in span.others:
                yield b" 1 0 0 -1 %.5f %.5f Tm" % other.seen_from(self)
                yield from other.shown(0, len(other.items), table)
            yield b"\nEMC\n"
            start = span.last + 1
        yield from self.shown(start, len(self.items), table)

    def seen_from(self, other: "Show") -> tuple[float, float]:
        """Return where this stands in the block of another one; the height of a block grows downwards."""
        if not (self.at and self.frame and other.frame):
            raise ValueError(self)
        return self.frame[0] + self.at[0] - other.frame[0], other.frame[1] - self.frame[1] + self.at[1]

    def shown(self, start: int, end: int, table: Table) -> Iterator[bytes]:
        """Return the operations that show some of it."""
        for run, said in self._runs(start, end):
            number = table(said)
            shown = b"".join(b"<%04X>" % one if isinstance(one, int) else one for one in run)
            yield self.set(number) + b"[%b]TJ" % shown + self.set(0) if number else b"[%b]TJ" % shown

    def _runs(self, start: int, end: int) -> Iterator[tuple[list[int | bytes], dict[int, str]]]:
        """Divide the glyphs where one would say two things."""
        run: list[int | bytes] = []
        said: dict[int, str] = {}
        for place in range(start, end):
            item = self.items[place]
            if isinstance(item, int) and said.setdefault(item, self.texts[place]) != self.texts[place]:
                yield run, said
                run, said = [], {item: self.texts[place]}
            run.append(item)
        if run:
            yield run, said

    def set(self, table: int) -> bytes:
        """Return the operation that chooses the font with a table of texts."""
        return b"/%b%b %b Tf" % (self.font, b"v%d" % table if table else b"", self.size)


def _unicode(text: str) -> bytes:
    return b"FEFF" + text.encode("utf-16-be").hex().upper().encode()


def parts(stream: bytes) -> Iterator[Show | bytes]:
    """Take the operations of a page apart; ActualText is left out and told with what it stands for."""
    since, at, actual, font, size = 0, 0, None, b"", b""
    place: tuple[float, float] | None = None
    while found := _OPERATION.search(stream, at):
        start, at = found.span()
        if found["actual"]:
            yield stream[since:start]
            actual, at = _actual(stream, at, found["actual"])
            since = at
        elif found["end"]:
            if actual is not None:
                yield stream[since:start]
                actual, since = None, at
        elif found["show"]:
            items, at = _items(stream, start)
            if operator := _SHOWS.match(stream, at):
                yield stream[since:start]
                yield Show(font, size, actual, place, items)
                since = at = operator.end()
        elif found["x"]:
            place = float(found["x"]), float(found["y"])
        else:
            font, size = found["font"], found["size"]
    yield stream[since:]


def _actual(stream: bytes, at: int, opening: bytes) -> tuple[str, int]:
    if opening == b"(":
        text, end = _string(stream, at)
    else:
        end = stream.index(b">", at) + 1
        text = bytes.fromhex(stream[at : end - 1].decode())
    said = text[2:].decode("utf-16-be") if text.startswith(b"\xfe\xff") else text.decode("latin-1")
    return said, stream.index(_CLOSED, end) + len(_CLOSED)


def _items(stream: bytes, at: int) -> tuple[list[int | bytes], int]:
    """Read a string or an array of strings and shifts."""
    items: list[int | bytes] = []
    several = stream[at : at + 1] == b"["
    at += several
    while found := _ITEM.match(stream, at):
        at = found.end()
        codes = b""
        if found[1]:
            codes, at = _string(stream, at)
        elif found[2] is not None:
            codes = bytes.fromhex(found[2].decode())
        elif found[3]:
            items.append(found[3] + b" ")
        if codes:
            items += unpack(f">{len(codes) // 2}H", codes)
        if found[4] or not several:
            break
    return items, at


def _string(stream: bytes, at: int) -> tuple[bytes, int]:
    """Read a string up to its closing bracket; brackets inside come in pairs."""
    if simple := _SIMPLE.match(stream, at):
        return _OCTAL.sub(_character, simple[1]), simple.end()
    held, depth = bytearray(), 1
    while depth:
        found = _SPECIAL.search(stream, at)
        if found is None:
            raise ValueError(stream[at:])
        held += stream[at : found.start()]
        at = found.end()
        if found[1]:
            held.append(int(found[1], 8))
        elif found[2]:
            held += _ESCAPED.get(found[2], found[2])
        else:
            depth += 1 if found[3] == b"(" else -1
            held += found[3] if depth else b""
    return bytes(held), at


def _character(octal: re.Match[bytes]) -> bytes:
    return bytes((int(octal[1], 8),))
