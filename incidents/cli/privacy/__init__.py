"""The commands of a data protection officer."""

from incidents.cli.privacy import copies, finding, readers, recipients, record
from incidents.terminal.options import group

app = group("Personal data: where it is, who was told, who read it, and the record of processing.")
for part in (finding, copies, recipients, readers, record):
    part.register(app)
