"""Command lines as pages show them, and whether the command line knows them."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup, TyperOption

from incidents.cli import build
from incidents.cli.plugins import Plugin
from tests.checks.tree import ROOT

PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`((?:incidents|make|python -m|docker compose|nats-server) [^`]+)`")
_ASSIGNED = re.compile(r"^(?:[A-Z_]+=\S*\s+)+")


def blocks(page: str) -> list[str]:
    """Return what the fenced blocks of a page say that are no other language."""
    return [body.replace("\\\n", " ") for language, body in _FENCED.findall(page) if language in {"", "sh"}]


def lines() -> Iterator[tuple[str, str]]:
    """Yield every command line of every page with the page's name, without the variables before it."""
    for path in PAGES:
        name, text = str(path.relative_to(ROOT)), path.read_text()
        shown = [line.strip() for block in blocks(text) for line in block.splitlines()]
        shown += [" ".join(line.split()) for line in _INLINE.findall(_FENCED.sub("", text))]
        shown += [line.strip() for line in re.findall(r"^    ((?:make|\.venv/bin/python) .*)$", text, re.MULTILINE)]
        for line in shown:
            if re.match(r"[.\w/-]+(\s|=|$)", line):
                yield name, _ASSIGNED.sub("", line)


def unknown(line: str) -> list[str]:
    """Return the words of a line of `incidents` that no command knows; placeholders are words in capitals."""
    program, *words = shlex.split(line, comments=True)
    assert program == "incidents"
    group: Any = build()
    while isinstance(group, TyperGroup) and words and not words[0].startswith("-"):
        command = words.pop(0) if words[0] in group.commands else getattr(group, "default_name", "")
        if not command:
            return [words[0]]
        group = group.commands[command]
        group = group._load() if isinstance(group, Plugin) else group
    options = {name for each in group.params if isinstance(each, TyperOption) for name in each.opts} | {"--help"}
    return [word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in options]
