"""Help names each option whole, in every command, language and terminal."""

import re
from typing import Any

import pytest

from incidents.cli import build
from tests.client.command_line import incidents
from tests.client.test_empty_paths import commands


def help_of(command: Any, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the help of a command, which typer prints or returns."""
    text = command.get_help(command.context_class(command, info_name="incidents"))
    return f"{capsys.readouterr().out}{text or ''}"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_option_is_whole_on_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    """The name of each option and of its opposite is on one line."""
    monkeypatch.setenv("COLUMNS", "80")
    cut = []
    for name, command in commands(build(language)):
        shown = set(help_of(command, capsys).split())
        options = [
            option for each in command.params if not each.hidden for option in (*each.opts, *each.secondary_opts)
        ]
        cut += [(name, option) for option in options if option.startswith("--") and option not in shown]
    assert cut == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_option_is_cut_on_60_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    """In a narrow terminal a long name goes on in the next line."""
    monkeypatch.setenv("COLUMNS", "60")
    pages = {name: help_of(command, capsys) for name, command in commands(build(language))}
    assert [(name, cut) for name, page in pages.items() for cut in re.findall(r"--[\w-]+…", page)] == []


async def test_the_settings_are_named_whole() -> None:
    """As it is typed: an option and its opposite are below each other."""
    shown = (await incidents("settings", "set", "--help", environment={"COLUMNS": 80})).out
    assert re.search(r"--require-deletion-reason .*\n. --optional-deletion-reason ", shown)
