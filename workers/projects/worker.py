"""The worker of incident projects."""

from workers.projects.rows import ProjectRows
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.worker_definition import Worker

worker = Worker("projects", ProjectRows, shows=("projects", "reports", "retention"))
ProjectUnit = Unit[ProjectRows]
