"""Counts and trends over projects: what is asked and answered."""

from typing import Literal

from pydantic import AwareDatetime

from contracts.message import Message, Query
from contracts.permissions import Level, Node
from contracts.project_queries import ProjectFilter

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
Interval = Literal["day", "week", "month", "none"]


class Figures(Message):
    """How many projects of a group were created in an interval, and how long those took that have both times.

    `group` is the id of a property, a principal, a camera's id or a truth; null stands for projects without one.
    `starting` is when the interval begins in the site's time zone; absent where no interval was asked for.
    """

    group: int | bool | str | None = None
    starting: AwareDatetime | None = None
    count: int
    closed: int
    median_seconds: float | None = None
    average_seconds: float | None = None


class Statistics(Message):
    """Figures by interval and group; `truncated` when there are more than a thousand."""

    timezone: str
    total: int
    items: list[Figures]
    truncated: bool


class ProjectStatistics(Query[Statistics]):
    """Count projects by any property, creator or camera, and by the time of their creation.

    A project with sequences of several cameras counts for each of them; `total` counts every project once.
    """

    subject = "projects.statistics"
    node = Node.PROJECTS

    group_by: Grouping | None = None
    interval: Interval = "none"
    filter: ProjectFilter = ProjectFilter()

    def needs(self) -> dict[Node, Level]:
        """Ask for projects, for what the filter tells about, and for sequences where cameras are told."""
        cameras = {Node.SEQUENCES: self.level} if self.group_by == "camera" else {}
        return super().needs() | self.filter.needs() | cameras
