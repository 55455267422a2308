"""The documents in a package, as its recipients parse them."""

from typing import Any
from uuid import UUID

from contracts.message import Message
from contracts.projects.exports import Included, Withheld
from contracts.projects.history import HistoryEntry
from contracts.projects.queries import ProjectDetails
from contracts.values import Language, Time


class PackageFacts(Message):
    """What a package is: made where, when, by whom, to be handed to whom and why.

    `timezone` is that of the site; all times in the documents are in UTC. `exported_by` is there with user names only.
    `exported_at` is the time of the request, `collected_at` that at which this project was read, and `report_revision`
    the revision that its PDF report shows.
    """

    format: int
    package_id: UUID
    site: str
    organisation: str
    timezone: str
    language: Language
    exported_at: Time
    collected_at: Time
    report_revision: int | None = None
    exported_by: str | None = None
    recipient: str | None = None
    reference: str | None = None
    legal_basis: str | None = None
    includes: list[Included]
    withheld: list[Withheld]


class FieldValue(Message):
    """A field that the organisation defines, with the names that it and its value had when the value was set.

    `value` is what the project stores: for a type, a status or a category the id of the choice, whose name is `name`.
    `label_now` and `name_now` are the names of today, where they differ. Without a value, `label` is that of today.
    """

    field: str
    label: str | None = None
    label_now: str | None = None
    value: int | bool | str | None = None
    name: str | None = None
    name_now: str | None = None
    set_at: Time | None = None


class PackagedProject(ProjectDetails):
    """project.json: the project as `projects.get` answers it, its fields with their names, and what the package is."""

    fields: list[FieldValue]
    package: PackageFacts


class PackagedHistory(Message):
    """history.json: every change, the newest first."""

    items: list[HistoryEntry]
    withheld: list[Withheld]


class ActivityEntry(Message):
    """What somebody did with the project, and when; `details` as in `audit.activity`."""

    at: Time
    actor: str
    activity: str
    revision: int | None
    details: dict[str, Any]


class PackagedActivity(Message):
    """activity.json: who did what with the project, the newest first, as far as it was recorded by then."""

    items: list[ActivityEntry]
    withheld: list[Withheld]
