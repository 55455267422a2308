"""Making the package of collected projects, and concluding the command that asked for it."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, Final, NamedTuple
from uuid import UUID

import structlog

from contracts.errors import Code, Refusal, project_gone
from contracts.evidence import bag
from contracts.evidence.bag import FileDigest
from contracts.permissions import Level, Node
from contracts.projects.export_control import ExportState
from contracts.projects.exports import ExportedProject, Omitted, OmittedProject, Package, ProjectExported
from contracts.texts import Part
from workers.common import signing_key
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.projects import export_tables, tables
from workers.projects.exports import database_storage, sealed_passwords
from workers.projects.exports.activity_proofs import ActivityProofs, ready_proofs
from workers.projects.exports.collection import COLLECTED
from workers.projects.exports.conclusion import (
    choice_of,
    conclude,
    conclude_cancelled,
    give_up_export,
    missing_nodes,
)
from workers.projects.exports.media import MediaChangedError, PartMedia, stated
from workers.projects.exports.media_steps import MediaPlace, Progress
from workers.projects.exports.package_items import ProjectFiles, Sources, package_items
from workers.projects.exports.sealed_passwords import SealedPasswordError
from workers.projects.packages import bagging, reading, sizes
from workers.projects.packages.bagging import Contents, Copy
from workers.projects.packages.sealing import Packing, SealedFile, temporary_file
from workers.projects.row_types import ExportRow, PackageRow, TombstoneRow
from workers.projects.row_types.export_rows import ExportPartRow
from workers.runtime.commands.deferred_commands import Step, StepChangedError
from workers.runtime.storage.identity_map import row_of, rows_of

_SHOWN: Final = tuple(name for name in ExportedProject.model_fields if name not in {"project_id", "folder"})
log = structlog.get_logger()


class _Parts(NamedTuple):
    """The projects of an export: those that were collected, and those that are left out."""

    collected: Sequence[ExportPartRow]
    left_out: Sequence[OmittedProject]


async def finish(step: Step, package_id: UUID, *, give_up: bool = False) -> bool:
    """Make the package of an export without waiting projects, or end a cancelled one; return whether it was done."""
    connection, named = step.connection, {"package_id": package_id}
    if not (await connection.execute(export_tables.HOLD, named)).scalar_one():
        return False
    export = row_of(await connection.execute(export_tables.EXPORT, named), ExportRow)
    if export is None:
        return False
    if export["state"] == ExportState.CANCELLED or give_up:
        return await (give_up_export if export["state"] == ExportState.PENDING else conclude_cancelled)(step, export)
    parts = rows_of(await connection.execute(export_tables.PARTS, named), ExportPartRow)
    return not any(part["state"] == "waiting" for part in parts) and await _make_of(step, export, parts)


async def _make_of(step: Step, export: ExportRow, parts: Sequence[ExportPartRow]) -> bool:
    """Make the package of these projects, and conclude its command; or have one of them collected again."""
    try:
        proofs = await _proofs(step, export, parts)
        if proofs is None:
            return False
        result = await _make(step, export, await _sort(step, export, parts), proofs)
    except MediaChangedError as error:
        wants_reports = "report" in export["includes"]
        await MediaPlace(export["package_id"], error.place).wait_again(step, wants_reports=wants_reports)
        return True
    except Refusal as refusal:
        return await conclude(step, export, refusal)
    revision = None if export["has_folders"] else result.package.projects[0].revision
    return await conclude(step, export, result, revision=revision)


async def _proofs(step: Step, export: ExportRow, parts: Sequence[ExportPartRow]) -> ActivityProofs | None:
    """Return what proves the activity of the package; None while a signed state of the log is awaited.

    Raises:
        Refusal: This site cannot sign it.
    """
    now = (await step.context(export["principal"])).now
    times = [datetime.fromisoformat(_facts(part)["collected_at"]) for part in parts if part["state"] == COLLECTED]
    waits = now, max(times, default=now)
    return await ready_proofs(step.connection, export["package_id"], step.site, require_key(), waits)


async def _sort(step: Step, export: ExportRow, parts: Sequence[ExportPartRow]) -> _Parts:
    """Return the collected projects, and the others with the reason why each is left out.

    Raises:
        Refusal: No project is left.
    """
    known = {part["project_id"]: part for part in parts}
    missing = sorted(set(export["project_ids"]) - known.keys())
    answer = rows_of(await step.connection.execute(tables.TOMBSTONES, {"ids": missing}), TombstoneRow)
    tombstones = {tombstone["project_id"]: tombstone for tombstone in answer}
    collected = [part for part in parts if part["state"] == COLLECTED]
    if not collected and not export["has_folders"]:
        raise project_gone(tombstones.get(export["project_ids"][0]), Part.PROJECT)
    if not collected:
        raise Refusal(Code.INVALID, fields=[{"field": "project_ids", "kind": "no_projects"}])
    left_out = [
        _omitted(project_id, known.get(project_id), tombstones.get(project_id))
        for project_id in export["project_ids"]
        if known.get(project_id) not in collected
    ]
    return _Parts(collected, left_out)


def _omitted(project_id: UUID, part: ExportPartRow | None, tombstone: TombstoneRow | None) -> OmittedProject:
    why: Omitted = "too-large" if part else "unknown"
    if tombstone and not part:
        why = "restricted" if tombstone["restricted"] else "deleted"
    number = _facts(part).get("number") if part else tombstone["number"] if tombstone else None
    return OmittedProject(project_id=project_id, reason=why, number=number)


async def _make(step: Step, export: ExportRow, parts: _Parts, proofs: ActivityProofs) -> ProjectExported:
    """Make and store the package.

    Raises:
        Refusal: It would be too large, or its author may not see all of it any more, or this site cannot sign it.
        StepChangedError: One of its projects was deleted meanwhile.
        MediaChangedError: A recording was changed meanwhile.
    """
    key, named = require_key(), {"package_id": export["package_id"]}
    context = await step.context(export["principal"])
    if missing := missing_nodes(export, context.grants[export["principal"]]):
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.VIEW.name.lower())
    password = _password(export, key)
    size = (await step.connection.execute(export_tables.FILES_BYTES, named)).scalar_one()
    sizes.require_size(size, sizes.FILES_BYTES_MAX)
    package = replace(await _contents(step, export, parts), log_files=await proofs.files(step.site, key))
    digests = dict[str, FileDigest]()
    projects = [
        ProjectFiles(
            step.connection, package.package_id, part["place"], bag.PAYLOAD + copy.folder, _media(part)["files"]
        )
        for part, copy in zip(parts.collected, package.copies, strict=True)
    ]
    sources = Sources(projects, await proofs.item(), Progress(step, package.package_id))
    items = package_items(package, key, sources, digests)
    size += package.media_bytes + (sources.proofs.size if sources.proofs else 0)
    packing = Packing(package.package_id, context.now, key, size)
    with ExitStack() as files:
        target = files.enter_context(temporary_file())
        sealed = await packing.pack(items, digests, password, target)
        if package.recipients:
            packed, target = target, files.enter_context(temporary_file())
            page = bagging.wrapper_page(package, key)
            sealed = await packing.encrypt(page, packed, package.recipients, target)
        await _keep(step, _row(export, parts, packing, sealed), parts, target)
    described = _described(package, parts, digests, sealed)
    project_id = None if export["has_folders"] else export["project_ids"][0]
    purpose = reading.purpose_of(export)
    return ProjectExported(project_id=project_id, package=described, access_reason=export["access_reason"], **purpose)


async def _keep(step: Step, row: PackageRow, parts: _Parts, file: BinaryIO) -> None:
    """Store the package.

    Raises:
        StepChangedError: One of its projects was deleted meanwhile.
    """
    connection, package_id = step.connection, row["package_id"]
    await database_storage.keep(connection, row, file)
    # Last, because a project cannot be deleted from here on.
    locked = await connection.execute(export_tables.KEEP_PARTS, {"package_id": package_id})
    if locked.scalar_one() != len(parts.collected):
        raise StepChangedError
    await database_storage.add_projects(connection, package_id, [part["project_id"] for part in parts.collected])


def _row(export: ExportRow, parts: _Parts, packing: Packing, sealed: SealedFile) -> PackageRow:
    nodes = {node for part in parts.collected for node in _facts(part)["report_nodes"]}
    return {
        "package_id": export["package_id"],
        "created_by": export["principal"],
        "created_at": packing.at,
        "includes": choice_of(export).restricted_contents,
        "bytes": sealed.bytes,
        "sha256": sealed.sha256,
        "report_nodes": sorted(nodes | ({Node.RESTRICTED} if export["access_reason"] else set())),
    }


def _described(package: Contents, parts: _Parts, digests: Mapping[str, FileDigest], sealed: SealedFile) -> Package:
    """Return what the outcome says of a package."""
    return Package(
        package_id=package.package_id,
        bytes=sealed.bytes,
        sha256=sealed.sha256,
        encrypted=package.has_password or bool(package.recipients),
        recipients=[*package.recipients],
        entries=bagging.entries(digests, [copy.folder for copy in package.copies]),
        includes=package.choice.includes,
        withheld=package.choice.withheld,
        projects=[_exported(part, copy) for part, copy in zip(parts.collected, package.copies, strict=True)],
        left_out=list(parts.left_out),
        media_files=package.media_files,
        media_bytes=package.media_bytes,
        media_incomplete=sum(map(_incomplete, parts.collected)) if package.choice.has_media else 0,
    )


async def _contents(step: Step, export: ExportRow, parts: _Parts) -> Contents:
    settings = await reading.read_settings(step.connection)
    return Contents(
        package_id=export["package_id"],
        site=step.site,
        organisation=settings["report_title"],
        timezone=settings["timezone"],
        language=export["language"],
        exported_at=export["taken_at"],
        exported_by=export["principal"],
        choice=choice_of(export),
        purpose=reading.purpose_of(export),
        copies=[Copy(folder=_folder(export, part), facts=_facts(part)) for part in parts.collected],
        left_out=parts.left_out,
        has_folders=export["has_folders"],
        has_password=export["sealed_password"] is not None,
        recipients=export["recipients"],
        media_files=sum(len(_media(part)["files"]) for part in parts.collected),
        media_bytes=sum(_media(part)["bytes"] for part in parts.collected),
    )


def _media(part: ExportPartRow) -> PartMedia:
    media: PartMedia | None = part["media"]
    return media or stated((), "not-requested")


def _incomplete(part: ExportPartRow) -> int:
    """Return how many sequences have not all of their recordings in the package."""
    return sum(entry["media_state"] != "included" for entry in _media(part)["sequences"].values())


def _folder(export: ExportRow, part: ExportPartRow) -> str:
    return f"{_facts(part)['number']}/" if export["has_folders"] else ""


def _facts(part: ExportPartRow) -> Mapping[str, Any]:
    return part["facts"] or {}


def _exported(part: ExportPartRow, copy: Copy) -> ExportedProject:
    shown = {name: copy.facts[name] for name in _SHOWN}
    folder = bag.PAYLOAD + copy.folder
    return ExportedProject.model_validate({**shown, "project_id": part["project_id"], "folder": folder})


def _password(export: ExportRow, key: SigningKey) -> str | None:
    sealed = export["sealed_password"]
    if sealed is None:
        return None
    try:
        return sealed_passwords.unseal(sealed, key, export["package_id"])
    except SealedPasswordError as error:
        log.warning("package_password_unreadable", package_id=str(export["package_id"]))
        raise Refusal(Code.UNAVAILABLE) from error


def require_key() -> SigningKey:
    """Return the key of this site; without one nothing is exported, because nobody could verify it."""
    try:
        return signing_key.current()
    except NoSigningKeyError as error:
        log.warning("signing_key_missing", path=str(error.path), reason=error.reason)
        raise Refusal(Code.UNAVAILABLE) from error
