"""Every text that people write about a project can be redacted, or there is a reason why it cannot."""

from collections.abc import Mapping
from typing import Final, get_args
from uuid import UUID

import pytest

from contracts import catalogue
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import AddSequences, RemoveSequences
from contracts.projects.history import GetHistory
from contracts.projects.queries import ListProjects, ProjectFilter, RedactedField
from contracts.projects.redaction import PARTS, REDACTED
from tests.privacy.markers import TextField, text_fields
from tests.projects.helpers import NOON, Operator, sequence
from tests.projects.test_redaction import redact, tables_with
from tests.support import Site

_DISCLOSURE: Final = "the record of a disclosure: it tells whom to notify of an erasure"
_SHORT_LIVED: Final = "a draft list belongs to one user, who removes it; it is gone after 30 days"
_OF_RETENTION: Final = "why evidence was kept or released: it goes with the project"
_SELECTION: Final = "what selected the projects of a batch: it goes with the batch, after a day"
NOT_REDACTED: Final[Mapping[str, str]] = {
    "projects.delete reason": "the record of the deletion",
    "projects.redact reason": "why words were erased: it is written without them, and goes with the project",
    "projects.restrict reason": "why processing is restricted: it is deleted with the restriction or the project",
    "projects.import projects[].created_by": "the name of an account, not a text",
    "projects.export access_reason": "the record of an access to a restricted project",
    "projects.export password": "it is stored in no form that can be read",
    "projects.draft-sequences": _SHORT_LIVED,
    **{
        f"{subject} {name}": _DISCLOSURE
        for subject in ("projects.export", "reports.generate", "reports.generate-batch")
        for name in ("recipient", "reference", "legal_basis")
    },
    "reports.generate-batch filter": _SELECTION,
    "reports.generate-batch search": _SELECTION,
    "reports.generate-re": "registers and records of processing take the name of a time zone, and no text",
    "reports.generate-summary": "it is about a period; `reports.delete-summary` erases it, and it is gone after a day",
    "reports.set-": "the design of reports belongs to the site",
    "retention.": _OF_RETENTION,
}
"""Texts that are not redacted, by the beginning of their names, each with the reason."""


def target_of(field: TextField) -> str:
    """Return the field of `projects.redact` that erases a text; empty if there is none."""
    *outer, last = field.path.split(".")
    part = field.subject.removeprefix("projects.").partition("-")[2]
    if outer and outer[-1] == "sequences[]":
        return "sequence" if last in PARTS["sequence"] else ""
    if part in PARTS:
        return part if last in {*PARTS[part], "text"} else ""
    return last if last in get_args(RedactedField) else ""


def written_texts() -> list[TextField]:
    """Return the text fields of the commands that write about projects."""
    commands = catalogue.commands().keys()
    return [field for field in text_fields() if field.subject in commands and "administration." not in field.subject]


def test_every_text_has_a_target_or_a_reason() -> None:
    """A new text field of a command needs a field of `projects.redact` that erases it, or a reason above."""
    reasons = tuple(NOT_REDACTED)
    without = [field.name for field in written_texts() if not (field.name.startswith(reasons) or target_of(field))]
    assert without == []


def test_every_target_and_every_reason_is_needed() -> None:
    """No reason is left over, and no target is one that nobody writes."""
    names = [field.name for field in written_texts()]
    assert [reason for reason in NOT_REDACTED if not any(name.startswith(reason) for name in names)] == []
    targets = {target_of(field) for field in written_texts() if not field.name.startswith(tuple(NOT_REDACTED))}
    assert targets == {*get_args(RedactedField)}


async def attach(operator: Operator) -> UUID:
    """Attach a sequence of a camera that somebody named after a person, and return the id of the sequence."""
    named = sequence("Zorbax, second floor").model_copy(update={"camera_id": "zorbax-7"})
    await operator.send(AddSequences(project_id=operator.project_id, sequences=[named, sequence()]))
    return named.sequence_id


async def listed(operator: Operator, camera_id: str) -> int:
    """Return how many projects have a sequence of a camera."""
    return len((await operator.client.ask(ListProjects(filter=ProjectFilter(camera_ids=[camera_id])))).items)


@pytest.mark.parametrize("is_removed", [False, True])
async def test_the_camera_of_a_sequence_is_redacted(operator: Operator, site: Site, *, is_removed: bool) -> None:
    """No table, filter, search and history has its name or number any more; when it recorded stays."""
    sequence_id = await attach(operator)
    if is_removed:
        await operator.send(RemoveSequences(project_id=operator.project_id, sequence_ids=[sequence_id]))
    redacted = await operator.send(redact(operator, "sequence", sequence_id))
    assert redacted.texts == 4
    assert await tables_with(site, "zorbax") == []
    assert [await listed(operator, camera_id) for camera_id in ("zorbax-7", "cam-4")] == [0, 1]
    assert [row.camera_id for row in await site.sql("SELECT camera_id FROM projects.camera")] == ["cam-4"]
    assert (await operator.client.ask(ListProjects(search="zorbax"))).items == []
    shown = {each.sequence_id: each for each in (await operator.project()).sequences or ()}
    assert (sequence_id in shown) is not is_removed
    if not is_removed:
        assert shown[sequence_id].camera_id == ""
        assert shown[sequence_id].camera_name == ""
        assert shown[sequence_id].start == NOON
    history = await operator.client.ask(GetHistory(project_id=operator.project_id, field="sequence"))
    added = next(entry.new for entry in history.items if entry.part_id == sequence_id and entry.old is None)
    assert added["camera_id"] == REDACTED
    assert added["camera_name"] == REDACTED
    assert added["start"]


async def test_a_sequence_that_never_was_cannot_be_redacted(operator: Operator) -> None:
    """An unknown sequence is gone, and one whose camera is redacted has no words any more."""
    refused = await operator.refusal(redact(operator, "sequence", uuid7()))
    assert refused.code == Code.GONE
    assert refused.details["fields"][0]["kind"] == "not_here"
    sequence_id = await attach(operator)
    await operator.send(redact(operator, "sequence", sequence_id))
    refused = await operator.refusal(redact(operator, "sequence", sequence_id))
    assert refused.code == Code.INVALID
    assert refused.details["fields"][0]["kind"] == "no_words"
