"""Commands that other packages bring along."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer

from incidents.cli.plugins import GROUP, Plugin, plugins

BROUGHT = '''
import typer

def alone(name: str, loud: bool = False) -> None:
    """Greet."""
    typer.echo(f"hello {name}{'!' if loud else ''}")

several = typer.Typer()

@several.command()
def one() -> None:
    typer.echo("one")

@several.command()
def two() -> None:
    typer.echo("two")
'''


@pytest.fixture
def plugin_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a module that can be imported and was not."""
    (tmp_path / "brought_along.py").write_text(BROUGHT)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "brought_along", raising=False)
    return "brought_along"


def ended(plugin: Plugin, *line: str) -> int:
    """Run a plugin and return its status."""
    root = typer.core.TyperGroup(name="incidents")
    root.add_command(plugin)
    with pytest.raises(SystemExit) as caught:
        root(args=[plugin.name or "", *line], prog_name="incidents")
    return int(str(caught.value.code))


def test_a_function_is_a_command(plugin_module: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The function's own parameters are the command's options."""
    plugin = Plugin(EntryPoint("greet", f"{plugin_module}:alone", GROUP))
    assert ended(plugin, "Ada", "--loud") == 0
    assert capsys.readouterr().out == "hello Ada!\n"


def test_an_app_is_a_group_of_commands(plugin_module: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A Typer app keeps its own commands."""
    plugin = Plugin(EntryPoint("count", f"{plugin_module}:several", GROUP))
    assert ended(plugin, "two") == 0
    assert capsys.readouterr().out == "two\n"


def test_a_plugin_is_imported_when_it_is_used(plugin_module: str) -> None:
    """To be listed, a command need not be imported."""
    plugin = Plugin(EntryPoint("greet", f"{plugin_module}:alone", GROUP))
    assert plugin.get_short_help_str()
    assert plugin_module not in sys.modules


def test_the_servers_commands_are_known() -> None:
    """The package names its own server commands, each with a sentence for the help."""
    commands = {plugin.name: plugin.help or "" for plugin in plugins()}
    assert commands.keys() >= {"up", "worker", "migrate", "provision", "access"}
    assert [name for name in ("up", "access") if commands[name].startswith("Provided by")] == []
