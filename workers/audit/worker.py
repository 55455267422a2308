"""The worker of audit: it remembers no heard ids, because its own tables know them."""

from workers.audit.rows import ActivityRows
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.worker import Worker

worker = Worker("audit", ActivityRows, remember_events=False)
ActivityUnit = Unit[ActivityRows]
