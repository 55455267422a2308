"""Rows as spreadsheets read them: CSV by RFC 4180, in which nothing that people wrote is taken for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe makes it a text."""
    risky = cell.startswith(("\t", "\r", "\n")) or cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if risky else cell


def csv_line(cells: Iterable[object]) -> str:
    """Return a row with its line end: numbers stay numbers, whatever else there is becomes a harmless text."""
    target = io.StringIO(newline="")
    csv.writer(target).writerow([one if isinstance(one, int | float) else harmless(str(one)) for one in cells])
    return target.getvalue()
