"""Erasing the words of one text of a project: by a command, and again in a restored database."""

from typing import Any, cast

from contracts.projects.redaction import CALL_TEXTS, SEQUENCE_TEXTS, ProjectRedacted, RedactProject
from contracts.texts import Part
from workers.projects.row_types import CallRow, ProjectChanges, ProjectRow
from workers.projects.rows import ProjectRows
from workers.projects.rules import redaction_rules
from workers.projects.rules.redaction_rules import RedactedPast, Texts
from workers.projects.tables import redactions
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.storage.bulk_writes import insert_rows


async def erase_words(command: RedactProject, project: ProjectRow, unit: Unit[ProjectRows]) -> ProjectRedacted:
    """Erase the words of a field or part from the project, its history and its files.

    Raises:
        Refusal: The part is gone, or there are no words.
    """
    present = _present(command, project, unit)
    erased = {} if command.earlier_only or not present else {name: text for name, text in present.items() if text}
    past = await _redact_past(command, unit, (present or {}) if command.earlier_only else {})
    texts = past.texts + len(erased)
    redaction_rules.require_words(command, texts, is_known=past.is_known or present is not None)
    files = (await unit.connection.execute(redactions.DROP_FILES, {"project_id": command.project_id})).scalar_one()
    _erase(command, project, erased, unit)
    await insert_rows(unit.connection, redactions.Redaction, [_row(command, unit)])
    return ProjectRedacted(**command.model_dump(include={*ProjectRedacted.model_fields}), texts=texts, files=files)


def _present(command: RedactProject, project: ProjectRow, unit: Unit[ProjectRows]) -> Texts | None:
    """Return the present texts; None if the part does not exist or not any more."""
    rows, key = unit.rows, (command.project_id, command.part_id)
    if command.field == "comment":
        comment = rows.comments.get(*key)
        return comment and {"comment": comment["text"]}
    if command.field == "call":
        call = rows.calls.get(*key)
        return call and {name: call[name] for name in CALL_TEXTS}
    if command.field == "sequence":
        sequence = rows.sequences.get(*key)
        return sequence and {name: sequence[name] for name in SEQUENCE_TEXTS}
    return {command.field: project[command.field]}


async def _redact_past(command: RedactProject, unit: Unit[ProjectRows], present: Texts) -> RedactedPast:
    """Erase the words from the history, except those that are present."""
    named = {"project_id": command.project_id, "field": command.field}
    texts, is_known = 0, False
    for revision, changes in (await unit.connection.execute(redactions.CHANGES, named)).all():
        is_known = is_known or any(change.get("part_id") == str(command.part_id) for change in changes)
        redacted = redaction_rules.without_words(changes, command, present)
        texts += redacted.texts
        if redacted.texts:
            written = {"project_id": command.project_id, "revision": revision, "changes": redacted.changes}
            await unit.connection.execute(redactions.REWRITE, written)
    return RedactedPast(texts, is_known)


def _erase(command: RedactProject, project: ProjectRow, erased: Texts, unit: Unit[ProjectRows]) -> None:
    """Write the next revision of the project, without the words that were in force."""
    rows, part_id = unit.rows, command.part_id
    past = redaction_rules.change_of(command, erased)
    if erased and part_id and command.field == "comment":
        rows.comments.put({**rows.require_part(rows.comments, Part.COMMENT, project["id"], part_id), "text": ""})
    elif erased and part_id and command.field == "sequence":
        sequence = rows.require_part(rows.sequences, Part.SEQUENCES, project["id"], part_id)
        rows.sequences.put({**sequence, "camera_id": "", "camera_name": ""})
    elif erased and part_id:
        call = rows.require_part(rows.calls, Part.CALL, project["id"], part_id)
        rows.calls.put(cast("CallRow", {**call, **dict.fromkeys(CALL_TEXTS, "")}))
    is_field = erased and part_id is None
    changes = {command.field: "" if command.field == "description" else None} if is_field else {}
    rows.revise(project, unit, cast("ProjectChanges", changes), [past])


def _row(command: RedactProject, unit: Unit[ProjectRows]) -> dict[str, Any]:
    fields = command.model_dump(include={"project_id", "field", "part_id", "earlier_only", "reason"})
    return {**fields, "revision": unit.revision, "at": unit.now, "by": unit.principal}
