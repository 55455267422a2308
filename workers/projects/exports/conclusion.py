"""The end of an export: its command gets its outcome, and its row is deleted with its password."""

from contracts.errors import Refusal
from contracts.projects.exports import ExportProject, ProjectExported
from workers.projects import export_tables
from workers.projects.packages.choice import Choice
from workers.projects.row_types import ExportRow
from workers.runtime.commands.deferred_commands import DeferredCommand, Step


def choice_of(export: ExportRow) -> Choice:
    """Return what the package contains, as it was chosen when the command was taken."""
    return Choice(export["includes"], export["withheld"])


async def conclude(
    step: Step, export: ExportRow, result: ProjectExported | Refusal, *, revision: int | None = None
) -> bool:
    """Answer the command and delete the export; `revision` is that of its one project."""
    await step.connection.execute(export_tables.DROP, {"package_id": export["package_id"]})
    await step.conclude(_command(export), result, revision=revision)
    return True


async def give_up_export(step: Step, export: ExportRow) -> bool:
    """Delete an export that failed again and again, and post its dead letter, which may be replayed."""
    await step.connection.execute(export_tables.DROP, {"package_id": export["package_id"]})
    return await step.give_up(_command(export), export["letter"])


def _command(export: ExportRow) -> DeferredCommand:
    return DeferredCommand(
        ExportProject,
        export["command_id"],
        export["principal"],
        export["command_key"],
        export["refusal_language"],
        export["trace"],
    )
