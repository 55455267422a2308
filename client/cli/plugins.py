"""Commands that other packages bring along, imported when they are used and not before.

A package names a function or a `typer.Typer` in the entry point group `incidents.commands`.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand

GROUP: Final = "incidents.commands"

_HELP: Final = {
    "up": "Run the whole system on this machine, until Ctrl-C.",
    "worker": "Run one worker against servers named by INCIDENTS_* variables.",
    "migrate": "Bring the databases to the schema of this version.",
    "provision": "Make or compare the streams of a site.",
    "backup": "Save a running system of this machine in one file.",
    "restore": "Make a data directory of such a file.",
    "access": "Make, list and revoke credentials of people, workers and operations.",
}
"""What `--help` says without importing the server."""


class Plugin(TyperCommand):
    """A command that is known by its name and imported when it is used."""

    def __init__(self, point: EntryPoint) -> None:
        super().__init__(point.name, help=_HELP.get(point.name, f"Comes from {point.value}."))
        self.rich_help_panel = "Server"
        self._point = point

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Hand the line over to what the entry point names."""
        return self._load().make_context(info_name, args, *rest, **extra)

    def _load(self) -> Any:
        loaded = self._point.load()
        if isinstance(loaded, typer.Typer):
            return typer.main.get_command(loaded)
        alone = typer.Typer(add_completion=False)
        alone.command(self._point.name)(loaded)
        return typer.main.get_command(alone)


def plugins() -> list[Plugin]:
    """Find the commands of installed packages, in the order of this page first."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    order = [name for name in _HELP if name in found] + sorted(found.keys() - _HELP.keys())
    return [Plugin(found[name]) for name in order]
