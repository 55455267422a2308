"""Permission nodes and levels, of which roles are made (PERM-01 to PERM-11)."""

from enum import IntEnum, StrEnum
from typing import Literal

ADMINISTRATORS = "administrators"
"""The role that always has every permission."""


class Level(IntEnum):
    """The level of a permission; manage implies view (AMB-3)."""

    NONE = 0
    VIEW = 1
    MANAGE = 2


LevelName = Literal["none", "view", "manage"]


class Node(StrEnum):
    """The object of a permission."""

    PROPERTIES = "incident-properties"
    SETTINGS = "settings"
    ROLES = "roles"
    AUDIT_LOG = "audit-log"
    DEAD_LETTERS = "dead-letters"
    PERSONAL_DATA = "personal-data"
    PROJECTS = "incident-projects"
    MAIN_DETAILS = "incident-projects/main-details"
    CATEGORIES = "incident-projects/categories"
    COMMENTS = "incident-projects/comments"
    SEQUENCES = "incident-projects/sequences"
    CALLS = "incident-projects/calls"
    ACTIVITY_LOGS = "incident-projects/activity-logs"
    REPORTS = "incident-projects/reports"
    EXPORT = "incident-projects/export"
    USER_NAMES = "incident-projects/user-names"
    RETENTION = "incident-projects/retention"
    HOLD_RELEASE = "incident-projects/hold-release"
    RESTRICTED = "incident-projects/restricted"


class Grants(dict[Node, Level]):
    """The permissions of one principal: by node, the highest level of all its roles; absent nodes are refused."""

    def allow(self, node: Node, level: Level) -> bool:
        """Tell whether `level` on `node` is granted; a sub-node also needs view on `incident-projects`."""
        if node.startswith(f"{Node.PROJECTS}/") and self.get(Node.PROJECTS, Level.NONE) < Level.VIEW:
            return False
        return self.get(node, Level.NONE) >= level


EVERYTHING = Grants(dict.fromkeys(Node, Level.MANAGE))
