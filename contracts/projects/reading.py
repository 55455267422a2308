"""What the queries that show the content of one project have in common."""

from typing import Generic
from uuid import UUID

from contracts.message import AnswerT_co, Query
from contracts.permissions import Level, Node
from contracts.values import Reason


class ProjectReading(Query[AnswerT_co], Generic[AnswerT_co]):
    """A query that shows a project.

    A restricted project is shown to those who may see restricted projects and say why in `access_reason`; the activity
    has the reason.
    """

    node = Node.PROJECTS

    project_id: UUID
    access_reason: Reason | None = None

    def needs(self) -> dict[Node, Level]:
        """Require the projects, and restricted ones if a reason is given."""
        return super().needs() | ({Node.RESTRICTED: Level.VIEW} if self.access_reason else {})
