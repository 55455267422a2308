"""One file of many, with the structure and the outlines of all of them."""

import base64
import hashlib
import re
from collections.abc import Collection, Mapping

from workers.reports.binding.object_numbers import REFERENCE, parts_of, references, renumber, text_string
from workers.reports.binding.outline import Bookmark, Headings, link_headings, outline_objects
from workers.reports.binding.page_numbers import FONT_NAME, PageNumbers
from workers.reports.binding.structure_tree import StructureTree
from workers.reports.binding.typeset_file import TypesetFile
from workers.reports.rendering.text_layer.pdf_objects import FileWriter

_CONTENTS = re.compile(rb"/Contents (\d+ 0 R)")
_IMAGE = b"/Subtype/Image"
_SIZE = re.compile(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]")
_LINK = re.compile(rb"/A<</Type/Action/S/URI/URI\(report:(\d+)\)>>(.*)/Contents\(report:\d+\)", re.DOTALL)
_PAGE_COUNT = re.compile(rb"(<xmpTPg:NPages>)\d+")
_ID_BYTES = 16
_ROOT = (
    b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%b]/Lang(%b)/StructTreeRoot %d 0 R"
    b"/MarkInfo<</Marked true/Suspects false>>/ViewerPreferences<</Direction/L2R/DisplayDocTitle true>>"
    b"/Outlines %d 0 R/PageMode/UseOutlines/PageLabels<</Nums[0<</S/D>>]>>>>"
)


class BoundFile:
    """Collects the objects of files; the pages before the reports are added last, because they link to the reports."""

    def __init__(self, page_numbers: PageNumbers, pages: int) -> None:
        """Begin a file that will have so many pages."""
        self._writer = FileWriter(page_numbers.objects.head)
        self._digest = hashlib.sha256()
        self._shared: dict[bytes, int] = {}
        self._reserved = 0
        self._page_numbers = page_numbers
        self._pages = pages
        self._page_trees: list[tuple[int, int]] = []
        self._page_tree, self._outlines = self._reserve(), self._reserve()
        self._structure = StructureTree(self._reserve(), self._reserve())
        self._bookmarks: list[Bookmark] = []
        fonts = {number: self._reserve() for number in page_numbers.font_objects()}
        for number, new in fonts.items():
            head, stream = parts_of(page_numbers.objects[number])
            self._put(new, renumber(head, fonts, {}), stream)
        self._font = fonts[page_numbers.font]
        self._saved_state = self._put_stream(b"q\n")

    def add_report(self, pdf: bytes, title: str, first_page: int) -> int:
        """Add a report from a page on, and return the number of its pages."""
        file = TypesetFile(pdf)
        numbers = self._add(file, first_page)
        outline = file.outline()
        sections = renumber(outline["items"], numbers, {}) + b"/Count -%b" % outline["count"] if outline else b""
        item = numbers[file.outlines] if file.outlines else self._reserve()
        height = size_of(file.dictionary(file.pages[0]))[1]
        self._bookmarks.append(Bookmark(item, title, numbers[file.pages[0]], height, first_page, sections))
        return len(file.pages)

    def finish(self, front: bytes, page_word: str) -> bytes:
        """Add the pages before the reports, whose title, author and time are those of the file; return the file."""
        file = TypesetFile(front)
        outline = file.outline()
        if outline is None or file.outlines is None:
            msg = "a file without headings"
            raise ValueError(msg)
        last = int(outline["last"])
        numbers = self._add(file, 1, {file.outlines: self._outlines}, {last}, page_word)
        if sum(count for _, count in self._page_trees) != self._pages:
            msg = "a file with another number of pages"
            raise ValueError(msg)
        trees = b" ".join(b"%d 0 R" % tree for tree, _ in (self._page_trees[-1], *self._page_trees[:-1]))
        self._put(self._page_tree, b"<</Type/Pages/Count %d/Kids[%b]>>" % (self._pages, trees))
        self._put(numbers[last], link_headings(renumber(file.dictionary(last), numbers, {}), self._bookmarks))
        headings = Headings(numbers[int(outline["first"])], numbers[last], int(outline["count"]))
        for number, head in outline_objects(self._outlines, headings, self._bookmarks):
            self._put(number, head)
        for number, head in self._structure.objects(self._reserve):
            self._put(number, head)
        return self._file(file, numbers)

    def _reserve(self) -> int:
        self._reserved += 1
        return self._reserved

    def _put(self, number: int, head: bytes, stream: bytes = b"") -> None:
        body = b"%d 0 obj\n%b%b\nendobj\n\n" % (number, head, stream)
        self._digest.update(body)
        self._writer.put(number, body)

    def _put_stream(self, data: bytes) -> int:
        number = self._reserve()
        self._put(number, b"<</Length %d>>" % len(data), b"\nstream\n%b\nendstream" % data)
        return number

    def _add(
        self,
        file: TypesetFile,
        first_page: int,
        known: Mapping[int, int] | None = None,
        later: Collection[int] = (),
        page_word: str = "",
    ) -> dict[int, int]:
        """Write the objects of a file, except its outline and those that are written later; return all numbers."""
        numbers = self._number(file, {file.tree: self._structure.document, **(known or {})})
        part = self._structure.add(file, numbers)
        self._page_trees.append((numbers[file.page_tree], len(file.pages)))
        pages = {number: first_page + place for place, number in enumerate(file.pages)}
        for number in file:
            if number in file.frame or number == file.outlines or number in later or numbers[number] in self._writer:
                continue
            head, stream = file.parts(number)
            head = renumber(head, numbers, part.ids)
            if number in pages:
                head = self._with_page_number(part.move_key(head), pages[number])
            elif number in file.resources:
                head = self._with_font(head)
            elif number in file.elements:
                head = part.as_part(head)
            elif number == file.page_tree:
                head = head.replace(b"<<", b"<</Parent %d 0 R" % self._page_tree, 1)
            elif head.startswith(b"<</Type/Annot"):
                head = _LINK.sub(lambda match: self._link(match, page_word), part.move_key(head))
            self._put(numbers[number], head, stream)
        return numbers

    def _number(self, file: TypesetFile, known: Mapping[int, int]) -> dict[int, int]:
        """Return the new number of each object: a stream that another file has, too, is written once."""
        numbers = dict(known)
        for number in file:
            if number in file.frame or number in numbers:
                continue
            head, stream = file.parts(number)
            if stream and (_IMAGE in head or not references(head)):
                digest = _digest(file, number)
                numbers[number] = self._shared.get(digest) or self._shared.setdefault(digest, self._reserve())
            else:
                numbers[number] = self._reserve()
        return numbers

    def _with_page_number(self, head: bytes, number: int) -> bytes:
        """Return a page that shows its number in the whole file, too."""
        drawn = self._put_stream(b"Q\n" + self._page_numbers.operations(number, self._pages, size_of(head)[0]))
        return _CONTENTS.sub(rb"/Contents[%d 0 R \1 %d 0 R]" % (self._saved_state, drawn), head)

    def _with_font(self, head: bytes) -> bytes:
        font = b"/%b %d 0 R" % (FONT_NAME, self._font)
        if b"/Font<<" in head:
            return head.replace(b"/Font<<", b"/Font<<" + font, 1)
        return head.replace(b"<<", b"<</Font<<%b>>" % font, 1)

    def _link(self, match: re.Match[bytes], page_word: str) -> bytes:
        """Return the target of a link to a report, and what it says to people who do not see it."""
        bookmark = self._bookmarks[int(match[1])]
        description = text_string(f"{page_word} {bookmark.page_number}")
        return b"%b%b/Contents%b" % (bookmark.destination, match[2], description)

    def _file(self, file: TypesetFile, numbers: Mapping[int, int]) -> bytes:
        """Return the file, whose id depends on all of its contents."""
        info, metadata, root = self._reserve(), self._reserve(), self._reserve()
        self._put(info, file.dictionary(file.info))
        intents = b"".join(renumber(file.dictionary(intent), numbers, {}) for intent in file.output_intents)
        frame = (self._page_tree, metadata, intents, file.language, self._structure.tree, self._outlines)
        self._put(root, _ROOT % frame)
        own_id = base64.b64encode(self._digest.digest()[:_ID_BYTES])
        data = _PAGE_COUNT.sub(rb"\g<1>%d" % self._pages, file.stream(file.metadata).replace(file.own_id, own_id))
        head = b"<</Length %d/Type/Metadata/Subtype/XML>>" % len(data)
        self._put(metadata, head, b"\nstream\n%b\nendstream" % data)
        trailer = b"/Size 0/Root %d 0 R/Info %d 0 R/ID[(%b)(%b)]" % (root, info, own_id, own_id)
        return self._writer.file(trailer)


def _digest(file: TypesetFile, number: int) -> bytes:
    """Return a digest of a stream and of what it refers to, such as the colours of a picture."""
    head, stream = file.parts(number)
    return hashlib.sha256(
        b"".join([REFERENCE.sub(b"R", head), stream, *(_digest(file, referred) for referred in references(head))])
    ).digest()


def size_of(page: bytes) -> tuple[float, float]:
    """Return the width and height of a page, in points."""
    match = _SIZE.search(page)
    if match is None:
        raise ValueError(page)
    return float(match[1]), float(match[2])
