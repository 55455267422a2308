"""Records of processing as their data, drawn in this process."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contracts.permissions import Node
from contracts.record_data import RecordData
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.pdf_typesetting import PrintedReport, Printer
from workers.reports.summary_layout.record.content import record_content
from workers.reports.summary_layout.record.sections import Configuration, Measures, Policy, Role, sections
from workers.reports.summary_layout.typesetting import LAYOUTS

MEASURES = Measures(
    retention_days=1825,
    activity_days=365,
    log_days=365,
    export_details_required=True,
    deletion_reason_required=True,
    two_person_release=True,
)
CONFIGURATION = Configuration(
    settings=MEASURES,
    policies=[
        Policy(name="Work injury", days=10, years=5, exempt=False, counted_from="year-end"),
        Policy(name="Lost property", days=1, years=0, exempt=False, counted_from="creation"),
        Policy(name="Legal dispute", days=0, years=0, exempt=True, counted_from="creation"),
    ],
    properties={
        "types": ["Work injury", "Lost property", "Legal dispute"],
        "statuses": ["Open", "Closed"],
        "categories": ["Place", "Cause"],
        "data_fields": [],
    },
    roles=[
        Role("Administrators", [*Node]),
        Role("Guards", [Node.PROJECTS, Node.MAIN_DETAILS, Node.COMMENTS, Node.CALLS]),
        Role("Nobody", []),
    ],
)
BARE = Configuration(None, None, None, None)


def record(language: Any = "en", configuration: Configuration = CONFIGURATION, **changes: Any) -> RecordData:
    """Return the data of a record."""
    values: dict[str, Any] = {
        "report_id": UUID(int=9),
        "generated_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "generated_by": "dora",
        "site": "main",
        "software": "Incident Manager 1.0.0",
        "organisation": "Ville de Neuville",
        "language": language,
        "timezone": "Europe/Zurich",
        "missing": [name for name, part in configuration._asdict().items() if part is None],
        "sections": sections(configuration, language),
    }
    return RecordData.model_validate({**values, **changes})


class RecordPrinter:
    """Prints records in this process."""

    def __init__(self) -> None:
        """Make the printer that a child process has."""
        self._printer = Printer(layout=LAYOUTS["record"])

    def print(self, data: RecordData, *, confidentiality: str = "") -> PrintedReport:
        """Return the file of a record."""
        written = json.loads(json.dumps(record_content(data, confidentiality)))
        attachments = {"record.json": data.model_dump_json(), "record.schema.json": "{}"}
        note, at = SUBSTITUTED[data.language], int(data.generated_at.timestamp())
        return self._printer.print_report(written, note, at, attachments=attachments)
