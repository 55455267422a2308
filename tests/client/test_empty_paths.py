"""An empty path, as from a variable without a value, is refused in every command, and is not the current directory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incidents.cli import build
from incidents.cli.plugins import Plugin
from incidents.terminal.input.line_errors import MistakeError
from tests.client.command_line import incidents


def commands(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Yield every command, those of the server, too, with what is typed for it."""
    if isinstance(command, Plugin):
        command = command._load()
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)
    if not hasattr(command, "commands"):
        yield " ".join(path), command


@pytest.mark.parametrize(
    "line, words",
    [
        (["privacy", "export", "Zorbax", "--output", ""], "--output is empty: name a file or a directory."),
        (["report", "3", "-o", ""], "--output is empty: name a file."),
        (["verify", ""], "FILE is empty: name a file."),
        (["verify", "a.zip", "--key", ""], "--key is empty: name the file of a key, or its fingerprint"),
        (["backup", "--output", ""], "--output is empty: name a file."),
        (["audit", "witness", "w", "--log", ""], "--log is empty: name a file."),
        (["me", "--data", ""], "--data is empty: name a directory."),
        (["retention", "certificates", "--save", "", "--lang", "fr"], "--save est vide\u00a0: indiquez un dossier."),
    ],
)
async def test_an_empty_path_is_refused_by_its_name(tmp_path: Path, line: list[str], words: str) -> None:
    """The refusal has the name of the option or the argument, the reason and what to name instead."""
    ended = await incidents(*line, folder=tmp_path)
    assert ended.status == 2
    assert words in ended.err
    assert list(tmp_path.iterdir()) == []


def takes_empty(command: Any, parameter: Any) -> bool:
    """Tell whether an option or an argument takes an empty text."""
    try:
        parameter.process_value(command.context_class(command), [""] if parameter.multiple else "")
    except MistakeError:
        return False
    return True


def test_every_path_is_checked() -> None:
    """Each option and argument that takes a path refuses an empty one."""
    paths = [
        (name, command, each)
        for name, command in commands(build())
        for each in command.params
        if each.type_descriptor.is_path or {"FILE", "DIR"} & {*str(each.metavar).split("|")}
    ]
    assert [(name, each.opts) for name, command, each in paths if takes_empty(command, each)] == []
    assert len(paths) > 100
