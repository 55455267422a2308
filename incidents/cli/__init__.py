"""The command line `incidents`."""

import platform
import sys
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer

from incidents import demo
from incidents.cli import messages
from incidents.cli.administration import categories, define, definitions, licence, roles, settings, site
from incidents.cli.imports import imports
from incidents.cli.operations import audit, dead_letters, retention, status
from incidents.cli.plugins import NotInstalledError, plugins
from incidents.cli.projects import calls, comments, drafts, exports, history, lists, projects, sequences, statistics
from incidents.cli.reports import reports
from incidents.terminal.options import group
from incidents.terminal.printing import keep_together, mistyped
from incidents.terminal.session import Session
from incidents.terminal.text.language import chosen, use
from incidents.terminal.text.translate import explained, mistake

_SHARED: Final = frozenset({"--as", "--csv", "--data", "--json", "--lang"})
"""Options of every command, and of no group of them."""

_HELP: Final = (
    "Incident Manager: commands in, events out, nothing accepted is lost.\n\n"
    "[bold]incidents up[/bold] starts a system below .incidents, "
    "[bold]incidents demo[/bold] plays incidents on it. "
    "Every command answers for machines with [bold]--json[/bold].\n\n"
    "Exit status: 0 done, 1 refused (`status`: something fails), 2 not understood, 3 no system can be reached, "
    "4 accepted and not carried out yet: `incidents outcome ID` tells what became of it, 130 ended by Ctrl-C."
)


def _show_version(wanted: bool) -> None:
    """Say which version this is, and end."""
    if not wanted:
        return
    versions = {"version": version("incident-manager"), "python": platform.python_version()}
    session = Session("", json="--json" in sys.argv, language=chosen(sys.argv[1:]))
    session.show(versions, session.say("Incident Manager {version}, Python {python}", **versions))
    raise typer.Exit


def _common(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Say which version this is."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    """Take what stands before every command."""
    if as_json:
        raise typer.BadParameter(Session("", language=chosen(sys.argv[1:])).say("write --json behind the command"))


def build(language: str = "en") -> typer.core.TyperGroup:
    """Put the command line together, to be explained in a language."""
    app = group(_HELP, completes=True)
    app.callback()(_common)
    about_projects = group(projects.HELP)
    lists.register(about_projects)
    about_projects.add_typer(projects.app)
    about_projects.add_typer(drafts.app, name="draft")
    for part in (comments, calls, sequences, history, exports):
        part.register(about_projects)
    app.add_typer(about_projects, name="projects")
    app.add_typer(retention.app, name="retention")
    app.add_typer(licence.app, name="licence")
    app.add_typer(roles.app, name="roles")
    app.add_typer(dead_letters.app, name="dead")
    app.add_typer(settings.app, name="settings")
    for part in (imports, reports, audit, site, definitions, statistics, define, categories, status, messages, demo):
        part.register(app)
    root: Any = typer.main.get_command(app)
    for plugin in plugins(language):
        root.add_command(plugin)
    made: typer.core.TyperGroup = explained(root, language)
    return made


def main() -> None:
    """Run what was typed; a mistake in it is told as everything else is: for machines where they ask."""
    for_machines, language = "--json" in sys.argv, chosen(sys.argv[1:])
    use(language)
    keep_together()
    session = Session("", json=for_machines, language=language)
    if foreign := [one for one in sys.argv[1:] if not _is_text(one)]:
        words = "the command line holds bytes that are not UTF-8: {text}; type it in UTF-8"
        sys.exit(session.misunderstood(session.say(words, text=foreign[0])))
    try:
        status = build(language)(prog_name="incidents", standalone_mode=False)
    except NotInstalledError as error:
        status = session.misunderstood(session.say(error.words, missing=error.missing))
    except typer.TyperException as error:
        why = _why(error, session)
        status = session.misunderstood(why) if for_machines else mistyped(error, why)
    sys.exit(status)


def _why(error: typer.TyperException, session: Session) -> str:
    """Return why a line cannot be understood; for a shared option before its command, say where it belongs."""
    option, context = getattr(error, "option_name", ""), getattr(error, "ctx", None)
    if option in _SHARED and hasattr(getattr(context, "command", None), "commands"):
        return session.say("{option} belongs behind the command, as in: incidents me {option}", option=option)
    return mistake(error.format_message(), session.language)


def _is_text(word: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in word)
