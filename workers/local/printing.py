"""The one place through which the server's side of the command line prints: names, paths and errors are cleaned."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from contracts.printable import printable, printable_json

Styled = str | tuple[str, str]


def tell(*parts: Styled, err: bool = False) -> None:
    """Print a line for people; a part may have a style, and nothing in it is taken for markup."""
    shown = [printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts]
    Console(stderr=err, highlight=False).print(Text.assemble(*shown), soft_wrap=True)


def write(document: Any) -> None:
    """Print a line for programs."""
    sys.stdout.write(printable_json(json.loads(json.dumps(document))) + "\n")
    sys.stdout.flush()
