"""A file of the typesetter: the objects that hold it together, which binding replaces."""

import re
from collections.abc import Iterator

from workers.reports.binding.object_numbers import parts_of, references
from workers.reports.rendering.text_layer.pdf_objects import Objects

# Whatever else a typesetter may write here would be lost silently.
_CATALOG = re.compile(
    rb"<</Type/Catalog/Pages (?P<pages>\d+) 0 R/Metadata (?P<metadata>\d+) 0 R/OutputIntents (?P<intents>\d+) 0 R"
    rb"/Lang\((?P<language>[\w-]*)\)/StructTreeRoot (?P<tree>\d+) 0 R/MarkInfo<</Marked true/Suspects false>>"
    rb"/ViewerPreferences<</Direction/L2R>>(?:/Outlines (?P<outlines>\d+) 0 R)?>>"
)
_TREE = re.compile(
    rb"<</Type/StructTreeRoot(?:/RoleMap<<(?P<roles>[^<>]*)>>)?/K\[(?P<kids>[\d R]*)\]"
    rb"(?:/ParentTree<</Nums\[(?P<parents>[\d R]*)\]>>)?(?:/IDTree<</Names\[(?P<ids>[^\]]*)\]>>)?"
    rb"(?:/ParentTreeNextKey (?P<next>\d+))?>>"
)
_OUTLINES = re.compile(
    rb"<</Type/Outlines(?P<items>/First (?P<first>\d+) 0 R/Last (?P<last>\d+) 0 R)/Count (?P<count>\d+)>>"
)
_TRAILER = re.compile(rb"/Root (\d+) 0 R/Info (\d+) 0 R/ID\[\(([\w+/=]+)\)")
_RESOURCES = re.compile(rb"/Resources (\d+) 0 R")
_ROLE = re.compile(rb"/(\w+)/(\w+)")
_PARENT = re.compile(rb"(\d+) (\d+) 0 R")
_ID = re.compile(rb"\((\w+)\)(\d+) 0 R")
_KIDS = re.compile(rb"/Kids\[([\d R]*)\]")


class TypesetFile:
    """A report, or the pages before the reports. A file of another form is a ValueError."""

    def __init__(self, pdf: bytes) -> None:
        self._objects = Objects(pdf)
        self.head = self._objects.head
        trailer = _require(_TRAILER.search(self._objects.trailer))
        catalog_number, self.info, self.own_id = int(trailer[1]), int(trailer[2]), trailer[3]
        catalog = _require(_CATALOG.fullmatch(self.dictionary(catalog_number)))
        self.page_tree, self.metadata, intents, self.tree = (
            int(catalog[name]) for name in ("pages", "metadata", "intents", "tree")
        )
        self.language = catalog["language"]
        self.outlines = int(catalog["outlines"]) if catalog["outlines"] else None
        tree = _require(_TREE.fullmatch(self.dictionary(self.tree)))
        self.roles = dict(_ROLE.findall(tree["roles"] or b""))
        self.elements = references(tree["kids"])
        self.parents = {int(key): int(number) for key, number in _PARENT.findall(tree["parents"] or b"")}
        self.ids = {name: int(number) for name, number in _ID.findall(tree["ids"] or b"")}
        self.pages = list(self._pages(self.page_tree))
        self.resources = {int(_require(_RESOURCES.search(self.dictionary(page)))[1]) for page in self.pages}
        self.output_intents = references(self.dictionary(intents))
        self.frame = {catalog_number, self.info, self.metadata, self.tree, intents, *self.output_intents}
        """What a bound file has once."""

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of all objects."""
        return iter(self._objects)

    def parts(self, number: int) -> tuple[bytes, bytes]:
        """Return the dictionary or array of an object, and its stream."""
        return parts_of(self._objects[number])

    def dictionary(self, number: int) -> bytes:
        """Return the dictionary or array of an object."""
        return self.parts(number)[0]

    def stream(self, number: int) -> bytes:
        """Return the contents of a stream that is not compressed."""
        return self.parts(number)[1].removeprefix(b"\nstream\n").removesuffix(b"\nendstream")

    def outline(self) -> re.Match[bytes] | None:
        """Return the first and last item of the outline, and their count."""
        return None if self.outlines is None else _require(_OUTLINES.fullmatch(self.dictionary(self.outlines)))

    def _pages(self, number: int) -> Iterator[int]:
        head = self.dictionary(number)
        if not head.startswith(b"<</Type/Pages"):
            yield number
            return
        for kid in references(_require(_KIDS.search(head))[1]):
            yield from self._pages(kid)


def _require(match: re.Match[bytes] | None) -> re.Match[bytes]:
    if match is None:
        msg = "not a file of the typesetter"
        raise ValueError(msg)
    return match
