"""Commands that other packages bring along, imported when they are used and not before.

A package names a function or a `typer.Typer` in the entry point group `incidents.commands`.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand

from incidents.terminal.text.translate import explained
from incidents.terminal.text.words import say

GROUP: Final = "incidents.commands"

_OURS: Final = frozenset({"contracts", "incidents", "workers"})
_HELP: Final = {
    "up": "Run the whole system on this machine, until Ctrl-C.",
    "worker": "Run one worker against servers named by INCIDENTS_* variables.",
    "migrate": "Bring the databases to the schema of this version.",
    "provision": "Make or compare the streams of a site.",
    "backup": "Save a running system in one file.",
    "restore": "Restore a system from such a file.",
    "access": "Make, list and revoke credentials of people, workers and operations.",
}
"""What `--help` says without importing the server."""


class NotInstalledError(Exception):
    """A command of the server, where only the client is installed."""

    words = "the server is not installed: pip install 'incident-manager[server]' ({missing} is missing)"

    def __init__(self, missing: str | None) -> None:
        super().__init__(self.words.format(missing=missing))
        self.missing = missing


class Plugin(TyperCommand):
    """A command that is known by its name and imported when it is used."""

    def __init__(self, point: EntryPoint, language: str = "en") -> None:
        foreign = say(language, "Comes from {origin}.", origin=point.value)
        super().__init__(point.name, help=_HELP.get(point.name, foreign))
        self.rich_help_panel = "Server"
        self._point = point
        self._language = language

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Hand the line over to what the entry point names."""
        return self._load().make_context(info_name, args, *rest, **extra)

    def _load(self) -> Any:
        try:
            loaded = self._point.load()
        except ModuleNotFoundError as error:
            if error.name and error.name.partition(".")[0] in _OURS:
                raise
            raise NotInstalledError(error.name) from error
        if not isinstance(loaded, typer.Typer):
            function, loaded = loaded, typer.Typer(add_completion=False)
            loaded.command(self._point.name)(function)
        return explained(typer.main.get_command(loaded), self._language)


def plugins(language: str = "en") -> list[Plugin]:
    """Find the commands of installed packages, in the order of this page first."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    order = [name for name in _HELP if name in found] + sorted(found.keys() - _HELP.keys())
    return [Plugin(found[name], language) for name in order]
