"""What the page on the command line says can be typed."""

import pytest

from tests.checks.tree import ROOT
from tests.checks.typed_lines import blocks, unknown

LINES = [line for block in blocks((ROOT / "docs/cli.md").read_text()) for line in block.splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str) -> None:
    """The commands and options of the page exist."""
    assert unknown(line) == []
