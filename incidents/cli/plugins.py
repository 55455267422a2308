"""Commands of other packages, imported only when used.

A package names a function or a `typer.Typer` in the entry point group `incidents.commands`. A name such as
`audit.verify` is that of a command in one of our groups.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand

from incidents.terminal.input.empty_paths import refuse_empty_paths
from incidents.terminal.options import add_language
from incidents.terminal.text.translate import prepare_help
from incidents.terminal.text.words import say

GROUP: Final = "incidents.commands"

_OURS: Final = frozenset({"contracts", "incidents", "workers"})
_HELP: Final = {
    "up": "Run the whole system on this machine, until Ctrl-C.",
    "worker": "Run one worker against servers named by INCIDENTS_* variables.",
    "migrate": "Bring the databases to the schema of this version.",
    "provision": "Create or compare the streams of a site.",
    "backup": "Save a running system in one file.",
    "restore": "Restore a system from a backup.",
    "lanes": "Show how many processes of a worker can work at once, and allow more.",
    "doctor": "Check whether a database lets deleted projects leave its files.",
    "audit.verify": "Verify that no entry of the activity logs was changed, removed or inserted.",
    "audit.prove-text": "Prove whether a text stood in a project, by its hash in the activity log.",
    "audit.witness": "Be a witness for other sites: cosign their checkpoints, until Ctrl-C.",
    "audit.keys": "Show the public keys of the activity logs, as witnesses take them.",
    "retention.journal": "Show and verify the journal of what was erased, which a restore needs.",
    "access": "Create, list and revoke credentials of people, workers and operations.",
}
"""The help texts of the server's commands, so that `--help` does not import the server."""


class NotInstalledError(Exception):
    """A command of the server was used, but only the client is installed."""

    words = "the server is not installed: pip install 'incident-manager[server]' ({missing} is missing)"

    def __init__(self, missing: str | None) -> None:
        super().__init__(self.words.format(missing=missing))
        self.missing = missing


class Plugin(TyperCommand):
    """A command that is imported when it is used."""

    def __init__(self, point: EntryPoint, language: str = "en") -> None:
        foreign = say(language, "Provided by {origin}.", origin=point.value)
        self.group, _, name = point.name.rpartition(".")
        super().__init__(name, help=_HELP.get(point.name, foreign))
        self.rich_help_panel = "Server"
        self._point = point
        self._language = language

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Delegate to the command of the entry point."""
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
            loaded.command(self.name)(function)
        command = typer.main.get_command(loaded)
        add_language(command)
        refuse_empty_paths(command)
        return prepare_help(command, self._language)


def plugins(language: str = "en") -> list[Plugin]:
    """Return the commands of installed packages, those of `_HELP` first."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    order = [name for name in _HELP if name in points] + sorted(points.keys() - _HELP.keys())
    return [Plugin(points[name], language) for name in order]
