"""Rows of the requirements, the tests that name them, and the page that shows both.

`python -m tests.requirements.regenerate` writes docs/requirements.md anew.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
ROWS = Path(__file__).with_name("rows.txt")
PAGE = ROOT / "docs/requirements.md"

NOT_YET = "not yet: "
NOT_APPLICABLE = "not applicable: "
GROUPS = {
    "PRJ": "Incident projects",
    "SEQ": "Sequences and drafts",
    "PROP": "Properties",
    "TYP": "Types",
    "STA": "Statuses",
    "CAT": "Categories and their values",
    "DAT": "Incident data",
    "RET": "Retention",
    "REP": "Reports",
    "PERM": "Permissions",
    "LOG": "Activity and its stores",
    "SYS": "The system's log file",
    "MSG": "Messages",
    "FED": "Federated sites",
    "CLU": "Clustering",
    "ARC": "Architecture",
    "LIC": "Licence",
    "ENV": "Installation",
    "DOC": "Documents",
    "SCN": "The scenario of the demonstration",
    "AMB": "What the manual leaves open",
}
_ID = r"[A-Z]{3,4}-T?\d+"
_BRACKETS = re.compile(r"\(([^()]*)\)")
_NAMED = re.compile(rf"({_ID})(?: to (?:[A-Z]{{3,4}}-)?(T?\d+))?")
_HEAD = """# Requirements and their tests

This page lists every row of the requirements, what it asks for, and the tests that name it in their first sentence.
It is generated from those sentences and from `tests/requirements/rows.txt` by `make wire`.

*covered*: at least one test names the row. *not yet*: none does. *not applicable*: none can, for the reason given.
A test says what must hold, not that it holds: run it to know.

The reference product is the commercial incident manager that this product follows. The manual is its
administrator's manual.
"""


@dataclass(frozen=True)
class Case:
    """A test: the file, seen from the root, and the function."""

    path: str
    name: str


@dataclass
class Row:
    """One row, and the tests that name it."""

    id: str
    what: str
    reason: str = ""
    tests: list[Case] = field(default_factory=list)

    @property
    def group(self) -> str:
        """The letters before the number."""
        return self.id.partition("-")[0]

    @property
    def state(self) -> Literal["covered", "not yet", "not applicable"]:
        """Whether a test names it, could name it, or cannot."""
        if self.tests:
            return "covered"
        return "not applicable" if self.reason.startswith(NOT_APPLICABLE) else "not yet"


def row_ids(sentence: str) -> Iterator[str]:
    """Every row that a sentence names in brackets, ranges written out: (SEQ-01 to SEQ-03, PRJ-05)."""
    for brackets in _BRACKETS.findall(sentence):
        for first, last in _NAMED.findall(brackets):
            yield from _written_out(first, last or first)


def _written_out(first: str, last: str) -> Iterator[str]:
    stem, digits = re.fullmatch(r"(.*?)(\d+)", first).groups()  # type: ignore[union-attr] # an id ends with digits
    for number in range(int(digits), int(re.sub(r".*\D", "", last)) + 1):
        yield f"{stem}{number:0{len(digits)}}"


def cases() -> Iterator[tuple[Case, str]]:
    """Every test below tests/, with its docstring."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield Case(path.relative_to(ROOT).as_posix(), node.name), ast.get_docstring(node) or ""


def rows() -> dict[str, Row]:
    """Every row as written down, without its tests."""
    lines = [line for line in ROWS.read_text().splitlines() if line and not line.startswith("#")]
    parts = [[*line.split(" | "), ""] for line in lines]
    return {row_id: Row(row_id, requirement, reason) for row_id, requirement, reason, *_ in parts}


def collected() -> tuple[dict[str, Row], list[str]]:
    """Return the rows with their tests, and every id that a test names and no row has."""
    known, unknown = rows(), []
    for case, sentence in cases():
        for row_id in dict.fromkeys(row_ids(sentence)):
            if row_id in known:
                known[row_id].tests.append(case)
            else:
                unknown.append(f"{case.path} {case.name}: {row_id}")
    return known, unknown


def page() -> str:
    """Make the page."""
    known, _ = collected()
    states = [row.state for row in known.values()]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("covered", "not yet", "not applicable"))
    parts = [_HEAD, f"{len(states)} rows: {counts}.\n"]
    for group, title in GROUPS.items():
        parts.append(f"## {title} ({group})\n\n| row | what | tests | state |\n| --- | --- | --- | --- |")
        parts += [_line(row) for row in known.values() if row.group == group]
        parts.append("")
    return "\n".join(parts)


def _line(row: Row) -> str:
    tests = ", ".join(f"[{case.name.removeprefix('test_')}](../{case.path})" for case in row.tests)
    state = row.state if row.tests or not row.reason else row.reason
    return f"| {row.id} | {row.what} | {tests} | {state} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
