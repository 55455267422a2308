"""The end of an export: its command gets its outcome, and its password and its parts are deleted."""

from contracts.errors import Refusal
from contracts.permissions import Grants, Level, Node
from contracts.projects.export_control import ExportState
from contracts.projects.exports import ExportProject, ProjectExported
from workers.projects import export_tables
from workers.projects.packages.choice import Choice
from workers.projects.row_types import ExportRow
from workers.projects.rules import export_rules
from workers.runtime.commands.deferred_commands import DeferredCommand, Step, StepChangedError


def choice_of(export: ExportRow) -> Choice:
    """Return what the package contains, as it was chosen when the command was taken."""
    return Choice(export["includes"], export["withheld"])


def missing_nodes(export: ExportRow, grants: Grants) -> list[Node]:
    """Return the nodes that the author of an export needs for it and has no more."""
    is_hidden = export["access_reason"] is not None and not grants.allow(Node.RESTRICTED, Level.VIEW)
    return [*choice_of(export).missing(grants), *([Node.RESTRICTED] if is_hidden else [])]


async def conclude(
    step: Step, export: ExportRow, result: ProjectExported | Refusal, *, revision: int | None = None
) -> bool:
    """Answer the command and end the export; `revision` is that of its one project.

    Raises:
        StepChangedError: It was cancelled or ended meanwhile.
    """
    await _end(step, export, ExportState.FAILED if isinstance(result, Refusal) else ExportState.MADE)
    return await step.conclude(_command(export), result, revision=revision)


async def conclude_cancelled(step: Step, export: ExportRow) -> bool:
    """Refuse the command of an export that its author has cancelled."""
    await _end(step, export, ExportState.CANCELLED)
    return await step.conclude(_command(export), export_rules.export_cancelled())


async def give_up_export(step: Step, export: ExportRow) -> bool:
    """End an export that failed again and again, and post its dead letter, which may be replayed."""
    await _end(step, export, ExportState.FAILED)
    return await step.give_up(_command(export), export["letter"])


async def _end(step: Step, export: ExportRow, state: ExportState) -> None:
    """Leave nothing of an export but the line of its list; its sealed password goes, too."""
    named = {"package_id": export["package_id"]}
    ending = {**named, "before": export["state"], "state": state.value}
    if (await step.connection.execute(export_tables.FINISH, ending)).one_or_none() is None:
        raise StepChangedError
    await step.connection.execute(export_tables.DROP_PARTS, named)


def _command(export: ExportRow) -> DeferredCommand:
    return DeferredCommand(
        ExportProject,
        export["command_id"],
        export["principal"],
        export["command_key"],
        export["refusal_language"],
        export["trace"],
    )
