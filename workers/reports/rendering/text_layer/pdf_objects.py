"""The objects of a PDF as the typesetter writes them, so that some can be replaced and the rest stays unchanged."""

import io
import re
import zlib
from array import array
from collections.abc import Iterator

_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TABLE = re.compile(rb"xref\n0 (\d+)\n")
_TRAILER = re.compile(rb"trailer\s*<<(.*)>>", re.DOTALL)
_STREAM = re.compile(rb"<<(.*?)>>\nstream\n(.*)\nendstream", re.DOTALL)
_LINE_BYTES = 20  # bytes of a line in the table


class Objects:
    """The objects of a file by their numbers; a file of another form is a ValueError."""

    def __init__(self, pdf: bytes) -> None:
        start = int(_require_match(_START, pdf)[1])
        table = _require_match(_TABLE, pdf, start)
        self.trailer = _require_match(_TRAILER, pdf, start)[1]
        first = table.end()
        lines = [pdf[first + _LINE_BYTES * place :][:10] for place in range(int(table[1]))]
        offsets = sorted((int(line), number) for number, line in enumerate(lines) if number)
        ends = [offset for offset, _ in offsets[1:]] + [start]
        self.head = pdf[: offsets[0][0]]
        self._bodies = {number: pdf[offset:end] for (offset, number), end in zip(offsets, ends, strict=True)}

    def __getitem__(self, number: int) -> bytes:
        """Return an object as it is in the file."""
        return self._bodies[number]

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of all objects."""
        return iter(self._bodies)

    def numbers(self, mark: bytes) -> list[int]:
        """Find the objects that contain some bytes."""
        return [number for number, body in self._bodies.items() if mark in body]

    def stream(self, number: int) -> bytes:
        """Return the contents of a compressed stream."""
        return zlib.decompress(_require_match(_STREAM, self._bodies[number])[2])

    def replace(self, number: int, body: bytes) -> None:
        """Replace an object."""
        self._bodies[number] = b"%d 0 obj\n%b\nendobj\n\n" % (number, body)

    def replace_stream(self, number: int, data: bytes, more: bytes = b"") -> None:
        """Replace an object by a stream."""
        packed = zlib.compress(data)
        dictionary = b"<</Length %d/Filter/FlateDecode%b>>" % (len(packed), more)
        self.replace(number, b"%b\nstream\n%b\nendstream" % (dictionary, packed))

    def add(self) -> int:
        """Reserve the next free number."""
        number = max(self._bodies) + 1
        self._bodies[number] = b""
        return number

    def file(self) -> bytes:
        """Return the whole file."""
        writer = FileWriter(self.head)
        for number, body in self._bodies.items():
            writer.put(number, body)
        return writer.file(self.trailer)


class FileWriter:
    """Writes the objects of a file one after the other, so that they are in memory once."""

    def __init__(self, head: bytes) -> None:
        """Begin with the first bytes of a file."""
        self._output = io.BytesIO()
        self._output.write(head)
        self._offsets = array("Q", (0,))

    def __contains__(self, number: int) -> bool:
        """Tell whether an object was written."""
        return number < len(self._offsets) and self._offsets[number] > 0

    def put(self, number: int, body: bytes) -> None:
        """Write an object."""
        self._offsets.extend(0 for _ in range(len(self._offsets), number + 1))
        self._offsets[number] = self._output.tell()
        self._output.write(body)

    def file(self, trailer: bytes) -> bytes:
        """Return the file, which has all numbers from 1."""
        at, size = self._output.tell(), len(self._offsets)
        if not all(self._offsets[1:]):
            raise ValueError(size)
        self._output.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        self._output.writelines(b"%010d 00000 n \n" % offset for offset in self._offsets[1:])
        trailer = re.sub(rb"/Size \d+", b"/Size %d" % size, trailer)
        self._output.write(b"trailer\n<<%b>>\nstartxref\n%d\n%%%%EOF" % (trailer, at))
        return self._output.getvalue()


def _require_match(pattern: re.Pattern[bytes], data: bytes, start: int = 0) -> re.Match[bytes]:
    match = pattern.search(data, start)
    if match is None:
        message = f"the file has no {pattern.pattern!r}"
        raise ValueError(message)
    return match
