"""Whatever is printed goes through one place, which cleans it: nobody else can print."""

import ast
from collections.abc import Iterator

from tests.checks.tree import Source, require_none, sources

GATES = ("incidents/terminal/printing.py", "workers/local/console_output.py")
BY_NAME = {"print", "pprint", "input"}
OF_MODULES = {
    "typer": {"echo", "secho", "prompt", "confirm", "echo_via_pager"},
    "click": {"echo", "secho", "prompt", "confirm", "echo_via_pager"},
    "sys": {"stdout", "stderr", "__stdout__", "__stderr__"},
    "os": {"write"},
    "rich": {"print", "print_json", "inspect"},
    "Text": {"from_markup", "from_ansi"},
    "JSON": {"from_data"},
}
DRAWING = {"Progress", "Live", "Status"}
"""What draws by itself must be given the console that cleans."""

CONSOLES = {
    "rich.console": {"Console"},
    "rich.markup": {"render"},
    "rich.prompt": None,
    "rich.json": None,
    "rich": None,
}


def printing(source: Source) -> Iterator[str]:
    """Yield every place where a file prints by itself."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module in CONSOLES:
            barred = CONSOLES[node.module]
            yield from (f"{node.lineno} import {name.name}" for name in node.names if not barred or name.name in barred)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in OF_MODULES.get(node.value.id, ()):
                yield f"{node.lineno} {node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in BY_NAME:
                yield f"{node.lineno} {node.func.id}()"
            if node.func.id in DRAWING and "console" not in {keyword.arg for keyword in node.keywords}:
                yield f"{node.lineno} {node.func.id}() without a console"


def test_there_is_one_place_that_prints() -> None:
    """No file of the command line writes to a terminal except the gates, which clean what others wrote."""
    findings = [
        f"{source.path}:{place}"
        for source in sources("incidents", "workers")
        if source.path.startswith(("incidents/", "workers/local/")) and source.path not in GATES
        for place in printing(source)
    ]
    require_none("Print with the session, or with workers/local/console_output.py.", findings)


def test_the_rule_sees_every_way_to_print() -> None:
    """Each way to reach a terminal is found by the rule, and what the session offers is not."""
    ways = (
        "print('x')",
        "typer.echo('x')",
        "sys.stdout.write('x')",
        "import os\nos.write(1, b'x')",
        "from rich.console import Console",
        "from rich.prompt import Prompt",
        "Text.from_markup('x')",
        "Progress('x')",
    )
    assert [way for way in ways if not [*printing(Source("x.py", way))]] == []
    assert [*printing(Source("x.py", "session.out.print('x')\nProgress(console=session.err)"))] == []
