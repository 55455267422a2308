"""The data of registers, made by hand, and their files."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.register_data import Disclosure, RegisterData
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.pdf_typesetting import PrintedReport, Printer
from workers.reports.summary_layout.register.content import RegisterWriter
from workers.reports.summary_layout.typesetting import LAYOUTS

_AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


def disclosure(number: int, **changes: Any) -> Disclosure:
    """Make an entry that has something in every part."""
    values: dict[str, Any] = {
        "at": _AT + timedelta(minutes=number),
        "by": "olivia",
        "activity": "projects.exported",
        "project_id": UUID(int=number),
        "project_number": number,
        "is_deleted": False,
        "recipient": f"Police {number}",
        "reference": f"PV {number}",
        "legal_basis": f"Art. {number} CPP",
        "file_id": UUID(int=number),
        "sha256": "ab" * 32,
        "age_keys": [],
    }
    return Disclosure.model_validate({**values, **changes})


def register(count: int, **changes: Any) -> RegisterData:
    """Make the data of a register with so many entries."""
    values: dict[str, Any] = {
        "report_id": UUID(int=5),
        "generated_at": _AT,
        "generated_by": "olivia",
        "site": "main",
        "software": "Incident Manager",
        "organisation": "Ville de Neuville",
        "language": "en",
        "timezone": "Europe/Zurich",
        "since": None,
        "until": _AT,
        "projects": [],
        "project_numbers": [],
        "missing": [],
        "entries": [disclosure(number) for number in range(1, count + 1)],
    }
    return RegisterData.model_validate({**values, **changes})


class RegisterPrinter:
    """Prints registers in this process."""

    def __init__(self) -> None:
        """Make the printer that a child process has."""
        self._printer = Printer(layout=LAYOUTS["register"])

    def print(self, data: RegisterData, *, confidentiality: str = "") -> PrintedReport:
        """Return the file of a register."""
        written = json.loads(json.dumps(RegisterWriter(data, confidentiality).content()))
        attachments = {"register.json": data.model_dump_json(), "register.schema.json": "{}"}
        note, at = SUBSTITUTED[data.language], int(data.generated_at.timestamp())
        return self._printer.print_report(written, note, at, attachments=attachments)
