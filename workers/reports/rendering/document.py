"""What a report is made from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.projects.queries import ProjectDetails
from contracts.properties import FieldKind
from contracts.values import Language


class Section(StrEnum):
    """The parts that a report may have to do without, as `missing` names them."""

    MAIN_DETAILS = "main-details"
    DESCRIPTION = "description"
    CATEGORIES = "categories"
    DATA = "data"
    COMMENTS = "comments"
    CALLS = "calls"
    SEQUENCES = "sequences"
    PROPERTIES = "properties"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataValue:
    """A data field under the name that the administrator gave it; a decimal travels as a text."""

    label: str
    kind: FieldKind
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """All that one report says.

    `project` is what the caller may see; `categories` and `data` repeat what it holds under the
    administrator's names, disabled ones included, in the order of their slots.
    `missing` names what could not be had, as `Section` does.
    """

    report_id: UUID
    generated_at: datetime
    language: Language
    timezone: str
    title: str
    show_user_names: bool
    project: ProjectDetails
    type_name: str | None = None
    status_name: str | None = None
    categories: tuple[tuple[str, str | None], ...] = ()
    data: tuple[DataValue, ...] = ()
    missing: tuple[str, ...] = ()
