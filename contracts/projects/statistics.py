"""Counts and trends over projects: what is asked and answered."""

from typing import Final, Literal

from pydantic import AwareDatetime

from contracts.message import Message, Query
from contracts.permissions import Level, Node
from contracts.projects.commands import node_of_field
from contracts.projects.queries import ProjectFilter

MOST_GROUPS = 1_000

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
"""On which node a group is seen, where that is not the project's own."""

Interval = Literal["day", "week", "month", "none"]


class Figures(Message):
    """How many projects of a group were created in an interval, how many of these are closed and how many have ended.

    `group` is the id of a property, a principal, a camera's id or a truth; null stands for projects without one.
    `starting` is when the interval begins in the site's time zone; absent where no interval was asked for.
    `closed` counts those whose status is a closing one; their time runs from their creation to when they got it, or to
    the last time after they had been opened again. `ended` counts those with an end time; the duration is from start
    to end, where both are set. All of these are null for those who may not see main details.
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
    """Figures by interval and group; `truncated` when there are more than a thousand.

    `closing_status_ids` are the statuses that count as closing. `withheld` names what the caller may not see: of
    `main-details` nothing is counted.
    """

    timezone: str
    total: int
    items: list[Figures]
    truncated: bool
    closing_status_ids: list[int] = []
    withheld: list[str] = []


class ProjectStatistics(Query[Statistics]):
    """Count projects by any property, creator or camera, and by the time of their creation: all, closed, ended.

    A project with sequences of several cameras counts for each of them; `total` counts every project once.
    """

    subject = "projects.statistics"
    node = Node.PROJECTS

    group_by: Grouping | None = None
    interval: Interval = "none"
    filter: ProjectFilter = ProjectFilter()

    def needs(self) -> dict[Node, Level]:
        """Ask for projects, for what the filter tells about, and for what the groups are."""
        node = _GROUPED.get(str(self.group_by))
        return super().needs() | self.filter.needs() | ({node: self.level} if node else {})
