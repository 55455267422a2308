"""Calls made and received (PRJ-18, B3)."""

from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.parts import AddCall, DeleteCall, EditCall
from tests.projects.helpers import NOON, Operator


async def test_a_call_is_recorded_corrected_and_deleted(operator: Operator) -> None:
    """A call keeps direction, time, party, number, length, reference and notes, as last corrected (PRJ-18)."""
    call = AddCall(
        project_id=operator.project_id,
        call_id=uuid7(),
        direction="made",
        at=NOON,
        party="Police",
        number="117",
        duration_seconds=90,
    )
    await operator.send(call)
    corrected = EditCall(**{**call.model_dump(), "reference": "2026/4711", "notes": "On their way."})
    await operator.send(corrected)
    (stored,) = (await operator.project()).calls or []
    assert stored.party == "Police"
    assert stored.number == "117"
    assert stored.duration_seconds == 90
    assert stored.reference == "2026/4711"
    assert stored.notes == "On their way."
    assert stored.edited_by == "admin"
    await operator.send(DeleteCall(project_id=operator.project_id, call_id=call.call_id))
    assert (await operator.project()).calls == []


async def test_a_deleted_call_cannot_be_saved(operator: Operator) -> None:
    """Correcting or deleting a call that is not there is refused in the words of MSG-07."""
    project_id, call_id = operator.project_id, uuid7()
    correction = EditCall(project_id=project_id, call_id=call_id, direction="made", at=NOON, party="Police")
    for command in (correction, DeleteCall(project_id=project_id, call_id=call_id)):
        refused = await operator.refusal(command)
        assert refused.error.code is Code.GONE
        assert refused.error.message == "Unable to save the call. Try again later."
