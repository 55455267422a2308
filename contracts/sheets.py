"""CSV for spreadsheets (RFC 4180), in which no text is taken for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe marks it as text."""
    risky = cell.startswith(("\t", "\r", "\n")) or cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if risky else cell


def csv_line(cells: Iterable[object]) -> str:
    """Return a row with its line end: numbers stay numbers, everything else becomes harmless text."""
    target = io.StringIO(newline="")
    csv.writer(target).writerow([cell if isinstance(cell, int | float) else harmless(str(cell)) for cell in cells])
    return target.getvalue()
