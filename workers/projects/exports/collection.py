"""Collecting one project of an export: its files become rows, and its report is one of them."""

from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.errors import Code, Refusal
from contracts.evidence.packaged_activity import shown_hash
from contracts.permissions import Level, Node
from workers.common.recordings import folder as recordings
from workers.projects import domain, export_tables
from workers.projects.change_history import History, Since
from workers.projects.exports.conclusion import choice_of, conclude, give_up_export, missing_nodes
from workers.projects.exports.media import PartMedia, asked, stated, with_media
from workers.projects.exports.media_steps import MediaPlace
from workers.projects.packages import contents, reading, sizes
from workers.projects.packages.contents import Export
from workers.projects.packages.reading import Reading
from workers.projects.row_types import ExportRow, ProjectRow
from workers.projects.row_types.export_rows import MadeReportRow, WaitingExportPartRow
from workers.projects.rules.restricted_reading import revealed
from workers.runtime.commands.deferred_commands import Step, StepChangedError
from workers.runtime.storage.identity_map import row_of

COLLECTED: Final = "collected"
"""The state of a project whose files are rows; the others are `waiting` and `too-large`."""

ROUNDS_MAX: Final = 5
"""Reports that are made of a project that changes all the time; then the package takes the last one."""

_REPORT: Final = "report.pdf"
_MADE: Final = "made"
_HIDDEN: Final = "hidden"
_DESCRIPTION_CHARACTERS: Final = 200


class _Part(NamedTuple):
    """A project that is being collected."""

    reading: Reading
    row: WaitingExportPartRow
    number: int
    report: MadeReportRow | None

    @property
    def key(self) -> dict[str, Any]:
        """What names its row."""
        return {"package_id": self.reading.export["package_id"], "place": self.row["place"]}

    @property
    def report_revision(self) -> int | None:
        """The revision that its report shows, if it was made."""
        return self.report["revision"] if self.report else None


async def collect_next(step: Step, export: ExportRow, *, give_up: bool = False) -> bool:
    """Collect the first project that waits, whose report is there and that nobody else collects.

    Return whether there was one.
    """
    connection, choice = step.connection, choice_of(export)
    named = {"package_id": export["package_id"], "has_media": choice.has_media and not give_up}
    row = row_of(await connection.execute(export_tables.CLAIM_PART, named), WaitingExportPartRow)
    if row is None:
        return False
    if give_up:
        return await give_up_export(step, export)
    async with revealed(connection, row["project_id"], export["access_reason"]):
        return await _collect_part(step, export, row)


async def _collect_part(step: Step, export: ExportRow, row: WaitingExportPartRow) -> bool:
    connection, choice, project_id = step.connection, choice_of(export), row["project_id"]
    number = (await connection.execute(export_tables.KEEP_PROJECT, {"project_id": project_id})).scalar_one_or_none()
    if number is None:
        return False
    context = await step.context(export["principal"])
    grants = context.grants[export["principal"]]
    if missing := missing_nodes(export, grants):
        refusal = Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())
        return await conclude(step, export, refusal)
    reader = Reading(connection, export, choice, project_id, grants, context.now, step.site)
    report = row_of(await connection.execute(export_tables.REPORT, {"report_id": row["report_id"]}), MadeReportRow)
    try:
        await _collect(step, _Part(reader, row, number, report))
    except Refusal as refusal:
        return await conclude(step, export, refusal)
    return True


async def _collect(step: Step, part: _Part) -> None:
    """Store the files of a project, or ask for another report if the project was changed since this one.

    Raises:
        Refusal: Its author may not make reports any more; or the export is about this project alone, and it is too
            large, or has another revision than expected.
        StepChangedError: It was changed while it was read.
    """
    reader = part.reading
    if part.report and part.report["state"] == _HIDDEN:
        raise Refusal(Code.NOT_AVAILABLE, nodes=[Node.REPORTS], level=Level.MANAGE.name.lower())
    size = await sizes.bytes_of(reader.connection, reader.project_id, reader.choice)
    if size > sizes.PACKAGE_BYTES_MAX and reader.export["has_folders"]:
        await _store(part, "too-large", {"number": part.number})
        return
    sizes.require_size(size, sizes.PACKAGE_BYTES_MAX)
    export = await reading.read_project(reader, part.report_revision)
    revision = export.project["revision"]
    await require_revision(reader.connection, reader, revision)
    is_matched = part.report_revision in {None, revision}
    if not is_matched and part.row["rounds"] < ROUNDS_MAX:
        await reader.connection.execute(export_tables.ASK_AGAIN, part.key)
        return
    named = {"project_id": reader.project_id}
    if (await reader.connection.execute(export_tables.REVISION, named)).scalar_one() != revision:
        raise StepChangedError
    if not _add_media(part, export):
        await MediaPlace(**part.key).forget(step)
        return
    await _store_files(part, export)
    await _store(part, COLLECTED, _facts(part, export))


def _add_media(part: _Part, export: Export) -> bool:
    """Say of each sequence what the package has of its recordings; False if these were selected for other sequences."""
    sequences: list[dict[str, Any]] | None = export.project.get("sequences")
    if sequences is None:
        return True
    media: PartMedia | None = part.row["media"]
    if media is None:
        media = stated(sequences, "not-configured" if recordings.current() is None else "not-requested")
    if media["asked"] != asked(sequences):
        return False
    export.project["sequences"] = with_media(sequences, media)
    return True


async def require_revision(connection: AsyncConnection, reader: Reading, revision: int) -> None:
    """Refuse a project that has another revision than the export expects; name who changed what."""
    expected = reader.export["expected_revision"]
    if expected is None or revision == expected:
        return
    result = await connection.execute(export_tables.PROJECT, {"project_id": reader.project_id})
    if (project := row_of(result, ProjectRow)) is not None:
        history = History()
        await history.load_revisions(connection, [Since(reader.project_id, expected)])
        since = history.since(reader.project_id, expected)
        domain.require_unchanged_since(project, expected, since, reader.grants)


async def _store_files(part: _Part, export: Export) -> None:
    files = contents.project_files(export)
    rows = [
        {**part.key, "name": name, "number": number, "data": data} for number, (name, data) in enumerate(files.items())
    ]
    await part.reading.connection.execute(export_tables.ADD_FILE, rows)
    # Somebody who inserts an entry into the database gives it no place in the log, or that of another one.
    entries = {entry["log_index"]: shown_hash(entry) for entry in export.activity if entry["log_index"] is not None}
    if entries:
        parameters = {**part.key, "indexes": [*entries], "hashes": [*entries.values()]}
        await part.reading.connection.execute(export_tables.ADD_ENTRIES, parameters)
    if part.report_revision is not None:
        report = {**part.key, "name": _REPORT, "number": len(rows), "report_id": part.row["report_id"]}
        await part.reading.connection.execute(export_tables.ADD_REPORT, report)


async def _store(part: _Part, state: str, facts: dict[str, Any]) -> None:
    await part.reading.connection.execute(export_tables.STORE_PART, {**part.key, "state": state, "facts": facts})


def _facts(part: _Part, export: Export) -> dict[str, Any]:
    """Return what the package says of the project outside its folder."""
    project, report = export.project, part.report
    is_visible = "main-details" not in part.reading.choice.withheld
    labels = project["labels"] if is_visible else {}
    description = " ".join((project.get("description") or "").split()) if is_visible else ""
    names = {name: labels.get(name, {}).get("value") for name in ("type_id", "status_id")}
    return {
        "number": project["number"],
        "revision": project["revision"],
        "collected_at": export.collected_at.isoformat(),
        "created_at": project["created_at"],
        "report_revision": part.report_revision,
        "no_report": report["state"] if report and report["state"] != _MADE else None,
        "report_nodes": report["nodes"] if report else [],
        **names,
        "description": description[:_DESCRIPTION_CHARACTERS] or None,
    }
