"""What can be asked about properties, settings, roles and one's own permissions."""

from contracts.message import Message, Query
from contracts.permissions import Level, LevelName, Node
from contracts.properties import FieldKind


class Property(Message):
    """A type, a status or a value of a category."""

    id: int
    name: str
    description: str


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
    statuses: list[Property]
    categories: list[Category]
    data_fields: list[DataField]


class GetProperties(Query[Properties]):
    """Ask for every defined property."""

    subject = "administration.properties"
    node = Node.PROPERTIES


class Settings(Message):
    """The site's settings."""

    retention_days: int
    report_title: str
    timezone: str
    language: str
    log_archive_bytes: int
    child_sites: list[str] = []


class GetSettings(Query[Settings]):
    """Ask for the site's settings."""

    subject = "administration.settings"
    node = Node.SETTINGS


class Role(Message):
    """A role, what it gives, and who has it."""

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
    node = Node.ROLES


class Me(Message):
    """Who the caller is here, what its roles come to, and every message that it `may` send, by its subject."""

    principal: str
    roles: list[str]
    permissions: dict[Node, LevelName]
    may: list[str] = []


class GetMe(Query[Me]):
    """Ask what one may do oneself."""

    subject = "administration.me"
    node = Node.ROLES

    def needs(self) -> dict[Node, Level]:
        """Ask for nothing: everybody may know its own permissions."""
        return {}
