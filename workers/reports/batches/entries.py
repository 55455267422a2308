"""The projects of a batch in their order, each with what became of its report."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict, cast
from uuid import UUID

from contracts.report_batches import LEFT_OUT_SHOWN_MAX, VOLUME_PROJECTS, BatchRecorded, LeftOut, Omission
from workers.reports.rendering.render_input import Purpose
from workers.reports.row_types import LeftProjectRow, NumberedPartRow

INCLUDED: Final = "included"
RECORDED_PROJECTS_MAX: Final = 1_000
"""Projects that one event names, as one of a sweep."""

_NO_FACTS: Final[Mapping[str, Any]] = {
    "number": None,
    "created_at": None,
    "description": None,
    "type": None,
    "status": None,
    "pages": 0,
    "template_number": None,
    "has_failed_template": False,
    "is_stamped": None,
}


class Entry(TypedDict):
    """A project of a batch: `state` is `included` or the reason of the omission."""

    project_id: str
    place: int
    state: str
    number: int | None
    created_at: str | None
    description: str | None
    type: str | None
    status: str | None
    pages: int
    template_number: int | None
    has_failed_template: bool
    is_stamped: bool | None


def entries_of(
    asked: Sequence[UUID], parts: Iterable[NumberedPartRow], gone: Mapping[UUID, LeftProjectRow]
) -> list[Entry]:
    """Return an entry for each project that was asked for.

    One without a part is among those that are `gone`, deleted or restricted, or never existed.
    """
    by_place = {part["place"]: part for part in parts}
    return [
        _entry(place, project_id, by_place.get(place), gone.get(project_id))
        for place, project_id in enumerate(asked, 1)
    ]


def _entry(place: int, project_id: UUID, part: NumberedPartRow | None, gone: LeftProjectRow | None) -> Entry:
    if part is not None:
        state = INCLUDED if part["facts"] is not None else part["state"]
    elif gone is not None:
        state = Omission.RESTRICTED.value if gone["restricted"] else Omission.DELETED.value
    else:
        state = Omission.UNKNOWN.value
    number = part["number"] if part else gone and gone["number"]
    facts = {**_NO_FACTS, "number": number, **((part["facts"] if part else None) or {})}
    return cast("Entry", {"project_id": str(project_id), "place": place, "state": state, **facts})


def included(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries with a report."""
    return [entry for entry in entries if entry["state"] == INCLUDED]


def left_out(entries: Iterable[Entry]) -> list[LeftOut]:
    """Return the first hundred projects without a report, each with its reason."""
    omitted = [entry for entry in entries if entry["state"] != INCLUDED]
    return [
        LeftOut(project_id=UUID(entry["project_id"]), reason=Omission(entry["state"]), number=entry["number"])
        for entry in omitted[:LEFT_OUT_SHOWN_MAX]
    ]


def recorded_events(report_id: UUID, entries: Iterable[Entry], purpose: Purpose, sha256: str) -> list[BatchRecorded]:
    """Return the events that record the reports: each names some of them, so that it is as small as other events."""
    ids = [UUID(entry["project_id"]) for entry in included(entries)]
    return [
        BatchRecorded(
            report_id=report_id,
            project_ids=ids[start : start + RECORDED_PROJECTS_MAX],
            sha256=sha256,
            **purpose._asdict(),
        )
        for start in range(0, len(ids), RECORDED_PROJECTS_MAX)
    ]


def volumes_of(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Divide the entries among volumes of a hundred reports; one without a report stays with its neighbours."""
    volumes: list[list[Entry]] = [[]]
    count = 0
    for entry in entries:
        if entry["state"] == INCLUDED:
            if count == VOLUME_PROJECTS:
                volumes.append([])
                count = 0
            count += 1
        volumes[-1].append(entry)
    return volumes
