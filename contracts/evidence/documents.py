"""The documents in a package, as its recipients parse them."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from contracts.message import Message
from contracts.projects.exports import Included, Withheld
from contracts.projects.history import HistoryEntry
from contracts.projects.queries import AttachedSequence, ProjectDetails
from contracts.values import Language, Sha256, Time

MediaState = Literal[
    "included",
    "partial",
    "missing",
    "expired",
    "too-large",
    "unreadable",
    "other-site",
    "not-requested",
    "not-configured",
]
"""Whether the recordings of a sequence are in a package, or why not."""


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


class MediaFile(Message):
    """A recording in a package: its file there, below the folder of its project, and the file that it was copied from.

    It is from `start` to `end`, as the name of that file says.
    """

    name: str
    source: str
    start: Time
    end: Time
    bytes: int
    sha256: Sha256


class OmittedMedia(Message):
    """A recording of a sequence that is not in the package; one that cannot be read has no size."""

    source: str
    bytes: int | None
    reason: Literal["too-large", "unreadable"]


class PackagedSequence(AttachedSequence):
    """A sequence, and whether its recordings are in the package.

    `included`: all of it. `partial`: some of it; the rest was not found, or is in `media_left_out`. `missing`: no file
    was found. `expired`: no file was found, and the recording was to be kept until `media_expires_at`. `too-large`: the
    package has no room for them. `unreadable`: they are there and cannot be read. `other-site`: that site has them.
    `not-requested`: whoever made the package left recordings out. `not-configured`: this site exports none.
    """

    media_state: MediaState
    media_files: list[MediaFile]
    media_left_out: list[OmittedMedia]


class PackagedProject(ProjectDetails):
    """project.json: the project as `projects.get` answers it, its fields with their names, and what the package is."""

    sequences: Sequence[PackagedSequence] | None = None
    fields: list[FieldValue]
    package: PackageFacts


class PackagedHistory(Message):
    """history.json: every change, the newest first."""

    items: list[HistoryEntry]
    withheld: list[Withheld]


class ActivityEntry(Message):
    """What somebody did with the project, and when; `details` as in `audit.activity`.

    `log_index` is its place in the log of the site. An entry that is as it was recorded has its ids. Of one without the
    name of its actor, or without details that the package withholds, `leaf_hash` is the hash of its leaf in the log.

    Beside an entry as it was recorded are the `values` of its fields: `details` only names these, with `values_hash`,
    the HMAC-SHA256 of the values in canonical JSON under the key `values_salt`.
    """

    log_index: int | None
    at: Time
    actor: str
    activity: str
    revision: int | None
    details: dict[str, Any]
    event_id: UUID | None = None
    project_id: UUID | None = None
    command_id: UUID | None = None
    leaf_hash: Sha256 | None = None
    values: dict[str, Any] | None = None
    values_salt: Sha256 | None = None


class PackagedActivity(Message):
    """activity.json: who did what with the project, the newest first, as far as it was recorded by then."""

    items: list[ActivityEntry]
    withheld: list[Withheld]
