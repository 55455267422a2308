"""What the page on the command line says can be typed."""

import re
import shlex
from typing import Any

import pytest
from typer.core import TyperGroup, TyperOption

from client.cli import build
from tests.checks.tree import ROOT

BLOCKS = re.findall(r"```\n(.*?)```", (ROOT / "docs/cli.md").read_text(), flags=re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str) -> None:
    """The commands and options of the page exist."""
    program, *words = shlex.split(line)
    assert program == "incidents"
    found: Any = build()
    while isinstance(found, TyperGroup):
        found = found.commands[words.pop(0)]
    options = {name for each in found.params if isinstance(each, TyperOption) for name in each.opts}
    assert [
        word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in options
    ] == []
