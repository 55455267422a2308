"""The project's own files, as the checks read them."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("contracts", "incidents", "workers")
CODE = (*PRODUCT, "tests", "benchmarks", "examples")
SHOWN = {".ci", ".editorconfig", ".github", ".gitignore", ".importlinter", ".pre-commit-config.yaml"}
MADE = {"build", "dist", "__pycache__"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One text file: where it is, seen from the root, and what it says."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text, self.path)

    @cached_property
    def code_lines(self) -> int:
        """How many of its lines are not blank."""
        return sum(bool(line.strip()) for line in self.lines)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Its comments, with their lines."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]

    @property
    def is_test(self) -> bool:
        """Whether pytest collects it."""
        return Path(self.path).name.startswith("test_")

    def functions(self) -> Iterator[Function]:
        """Every function and method in it, inner ones too."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def strings(self) -> Iterator[ast.Constant]:
        """Every string in it, also those that an f-string is made of."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call in it, with the last part of the name that is called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node, node.func.attr
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node, node.func.id

    def imported(self) -> Iterator[str]:
        """The top-level name of everything that it imports."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in SHOWN
        if hidden or path.name in MADE or path.name.endswith(".egg-info"):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file():
            yield path


@cache
def texts() -> tuple[Source, ...]:
    """Every text file of the project that is not made by a tool."""
    results = []
    for path in _walk(ROOT):
        content = path.read_bytes()
        if b"\0" not in content:
            results.append(Source(path.relative_to(ROOT).as_posix(), content.decode(errors="replace")))
    return tuple(results)


def sources(*folders: str) -> list[Source]:
    """Every Python file in these folders."""
    return [source for source in texts() if source.path.endswith(".py") and source.path.partition("/")[0] in folders]


def require_none(rule: str, findings: list[str]) -> None:
    """Fail with the rule and with every place where it is broken, if there is one."""
    if findings:
        pytest.fail("\n  ".join([rule, *sorted(findings)]), pytrace=False)
