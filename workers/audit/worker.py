"""The worker of audit, which keeps no inbox of events, because its own tables have their ids."""

from workers.audit.rows import ActivityRows
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.worker_definition import Worker

worker = Worker("audit", ActivityRows, remember_events=False)
ActivityUnit = Unit[ActivityRows]
