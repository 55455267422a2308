"""The text-showing operations of a page, as the typesetter writes them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from struct import unpack
from typing import NamedTuple

_OPERATION = re.compile(
    rb"/Span<</ActualText(?P<actual>[<(])|(?P<end>EMC)|/(?P<font>f\d+) (?P<size>[\d.]+) Tf"
    rb"|1 0 0 -1 (?P<x>-?[\d.]+) (?P<y>-?[\d.]+) Tm|(?P<show>[\[(]|(?<!<)<(?!<))"
)
_ITEM = re.compile(rb"\s*(?:(\()|<([0-9A-Fa-f]*)>|(-?[\d.]+)|(\]))")
_SHOWS = re.compile(rb"\s*(Tj|TJ)")
_SPECIAL = re.compile(rb"\\(?:([0-7]{1,3})|(.))|([()])", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SIMPLE = re.compile(rb"((?:[^()\\]|\\[0-7]{3})*)\)")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_CLOSED = b">>BDC"

_ASIDE_EMS = 0.6
"""The height, in ems, of a space above the line that it divides: half a letter is enough, a whole one too much."""

Table = Callable[[dict[int, str]], int]


class Face(NamedTuple):
    """The properties of a font: its tables of texts, the widths of its glyphs, and an empty glyph."""

    table: Table
    widths: dict[int, float]
    empty: int | None
    slim: int | None
    """The narrowest letter."""

    @property
    def lead(self) -> tuple[int, float] | None:
        """Return an empty glyph with its width."""
        return None if self.empty is None else (self.empty, self.widths[self.empty])


class Cluster(NamedTuple):
    """Glyphs that draw one text together from left to right, each with its show."""

    glyphs: list[tuple["Show", int]]
    text: str


class Span(NamedTuple):
    """Neighbouring glyphs that draw one text, with shows at other places."""

    first: int
    last: int
    text: str
    others: list["Show"]


@dataclass(slots=True, eq=False)
class Show:
    """Glyphs (numbers) and the shifts between them (bytes), in one font."""

    font: bytes
    size: bytes
    actual: str | None
    at: tuple[float, float] | None
    items: list[int | bytes]
    texts: dict[int, str] = field(default_factory=dict)
    """The text of each glyph by its place."""
    spans: list[Span] = field(default_factory=list)
    leftward: bool = True
    """Whether all glyphs belong to words from right to left."""
    frame: tuple[float, float] | None = None
    """The position on the page of the block that contains this."""
    state: bytes = b""
    """The operations that set the place and the colour of the block."""
    moved: bool = False
    aside: int | None = None
    """A glyph that carries this space invisibly outside the line."""
    clusters: list[Cluster] = field(default_factory=list)
    """The clusters from right to left that begin here."""
    lead: tuple[int, float] | None = None
    """An empty glyph and its width: it comes first where the glyphs of a span begin inside the next letter."""

    @property
    def place(self) -> tuple[float, float] | None:
        """Return the horizontal start on the page, in two parts, if it is known."""
        return (self.frame[0], self.at[0]) if self.frame and self.at else None

    def glyphs(self) -> Iterator[tuple[int, int]]:
        """Return every glyph with its place."""
        return ((place, item) for place, item in enumerate(self.items) if isinstance(item, int))

    def start(self) -> float:
        """Return the horizontal start on the page."""
        if not (self.at and self.frame):
            raise ValueError(self)
        return self.frame[0] + self.at[0]

    def height(self) -> float:
        """Return the height on the page."""
        if not (self.at and self.frame):
            raise ValueError(self)
        return self.frame[1] - self.at[1]

    def places(self, widths: dict[int, float]) -> dict[int, float]:
        """Return the distance of each glyph from the start."""
        scale = float(self.size) / 1000
        return {place: start * scale for place, start in places_of(self.items, widths).items()}

    def width(self, widths: dict[int, float]) -> float:
        """Return the width."""
        advance = sum(widths[item] if isinstance(item, int) else -float(item) for item in self.items)
        return advance * float(self.size) / 1000

    def is_unambiguous(self) -> bool:
        """Tell whether no glyph has two texts."""
        texts: dict[int, str] = {}
        return all(texts.setdefault(glyph, self.texts[place]) == self.texts[place] for place, glyph in self.glyphs())

    def operations(self, table: Table) -> Iterator[bytes]:
        """Yield the operations of this show; `table` finds the table in which its glyphs have their texts."""
        if self.moved:
            return
        if self.aside is not None and self.at:
            y = self.at[1] - _ASIDE_EMS * float(self.size)
            place = b" 1 0 0 -1 %.5f %.5f Tm[<%04X>]TJ" % (self.at[0], y, self.aside)
            yield (
                b"/Span<</ActualText<FEFF0009>>>BDC 3 Tr"
                + self.font_choice(table({self.aside: " "}))
                + place
                + b" 0 Tr EMC"
            )
            return
        start = 0
        for span in self.spans:
            yield from self.operations_between(start, span.first, table)
            yield b"/Span<</ActualText<%b>>>BDC" % _unicode(span.text)
            yield from self.operations_between(span.first, span.last + 1, table)
            for other in span.others:
                yield from other.operations_within(self, table)
            yield b"\nEMC\n"
            start = span.last + 1
        yield from self.operations_between(start, len(self.items), table)

    def operations_within(self, head: "Show", table: Table) -> Iterator[bytes]:
        """Yield the operations of a show in the span of another one, which comes first for readers by place."""
        x, y = self.position_in(head)
        shift = self.items[0] if isinstance(self.items[0], bytes) else None
        if head.at and self.lead is not None and float(shift or 0) <= 0:
            empty, width = self.lead
            away = (x - head.at[0]) * 1000 / float(self.size) - float(shift or 0)
            shifts = 0 if shift is None else 1
            self.items[:shifts] = [empty, b"%.4f " % (width - away)]
            self.texts = {0: "", **{place + 2 - shifts: text for place, text in self.texts.items()}}
            x = head.at[0]
        yield b" 1 0 0 -1 %.5f %.5f Tm" % (x, y)
        yield from self.operations_between(0, len(self.items), table)

    def position_in(self, other: "Show") -> tuple[float, float]:
        """Return the position in the block of another show; the height of a block grows downwards."""
        if not (self.at and self.frame and other.frame):
            raise ValueError(self)
        return self.frame[0] + self.at[0] - other.frame[0], other.frame[1] - self.frame[1] + self.at[1]

    def operations_between(self, start: int, end: int, table: Table) -> Iterator[bytes]:
        """Yield the operations for the items from `start` to `end`."""
        for run, texts in self._runs(start, end):
            number = table(texts)
            codes = b"".join(b"<%04X>" % item if isinstance(item, int) else item for item in run)
            operation = b"[%b]TJ" % codes
            yield self.font_choice(number) + operation + self.font_choice(0) if number else operation

    def _runs(self, start: int, end: int) -> Iterator[tuple[list[int | bytes], dict[int, str]]]:
        """Split the items where a glyph would have two texts."""
        run: list[int | bytes] = []
        texts: dict[int, str] = {}
        for place in range(start, end):
            item = self.items[place]
            if isinstance(item, int) and texts.setdefault(item, self.texts[place]) != self.texts[place]:
                yield run, texts
                run, texts = [], {item: self.texts[place]}
            run.append(item)
        if run:
            yield run, texts

    def font_choice(self, table: int) -> bytes:
        """Return the operation that chooses the font with a table of texts."""
        return b"/%b%b %b Tf" % (self.font, b"v%d" % table if table else b"", self.size)


def places_of(items: Iterable[int | bytes], widths: dict[int, float]) -> dict[int, float]:
    """Return the distance of each glyph from the start, in thousandths of an em."""
    places, x = {}, 0.0
    for place, item in enumerate(items):
        if isinstance(item, int):
            places[place] = x
            x += widths[item]
        else:
            x -= float(item)
    return places


def _unicode(text: str) -> bytes:
    return b"FEFF" + text.encode("utf-16-be").hex().upper().encode()


def parts(stream: bytes) -> Iterator[Show | bytes]:
    """Split the operations of a page; ActualText is removed and kept with its show."""
    since, at, actual, font, size = 0, 0, None, b"", b""
    place: tuple[float, float] | None = None
    while operation := _OPERATION.search(stream, at):
        start, at = operation.span()
        if operation["actual"]:
            yield stream[since:start]
            actual, at = _actual(stream, at, operation["actual"])
            since = at
        elif operation["end"]:
            if actual is not None:
                yield stream[since:start]
                actual, since = None, at
        elif operation["show"]:
            items, at = _items(stream, start)
            if operator := _SHOWS.match(stream, at):
                yield stream[since:start]
                yield Show(font, size, actual, place, items)
                since = at = operator.end()
        elif operation["x"]:
            place = float(operation["x"]), float(operation["y"])
        else:
            font, size = operation["font"], operation["size"]
    yield stream[since:]


def _actual(stream: bytes, at: int, opening: bytes) -> tuple[str, int]:
    if opening == b"(":
        code, end = _string(stream, at)
    else:
        end = stream.index(b">", at) + 1
        code = bytes.fromhex(stream[at : end - 1].decode())
    text = code[2:].decode("utf-16-be") if code.startswith(b"\xfe\xff") else code.decode("latin-1")
    return text, stream.index(_CLOSED, end) + len(_CLOSED)


def _items(stream: bytes, at: int) -> tuple[list[int | bytes], int]:
    """Read a string or an array of strings and shifts."""
    items: list[int | bytes] = []
    is_array = stream[at : at + 1] == b"["
    at += is_array
    while item := _ITEM.match(stream, at):
        at = item.end()
        codes = b""
        if item[1]:
            codes, at = _string(stream, at)
        elif item[2] is not None:
            codes = bytes.fromhex(item[2].decode())
        elif item[3]:
            items.append(item[3] + b" ")
        if codes:
            count = len(codes) // 2  # what a picture shows is a string, too, but of single bytes, and is not drawn
            items += unpack(f">{count}H", codes[: 2 * count])
        if item[4] or not is_array:
            break
    return items, at


def _string(stream: bytes, at: int) -> tuple[bytes, int]:
    """Read a string up to its closing bracket; brackets inside come in pairs."""
    if simple := _SIMPLE.match(stream, at):
        return _OCTAL.sub(_character, simple[1]), simple.end()
    characters, depth = bytearray(), 1
    while depth:
        special = _SPECIAL.search(stream, at)
        if special is None:
            raise ValueError(stream[at:])
        characters += stream[at : special.start()]
        at = special.end()
        if special[1]:
            characters.append(int(special[1], 8))
        elif special[2]:
            characters += _ESCAPED.get(special[2], special[2])
        else:
            depth += 1 if special[3] == b"(" else -1
            characters += special[3] if depth else b""
    return bytes(characters), at


def _character(octal: re.Match[bytes]) -> bytes:
    return bytes((int(octal[1], 8),))
