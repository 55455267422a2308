"""Glyphs without a text: marks whose letters carry it.

Chrome's reader takes a mark that is set higher than its letter for a line of its own, and a glyph without a text for
the character of its number. Therefore an artifact at the end of the page draws these glyphs, with an empty ActualText.
Readers that know it return nothing. Chrome's reader does not look at what has the ActualText of the operation before,
and so it skips all of them but the first one, which is an empty glyph below the footer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby

from workers.reports.rendering.text_layer.text_show_operators import Face, Show

_BEGIN = b"\n/Artifact BMC\n/Span<</ActualText<FEFF>>>BDC\n"
_END = b"EMC\nEMC"
_FIRST = b"q BT 1 Tr %b 1 0 0 1 72 9 Tm[<%04X>]TJ ET Q\n"


class SilentGlyphs:
    """The glyphs of a page that are drawn without a text."""

    def __init__(self, faces: Callable[[Show], Face]) -> None:
        self.face = faces
        self._places: defaultdict[Show, list[int]] = defaultdict(list)

    def add(self, show: Show, place: int) -> None:
        """Add a glyph by its place in its show."""
        self._places[show].append(place)

    def operations(self) -> Iterator[bytes]:
        """Yield the operations that draw the glyphs where the typesetter set them."""
        if not self._places:
            return
        yield _BEGIN
        yield from self._first()
        for state, shows in groupby(self._places, lambda show: show.state):
            yield state + b" 0 Tr"
            for show in shows:
                yield self._drawing(show)
            yield b"\nET\nQ\n"
        yield _END

    def _first(self) -> Iterator[bytes]:
        for show in self._places:
            face = self.face(show)
            if face.empty is not None:
                yield _FIRST % (show.font_choice(face.table({face.empty: " "})), face.empty)
                return

    def _drawing(self, show: Show) -> bytes:
        if show.at is None:
            raise ValueError(show)
        face = self.face(show)
        silent = set(self._places[show])
        items = [item if place in silent else _width(item, face) for place, item in enumerate(show.items)]
        number = face.table({item: "" for item in items if isinstance(item, int)})
        codes = b"".join(b"<%04X>" % item if isinstance(item, int) else item for item in items)
        return b" %b 1 0 0 -1 %.5f %.5f Tm[%b]TJ" % (show.font_choice(number), *show.at, codes)


def _width(item: int | bytes, face: Face) -> bytes:
    """Return the shift over a glyph that is drawn elsewhere."""
    return b"%.4f " % -face.widths[item] if isinstance(item, int) else item
