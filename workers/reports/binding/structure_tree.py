"""The structure of a bound file: a document with a part for each of its files."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from workers.reports.binding.object_numbers import edit
from workers.reports.binding.typeset_file import TypesetFile

_KEY = re.compile(rb"(/StructParents? )(\d+)")
_DOCUMENT = b"/S/Document/"


class Part(NamedTuple):
    """A file in the structure: where its keys begin, and its ids under names of their own."""

    first_key: int
    ids: Mapping[bytes, bytes]
    language: bytes

    def move_key(self, head: bytes) -> bytes:
        """Return a page or an annotation with its place in the structure of the bound file."""
        return edit(
            head, lambda part: _KEY.sub(lambda match: b"%b%d" % (match[1], self.first_key + int(match[2])), part)
        )

    def as_part(self, head: bytes) -> bytes:
        """Return the document of a file as a part of the whole one."""
        return head.replace(_DOCUMENT, b"/S/Part/Lang(%b)/" % self.language, 1)


class StructureTree:
    """Joins the structures of files: keys and ids, which are unique in a file, get the number of their part."""

    def __init__(self, tree: int, document: int) -> None:
        """Begin a tree, whose root and document will have these numbers."""
        self.tree = tree
        self.document = document
        self._next_key = 0
        self._elements: list[list[int]] = []
        self._roles: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._names: list[bytes] = []

    def add(self, file: TypesetFile, numbers: Mapping[int, int]) -> Part:
        """Add the structure of a file whose objects get new numbers."""
        prefix = b"P%06d" % len(self._elements)
        part = Part(self._next_key, {name: prefix + name for name in file.ids}, file.language)
        self._elements.append([numbers[element] for element in file.elements])
        if any(self._roles.setdefault(role, standard) != standard for role, standard in file.roles.items()):
            msg = "files with different roles"
            raise ValueError(msg)
        if file.parents:
            keys = {self._next_key + key: numbers[number] for key, number in sorted(file.parents.items())}
            listed = b" ".join(b"%d %d 0 R" % pair for pair in keys.items())
            self._keys.append(b"<</Limits[%d %d]/Nums[%b]>>" % (min(keys), max(keys), listed))
            self._next_key = max(keys) + 1
        if file.ids:
            names = sorted((part.ids[name], numbers[number]) for name, number in file.ids.items())
            listed = b"".join(b"(%b)%d 0 R" % pair for pair in names)
            self._names.append(b"<</Limits[(%b)(%b)]/Names[%b]>>" % (names[0][0], names[-1][0], listed))
        return part

    def objects(self, reserve: Callable[[], int]) -> Iterator[tuple[int, bytes]]:
        """Yield the objects of the tree; the file that was added last comes first."""
        elements = b" ".join(
            b"%d 0 R" % element for part in (self._elements[-1], *self._elements[:-1]) for element in part
        )
        yield self.document, b"<</Type/StructElem/S/Document/P %d 0 R/K[%b]>>" % (self.tree, elements)
        kids = {}
        for name, nodes in ((b"ParentTree", self._keys), (b"IDTree", self._names)):
            numbers = [reserve() for _ in nodes]
            yield from zip(numbers, nodes, strict=True)
            if nodes:
                kids[name] = b" ".join(b"%d 0 R" % number for number in numbers)
        roles = b"".join(b"/%b/%b" % pair for pair in self._roles.items())
        trees = b"".join(b"/%b<</Kids[%b]>>" % pair for pair in kids.items())
        yield (
            self.tree,
            b"<</Type/StructTreeRoot/RoleMap<<%b>>/K[%d 0 R]%b/ParentTreeNextKey %d>>"
            % (roles, self.document, trees, self._next_key),
        )
