"""The command line `incidents`."""

import sys
from typing import Final

import typer

from client import demo
from client.cli import (
    definitions,
    drafts,
    exports,
    history,
    imports,
    licence,
    messages,
    projects,
    reports,
    retention,
    site,
    statistics,
)
from client.cli.plugins import plugins
from client.terminal.options import group
from client.terminal.printing import mistyped
from client.terminal.session import Session

_HELP: Final = (
    "Incident Manager: commands in, events out, nothing accepted is lost.\n\n"
    "[bold]incidents up[/bold] starts a system below .incidents, "
    "[bold]incidents demo[/bold] plays incidents on it. "
    "Every command answers for machines with [bold]--json[/bold] and ends with 1 when it is refused, "
    "2 when it cannot be understood, 3 when no system can be reached."
)


def build() -> typer.core.TyperGroup:
    """Put the command line together."""
    app = group(_HELP)
    app.callback()(lambda: None)
    about_projects = group(projects.HELP)
    about_projects.add_typer(projects.app)
    about_projects.add_typer(drafts.app, name="draft")
    history.register(about_projects)
    exports.register(about_projects)
    app.add_typer(about_projects, name="projects")
    app.add_typer(retention.app, name="retention")
    app.add_typer(licence.app, name="licence")
    for part in (imports, reports, site, definitions, statistics, messages, demo):
        part.register(app)
    root = typer.main.get_group(app)
    for plugin in plugins():
        root.add_command(plugin)
    return root


def main() -> None:
    """Run what was typed; a mistake in it is told as everything else is: for machines where they ask."""
    try:
        status = build()(prog_name="incidents", standalone_mode=False)
    except typer.TyperException as error:
        for_machines = "--json" in sys.argv
        status = Session("", json=True).misunderstood(error.format_message()) if for_machines else mistyped(error)
    sys.exit(status)
