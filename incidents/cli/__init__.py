"""The command line `incidents`."""

import difflib
import platform
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer

from incidents import demo
from incidents.cli import messages
from incidents.cli.administration import categories, define, definitions, licence, roles, settings, site
from incidents.cli.imports import imports
from incidents.cli.operations import audit, dead_letters, disclosures, redaction, retention, status, verify
from incidents.cli.plugins import NotInstalledError, plugins
from incidents.cli.privacy import app as privacy
from incidents.cli.projects import calls, comments, drafts, exports, history, lists, projects, sequences, statistics
from incidents.cli.reports import reports
from incidents.terminal.input.empty_paths import refuse_empty_paths
from incidents.terminal.input.line_errors import MistakeError
from incidents.terminal.options import add_language, group
from incidents.terminal.printing import (
    OutputClosedError,
    check_output,
    discard_output,
    keep_together,
    print_usage_error,
)
from incidents.terminal.session import Session, Status
from incidents.terminal.text.language import choose_language, use
from incidents.terminal.text.translate import prepare_help, translate_mistake

_EXAMPLES: Final = {"--as": "olivia", "--data": "data"}
_NEIGHBOURS_MAX: Final = 3
_SHARED: Final = frozenset({"--as", "--csv", "--data", "--json"})
"""Options of all commands, but not of groups, which take `--lang`, too: their help has a language."""

_HELP: Final = (
    "Incident Manager: commands in, events out, nothing accepted is lost.\n\n"
    "[bold]incidents up[/bold] starts a system in .incidents, "
    "[bold]incidents demo[/bold] documents sample incidents on it. "
    "With [bold]--json[/bold], every command answers in JSON.\n\n"
    "Times are shown and typed in the time zone of this machine; the variable TZ sets another.\n\n"
    "Exit status: 0 done, 1 refused (`status`: something fails), 2 not understood, 3 no system can be reached, "
    "4 accepted but not carried out yet: `incidents outcome ID` shows the outcome, 130 interrupted by Ctrl-C."
)


def _show_version(requested: bool) -> None:
    """Print the version and exit."""
    if not requested:
        return
    versions = {"version": version("incident-manager"), "python": platform.python_version()}
    session = Session("", json="--json" in sys.argv, language=choose_language(sys.argv[1:]))
    session.show(versions, session.say("Incident Manager {version}, Python {python}", **versions))
    raise typer.Exit


def _common(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    """Handle the options in front of the command."""
    if as_json:
        raise MistakeError(Session("", language=choose_language(sys.argv[1:])).say("write --json after the command"))


@cache
def build(language: str = "en") -> typer.core.TyperGroup:
    """Build the command line, with its help in a language."""
    app = group(_HELP, completes=True)
    app.callback()(_common)
    about_projects = group(projects.HELP)
    lists.register(about_projects)
    about_projects.add_typer(projects.app)
    about_projects.add_typer(drafts.app, name="draft")
    for part in (comments, calls, sequences, history, redaction, exports):
        part.register(about_projects)
    app.add_typer(about_projects, name="projects")
    app.add_typer(retention.app, name="retention")
    app.add_typer(licence.app, name="licence")
    app.add_typer(roles.app, name="roles")
    app.add_typer(dead_letters.app, name="dead")
    app.add_typer(settings.app, name="settings")
    app.add_typer(privacy, name="privacy")
    for part in (
        imports,
        reports,
        audit,
        site,
        definitions,
        statistics,
        define,
        categories,
        status,
        verify,
        disclosures,
        messages,
        demo,
    ):
        part.register(app)
    root: Any = typer.main.get_command(app)
    for plugin in plugins(language):
        (root.commands[plugin.group] if plugin.group else root).add_command(plugin)
    add_language(root)
    refuse_empty_paths(root)
    command: typer.core.TyperGroup = prepare_help(root, language)
    return command


def main(begin: Callable[[], None] = lambda: None) -> None:
    """Run the typed command; usage errors are also JSON with `--json`.

    `begin` is called when everything is prepared, before the command does anything.
    """
    for_machines, language = "--json" in sys.argv, choose_language(sys.argv[1:])
    use(language)
    keep_together()
    session = Session("", json=for_machines, language=language)
    if foreign := [word for word in sys.argv[1:] if not _is_text(word)]:
        words = "the command line contains bytes that are not UTF-8: {text}; type it in UTF-8"
        sys.exit(session.misunderstood(session.say(words, text=foreign[0])))
    try:
        check_output()
        command = build(language)
        begin()
        status = command(prog_name="incidents", standalone_mode=False)
    except OutputClosedError as closed:
        status = _end_output(closed, language)
    except (KeyboardInterrupt, typer.Abort):
        status = Status.INTERRUPTED
    except NotInstalledError as error:
        status = session.misunderstood(session.say(error.words, missing=error.missing))
    except typer.TyperException as error:
        why = _why(error, session)
        status = session.misunderstood(why) if for_machines else print_usage_error(error, why)
    sys.exit(status)


def _end_output(closed: OutputClosedError, language: str) -> int:
    """Return the exit status of a command whose output is closed; why it cannot be written goes to stderr."""
    discard_output()
    if not closed.reason:
        return Status.UNREAD
    session = Session("", language=language)
    return session.misunderstood(session.say("the output cannot be written: {reason}", reason=closed.reason))


def _why(error: typer.TyperException, session: Session) -> str:
    """Return why a line is not understood; for a shared option before its command, where it belongs."""
    option, context = getattr(error, "option_name", ""), getattr(error, "ctx", None)
    if option in _SHARED and hasattr(getattr(context, "command", None), "commands"):
        example = f"{option} {_EXAMPLES[option]}" if option in _EXAMPLES else option
        return session.say(
            "{option} belongs after the command, as in: incidents me {example}", option=option, example=example
        )
    if context and (others := _neighbours(option, context)):
        words = "{command} has no option {option}; these have it: {others}"
        command = context.command_path
        return session.say(words, command=command, option=option, others=", ".join(others))
    if opposite := _opposite(option, context):
        vars(error)["possibilities"] = [opposite]
    elif near := getattr(error, "possibilities", None):
        by_word = {name.lstrip("-"): name for name in near}
        close = difflib.get_close_matches(option.lstrip("-"), by_word)
        vars(error)["possibilities"] = [by_word[word] for word in close]
    return translate_mistake(error.format_message(), session.language)


def _neighbours(option: str, context: Any) -> list[str]:
    """Return the commands of the same group that have an option which this one lacks, if they are few."""
    group_ = context.parent
    if group_ is None or group_.parent is None or option in _SHARED or _has(context.command, option):
        return []
    having = [
        f"{group_.command_path} {name}" for name, command in group_.command.commands.items() if _has(command, option)
    ]
    return having if len(having) <= _NEIGHBOURS_MAX else []


def _has(command: Any, option: str) -> bool:
    return any(option in (*each.opts, *each.secondary_opts) for each in command.params)


def _opposite(option: str, context: Any) -> str:
    """Return the option that means the opposite of the one behind `--no-`; empty if there is none."""
    name = option.replace("--no-", "--", 1) if option.startswith("--no-") else ""
    for each in context.command.params if context else ():
        for these, others in ((each.opts, each.secondary_opts), (each.secondary_opts, each.opts)):
            if name in these and others:
                return str(others[0])
    return ""


def _is_text(word: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in word)
