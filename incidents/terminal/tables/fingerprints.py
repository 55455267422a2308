"""Fingerprints in lines for people, who compare them by eye and copy them."""

from rich.cells import cell_len
from rich.text import Text


def fingerprint_line(sentence: str, fingerprint: str, width: int) -> Text:
    """Return a sentence that ends with a fingerprint, which begins a line of its own where it would not fit."""
    fits = cell_len(sentence) <= width
    return Text(sentence if fits else f"{sentence.removesuffix(fingerprint).rstrip()}\n{fingerprint}")
