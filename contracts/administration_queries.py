"""Queries about properties, settings, roles and the caller's own permissions."""

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.message import Message, Query
from contracts.permissions import Level, LevelName, Node
from contracts.properties import FieldKind
from contracts.values import Name, Time


class Property(Message):
    """A type, a status or a value of a category."""

    id: int
    name: str
    description: str


class Status(Property):
    """A status; projects that have a `closing` one are closed."""

    closing: bool = False


class Category(Message):
    """One of the five categories with its values."""

    id: int
    slot: int
    enabled: bool
    name: str
    description: str
    values: list[Property]


class DataField(Message):
    """One of the fifteen data fields."""

    id: int
    kind: FieldKind
    slot: int
    enabled: bool
    name: str
    description: str


class Properties(Message):
    """Every defined property (PROP-01)."""

    types: list[Property]
    statuses: list[Status]
    categories: list[Category]
    data_fields: list[DataField]


class GetProperties(Query[Properties]):
    """Ask for every defined property; view on `incident-projects` also suffices."""

    subject = "administration.properties"
    node = Node.PROPERTIES
    instead = Node.PROJECTS


class Settings(Message):
    """The site's settings."""

    retention_days: int
    report_title: str
    timezone: str
    language: str
    log_archive_bytes: int
    child_sites: list[str] = []
    export_details_required: bool = False
    deletion_reason_required: bool = False
    two_person_release: bool = False
    undo_days: int = 0
    expiry_warning_days: int = 7
    report_confidentiality: str = ""
    report_signatories: list[str] = []
    activity_days: int = 365
    log_days: int = 365


class GetSettings(Query[Settings]):
    """Ask for the site's settings."""

    subject = "administration.settings"
    node = Node.SETTINGS


class Role(Message):
    """A role with its permissions and its members."""

    role_id: str
    name: str
    permissions: dict[Node, LevelName]
    members: list[str]


class Roles(Message):
    """Every role of the site."""

    roles: list[Role]


class GetRoles(Query[Roles]):
    """Ask for every role of the site."""

    subject = "administration.roles"
    is_recorded = True
    node = Node.ROLES


class Me(Message):
    """The caller, its roles, their combined permissions, and the subjects of all messages that it `may` send.

    `role_names` has the name of each role by its id; workers of an older version leave it out.
    """

    principal: str
    roles: list[str]
    role_names: dict[str, str] = {}
    permissions: dict[Node, LevelName]
    may: list[str] = []


class GetMe(Query[Me]):
    """Ask for the caller's own roles and permissions."""

    subject = "administration.me"
    node = Node.ROLES

    def needs(self) -> dict[Node, Level]:
        """Require nothing: every principal may know its own permissions."""
        return {}


PropertyKind = Literal["type", "status", "category-value", "category", "data-field"]
DefinitionKind = Literal[PropertyKind, "role", "setting"]


class DefinitionChange(Message):
    """One change: `old` is null for an addition, `new` for a deletion.

    `key` is the id of a type, status, value or role, the name of a setting, or the field of a project that a category
    or data field defines (`category_1`, `text_3`).
    """

    kind: DefinitionKind
    key: str
    at: Time
    by: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class DefinitionHistory(Message):
    """A page of changes, newest first, and the cursor of the next page (absent on the last page)."""

    items: list[DefinitionChange]
    next: str | None = None


class DefinitionQuery(Query[DefinitionHistory]):
    """A query of the changes of definitions, of one by its `key` or of all: what, who and when."""

    key: Name | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: Annotated[str, Field(max_length=200)] | None = None


class GetPropertyHistory(DefinitionQuery):
    """Ask for the changes of types, statuses, categories, their values or data fields."""

    subject = "administration.property-history"
    node = Node.PROPERTIES

    kind: PropertyKind


class GetRoleHistory(DefinitionQuery):
    """Ask for the changes of roles: their names and permissions."""

    subject = "administration.role-history"
    node = Node.ROLES


class GetSettingHistory(DefinitionQuery):
    """Ask for the changes of settings."""

    subject = "administration.setting-history"
    node = Node.SETTINGS
