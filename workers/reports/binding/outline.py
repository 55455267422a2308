"""The outline of a bound file: the headings before the reports, then an item for each report."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workers.reports.binding.object_numbers import text_string


class Bookmark(NamedTuple):
    """A report in the outline: the number of its item, its title, its first page and the items of its sections."""

    item: int
    title: str
    page: int
    page_height: float
    page_number: int
    sections: bytes

    @property
    def destination(self) -> bytes:
        """Return the top of the first page."""
        return b"/Dest[%d 0 R/XYZ 0 %g 0]" % (self.page, self.page_height)


class Headings(NamedTuple):
    """The items before the reports, which are linked to each other."""

    first: int
    last: int
    length: int


def outline_objects(root: int, headings: Headings, bookmarks: Sequence[Bookmark]) -> Iterator[tuple[int, bytes]]:
    """Yield the objects of an outline; `link_headings` links its headings to them."""
    items = [headings.last, *(bookmark.item for bookmark in bookmarks)]
    nexts = [b"/Next %d 0 R" % item for item in items[2:]] + [b""]
    for bookmark, before, following in zip(bookmarks, items, nexts, strict=False):
        yield (
            bookmark.item,
            b"<</Title%b/Parent %d 0 R/Prev %d 0 R%b%b%b>>"
            % (text_string(bookmark.title), root, before, following, bookmark.destination, bookmark.sections),
        )
    length = headings.length + len(bookmarks)
    yield root, b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % (headings.first, items[-1], length)


def link_headings(last: bytes, bookmarks: Sequence[Bookmark]) -> bytes:
    """Return the last heading with its link to the first report."""
    return last.replace(b"<<", b"<</Next %d 0 R" % bookmarks[0].item, 1) if bookmarks else last
