"""The objects of a PDF as the typesetter writes them, so that some can be replaced and the rest stays unchanged."""

import re
import zlib

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
        self._trailer = _require_match(_TRAILER, pdf, start)[1]
        first = table.end()
        lines = [pdf[first + _LINE_BYTES * place :][:10] for place in range(int(table[1]))]
        offsets = sorted((int(line), number) for number, line in enumerate(lines) if number)
        ends = [offset for offset, _ in offsets[1:]] + [start]
        self._head = pdf[: offsets[0][0]]
        self._bodies = {number: pdf[offset:end] for (offset, number), end in zip(offsets, ends, strict=True)}

    def __getitem__(self, number: int) -> bytes:
        """Return an object as it is in the file."""
        return self._bodies[number]

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
        parts, at, offsets = [self._head], len(self._head), {}
        for number, body in self._bodies.items():
            offsets[number] = at
            parts.append(body)
            at += len(body)
        size = max(offsets) + 1
        table = b"".join(b"%010d 00000 n \n" % offsets[number] for number in range(1, size))
        trailer = re.sub(rb"/Size \d+", b"/Size %d" % size, self._trailer)
        parts.append(b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table))
        parts.append(b"trailer\n<<%b>>\nstartxref\n%d\n%%%%EOF" % (trailer, at))
        return b"".join(parts)


def _require_match(pattern: re.Pattern[bytes], data: bytes, start: int = 0) -> re.Match[bytes]:
    match = pattern.search(data, start)
    if match is None:
        message = f"the file has no {pattern.pattern!r}"
        raise ValueError(message)
    return match
