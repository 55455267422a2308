"""The worker of reports."""

from workers.reports.rows import ReportRows
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.worker_definition import Worker

worker = Worker("reports", ReportRows)
ReportUnit = Unit[ReportRows]
