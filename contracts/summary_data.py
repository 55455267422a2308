"""The figures of a summary, which its file has with it: what its pages say, for programs."""

from datetime import date
from typing import Literal
from uuid import UUID

from contracts.message import Message
from contracts.report_summaries import Comparison
from contracts.values import Language, Time


class Period(Message):
    """A span of time: `since` is included, `until` is not."""

    since: Time
    until: Time


class KeyFigures(Message):
    """The figures of a period; those of `main-details` are null for an author who may not see it.

    `closed` counts projects that were closed in the period and were so at its end; the seconds are theirs, from
    their creation. `open` counts all projects that were open at the end.
    """

    created: int
    closed: int | None
    open: int | None
    median_closing_seconds: float | None
    ninetieth_closing_seconds: float | None


class IntervalFigures(Message):
    """The projects that were created and closed in a day, a week or a month, which begins on `starting`.

    `created_before` is the number of the interval at the same place of the compared period.
    """

    starting: date
    created: int
    closed: int | None
    created_before: int | None


class GroupFigures(Message):
    """The projects of one value: `key` is its id, or null for the projects without one."""

    key: str | None
    name: str | None
    created: int
    created_before: int | None
    closed: int | None = None
    median_closing_seconds: float | None = None
    ninetieth_closing_seconds: float | None = None


class Grouping(Message):
    """The projects of the period by one property, the commonest values first."""

    field: str
    label: str
    groups: list[GroupFigures]


class HourFigures(Message):
    """The projects that were created on a day of the week (1 is Monday) within an hour."""

    weekday: int
    hour: int
    created: int


class Recurrence(Message):
    """How often a type of incident occurred at a place."""

    type_key: str | None
    type: str | None
    place_key: str
    place: str
    created: int
    created_before: int | None


class SummaryData(Message):
    """The data of a summary. `missing` names the sections that its author may not see.

    `place` is the label of the property that says where an incident was.
    """

    format: Literal[1] = 1
    report_id: UUID
    generated_at: Time
    generated_by: str | None
    site: str
    software: str
    organisation: str
    title: str
    language: Language
    timezone: str
    period: Period
    is_running: bool
    compare: Comparison
    compared: Period | None
    missing: list[str]
    figures: KeyFigures
    figures_before: KeyFigures | None
    interval: Literal["day", "week", "month"]
    intervals: list[IntervalFigures]
    groupings: list[Grouping]
    hours: list[HourFigures]
    place: str | None
    recurrences: list[Recurrence]
