"""The worker of properties, settings and roles."""

from workers.administration.rows import AdministrationRows
from workers.runtime.commands.unit_of_work import Unit
from workers.runtime.worker_definition import Worker

worker = Worker("administration", AdministrationRows)
AdministrationUnit = Unit[AdministrationRows]
