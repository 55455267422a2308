"""The query of counts and trends of projects."""

from typing import Final, Literal

from pydantic import AwareDatetime

from contracts.message import Message, Query
from contracts.permissions import Level, Node
from contracts.projects.commands import node_of_field
from contracts.projects.queries import ProjectFilter

GROUPS_MAX = 1_000

Grouping = Literal[
    "type",
    "status",
    "category_1",
    "category_2",
    "category_3",
    "category_4",
    "category_5",
    "creator",
    "camera",
    "imported",
]
_GROUPED: Final[dict[str, Node]] = {
    "type": node_of_field("type_id"),
    "status": node_of_field("status_id"),
    **{f"category_{slot}": node_of_field(f"category_{slot}") for slot in range(1, 6)},
    "camera": Node.SEQUENCES,
}
"""The node that a group needs, if not the project's own."""

Interval = Literal["day", "week", "month", "none"]


class Figures(Message):
    """The number of a group's projects created in an interval, and how many of these are closed and have ended.

    `group` is the id of a property, a principal, a camera's id or a truth value; null means projects without one.
    `starting` is the start of the interval in the site's time zone; absent if no interval was requested.
    `closed` counts projects whose status is marked as closing; their time runs from their creation to when they last
    became closed. `ended` counts projects with an end time; their duration runs from start to end, if both are set.
    All of these are null for callers who may not see main details.
    """

    group: int | bool | str | None = None
    starting: AwareDatetime | None = None
    count: int
    closed: int | None
    median_closing_seconds: float | None = None
    average_closing_seconds: float | None = None
    ended: int | None
    median_duration_seconds: float | None = None
    average_duration_seconds: float | None = None


class Statistics(Message):
    """Figures by interval and group; `truncated` if there are more than a thousand.

    `closing_status_ids` are the statuses marked as closing. `withheld` names what the caller may not see: figures from
    `main-details` are null.
    """

    timezone: str
    total: int
    items: list[Figures]
    truncated: bool
    closing_status_ids: list[int] = []
    withheld: list[str] = []


class ProjectStatistics(Query[Statistics]):
    """Count all, closed and ended projects, by any property, creator or camera, and by the time of their creation.

    A project with sequences of several cameras counts for each of them; `total` counts every project once.
    """

    subject = "projects.statistics"
    is_recorded = True
    node = Node.PROJECTS

    group_by: Grouping | None = None
    interval: Interval = "none"
    filter: ProjectFilter = ProjectFilter()

    def needs(self) -> dict[Node, Level]:
        """Require projects, and the nodes of the filter and of the groups."""
        node = _GROUPED.get(str(self.group_by))
        return super().needs() | self.filter.needs() | ({node: self.level} if node else {})
