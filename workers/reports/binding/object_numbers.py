"""Objects under new numbers, so that those of several files have a place in one."""

import re
from collections.abc import Callable, Iterator, Mapping

REFERENCE = re.compile(rb"(\d+) 0 R")
_BRACKET = re.compile(rb"\\.|([()])", re.DOTALL)
_BEGIN, _END, _STREAM = b" 0 obj\n", b"endobj", b"\nstream\n"


def parts_of(body: bytes) -> tuple[bytes, bytes]:
    """Return the dictionary or array of an object, and its stream with the words around it."""
    start, end = body.find(_BEGIN), body.rfind(_END)
    if min(start, end) < 0:
        raise ValueError(body[:80])
    inner = body[start + len(_BEGIN) : end].rstrip()
    if not inner.endswith(b"endstream"):
        return inner, b""
    head, word, stream = inner.partition(_STREAM)
    return head, word + stream


def references(head: bytes) -> list[int]:
    """Return the numbers that a dictionary or array refers to, in its order."""
    return [
        int(number) for part in _split_strings(head) if not part.startswith(b"(") for number in REFERENCE.findall(part)
    ]


def renumber(head: bytes, numbers: Mapping[int, int], strings: Mapping[bytes, bytes]) -> bytes:
    """Return a dictionary or array with other numbers, and with other strings where they are in the mapping."""

    def renumbered(match: re.Match[bytes]) -> bytes:
        return b"%d 0 R" % numbers[int(match[1])]

    return edit(head, lambda part: REFERENCE.sub(renumbered, part), strings)


def edit(head: bytes, change: Callable[[bytes], bytes], strings: Mapping[bytes, bytes] | None = None) -> bytes:
    """Return a dictionary or array whose parts outside strings were changed."""
    if b"(" not in head:
        return change(head)
    others = strings or {}
    return b"".join(
        b"(%b)" % others.get(part[1:-1], part[1:-1]) if part.startswith(b"(") else change(part)
        for part in _split_strings(head)
    )


def text_string(text: str) -> bytes:
    """Return a text as a string of the file."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()


def _split_strings(head: bytes) -> Iterator[bytes]:
    """Split a dictionary or array into its strings in brackets and the parts between them."""
    since = at = 0
    while (opening := head.find(b"(", at)) >= 0:
        if opening > since:
            yield head[since:opening]
        since = opening
        at = _end_of_string(head, opening)
        yield head[since:at]
        since = at
    if since < len(head):
        yield head[since:]


def _end_of_string(head: bytes, opening: int) -> int:
    """Return the place after the closing bracket; brackets inside come in pairs or after a backslash."""
    depth = 0
    for bracket in _BRACKET.finditer(head, opening):
        if bracket[1]:
            depth += 1 if bracket[1] == b"(" else -1
            if depth == 0:
                return bracket.end()
    raise ValueError(head[:80])
