"""Commands and events of settings and roles (RET-01, REP-03, PERM-01 to PERM-11)."""

from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.message import SITE_STORE, Change, Command, Event
from contracts.permissions import LevelName, Node
from contracts.projects.recordings import SiteName
from contracts.retention_policies import Confirm
from contracts.texts import Part, Phrase
from contracts.values import Language, Name, Principal, ShortText, Text

RoleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
ChildSites = Annotated[list[SiteName], Field(max_length=200)]
"""The sites whose sequences may be added to this site's projects, besides its own (SEQ-10, FED-03)."""

Confidentiality = Annotated[Text, StringConstraints(max_length=120)]
"""A line at the head of each page of a report."""

Signatories = Annotated[list[Annotated[Name, Field(max_length=80, pattern=r"^[^\n]*$")]], Field(max_length=6)]
"""Who signs a report, such as a function: each gets a line to sign on."""

RetentionDays = Annotated[int, Field(ge=1, le=365_000)]
LogDays = Annotated[int, Field(ge=30, le=3_650)]
UndoDays = Annotated[int, Field(ge=0, le=90)]
ExpiryWarningDays = Annotated[int, Field(ge=0, le=90)]
LOG_DAYS_WITHOUT_REASON_MAX: Final = 1_095
"""Three years: keeping logs for longer takes a reason."""


class AdministrationEvent(Event):
    """A definition or setting that an administrator made, changed or deleted (LOG-T1)."""

    stores = SITE_STORE


class DefinitionEvent(AdministrationEvent):
    """A definition: its current or last name, and its changes with old and new values.

    An added definition has no old values, a deleted one no new values, and early events have neither.
    """

    name: Name | None = None
    changed: dict[str, Change] = {}


class SettingsChanged(AdministrationEvent):
    """Settings changed, each with its old and new value; of a list of sites they are one text, of signatories lines.

    `reason` says why logs are kept for more than three years.
    """

    subject = "administration.settings-changed"

    changed: dict[str, Change]
    reason: str | None = None


class ChangeSettings(Command[SettingsChanged]):
    """Change any of the site's settings; absent = unchanged.

    A shorter retention time, or a time zone in which projects expire earlier, is a `conflict` without `confirm` if it
    lets the next sweep delete more than before. Logs that are kept for more than three years need a `reason`, which the
    log has.
    """

    subject = "administration.change-settings"
    node = Node.SETTINGS
    part = Part.SETTINGS
    failure_phrase = Phrase.NOT_SAVED

    retention_days: RetentionDays | None = None
    report_title: ShortText | None = None
    report_confidentiality: Confidentiality | None = None
    report_signatories: Signatories | None = None
    timezone: Name | None = None
    language: Language | None = None
    log_archive_bytes: Annotated[int, Field(ge=100_000, le=10_000_000_000)] | None = None
    child_sites: ChildSites | None = None
    export_details_required: bool | None = None
    activity_days: LogDays | None = None
    log_days: LogDays | None = None
    reason: Annotated[Text, StringConstraints(min_length=1, max_length=500)] | None = None
    deletion_reason_required: bool | None = None
    two_person_release: bool | None = None
    undo_days: UndoDays | None = None
    expiry_warning_days: ExpiryWarningDays | None = None
    confirm: Confirm | None = None

    @model_validator(mode="after")
    def _names_a_change(self) -> Self:
        if not any(getattr(self, name) is not None for name in self.model_fields_set - {"confirm", "reason"}):
            kind = "nothing_to_change"
            raise PydanticCustomError(kind, "give at least one setting to change")
        longest = max(self.activity_days or 0, self.log_days or 0)
        if longest > LOG_DAYS_WITHOUT_REASON_MAX and self.reason is None:
            kind = "long_without_reason"
            raise PydanticCustomError(kind, "give a reason for keeping a log for more than 1,095 days")
        return self


class RoleDefined(DefinitionEvent):
    """A role was created, or its permissions changed."""

    subject = "administration.role-defined"

    role_id: RoleId
    permissions: dict[Node, LevelName]


class DefineRole(Command[RoleDefined]):
    """Create a role, or replace its name and all its permissions (PERM-11)."""

    subject = "administration.define-role"
    changes_permissions = True
    node: ClassVar[Node] = Node.ROLES
    part = Part.ROLE
    failure_phrase = Phrase.NOT_SAVED

    role_id: RoleId
    name: Name
    permissions: dict[Node, LevelName]


class RoleDeleted(DefinitionEvent):
    """A role and all its assignments were deleted."""

    subject = "administration.role-deleted"

    role_id: RoleId


class DeleteRole(Command[RoleDeleted]):
    """Delete a role; its members lose its permissions."""

    subject = "administration.delete-role"
    changes_permissions = True
    node = Node.ROLES
    part = Part.ROLE
    failure_phrase = Phrase.NOT_SAVED

    role_id: RoleId


class RoleAssigned(AdministrationEvent):
    """A role was assigned to a principal; `name` is the role's name at that time."""

    subject = "administration.role-assigned"

    principal: Principal
    role_id: RoleId
    name: Name | None = None


class AssignRole(Command[RoleAssigned]):
    """Assign a role to a principal; it applies from the principal's next message on."""

    subject = "administration.assign-role"
    changes_permissions = True
    node = Node.ROLES
    part = Part.ROLE
    failure_phrase = Phrase.NOT_SAVED

    principal: Principal
    role_id: RoleId


class RoleUnassigned(AdministrationEvent):
    """A role was revoked from a principal; `name` is the role's name at that time."""

    subject = "administration.role-unassigned"

    principal: Principal
    role_id: RoleId
    name: Name | None = None


class UnassignRole(Command[RoleUnassigned]):
    """Revoke a role from a principal."""

    subject = "administration.unassign-role"
    changes_permissions = True
    node = Node.ROLES
    part = Part.ROLE
    failure_phrase = Phrase.NOT_SAVED

    principal: Principal
    role_id: RoleId
