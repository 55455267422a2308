"""The columns of the tables and statements of administration, by their types."""

from datetime import datetime
from typing import Any, TypedDict

from contracts.permissions import LevelName, Node


class DefinitionWords(TypedDict):
    """The name and the description of a definition."""

    name: str
    description: str


class PropertyRow(DefinitionWords):
    """A row of `administration.property`."""

    id: int
    kind: str
    slot: int | None
    closing: bool


class CategoryRow(DefinitionWords):
    """A row of `administration.category`."""

    slot: int
    id: int
    enabled: bool


class DataFieldRow(DefinitionWords):
    """A row of `administration.data_field`."""

    kind: str
    slot: int
    id: int
    enabled: bool


class SettingColumns(TypedDict):
    """The settings of the site."""

    retention_days: int
    report_title: str
    timezone: str
    language: str
    log_archive_bytes: int
    child_sites: list[str]
    export_details_required: bool
    report_confidentiality: str
    report_signatories: list[str]
    activity_days: int
    log_days: int
    deletion_reason_required: bool
    two_person_release: bool
    undo_days: int
    expiry_warning_days: int


class SettingsRow(SettingColumns):
    """A row of `administration.settings`."""

    one: bool


class SettingChanges(TypedDict, total=False):
    """The settings that a command names."""

    retention_days: int
    report_title: str
    timezone: str
    language: str
    log_archive_bytes: int
    child_sites: list[str]
    export_details_required: bool
    report_confidentiality: str
    report_signatories: list[str]
    activity_days: int
    log_days: int
    deletion_reason_required: bool
    two_person_release: bool
    undo_days: int
    expiry_warning_days: int


class RoleNameRow(TypedDict):
    """The id and the name of a role."""

    role_id: str
    name: str


class RoleRow(RoleNameRow):
    """A row of `administration.role`."""

    permissions: dict[Node, LevelName]


class RoleWithMembersRow(RoleRow):
    """A row of the statement that lists roles with their members."""

    members: list[str]


class MemberRow(TypedDict):
    """A row of `administration.member`."""

    principal: str
    role_id: str


class LicenceRow(TypedDict):
    """A row of `administration.licence`."""

    one: bool
    token: str
    version: str
    edition: str
    expires_at: datetime | None
    activated_by: str
    activated_at: datetime


class NewDefinitionChangeRow(TypedDict):
    """A row of `administration.definition_change` before the database has numbered it."""

    kind: str
    key: str
    at: datetime
    by: str
    old: Any | None
    new: Any | None


class DefinitionChangeRow(NewDefinitionChangeRow):
    """A row of `administration.definition_change`."""

    number: int


class AssignedRow(TypedDict):
    """A row of the statement that counts the projects that have properties."""

    id: int
    projects: int
