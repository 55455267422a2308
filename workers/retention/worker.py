"""The worker of retention."""

from workers.retention.rows import RetentionRows
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.worker_definition import Worker

worker = Worker("retention", RetentionRows)
RetentionUnit = Unit[RetentionRows]
