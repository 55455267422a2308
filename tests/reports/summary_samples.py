"""The data of summaries, made by hand, and their files."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.report_summaries import Comparison
from contracts.summary_data import (
    GroupFigures,
    Grouping,
    HourFigures,
    IntervalFigures,
    KeyFigures,
    Period,
    Recurrence,
    SummaryData,
)
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.pdf_typesetting import PrintedReport, Printer
from workers.reports.summary_layout.content import content
from workers.reports.summary_layout.figure_writer import FigureWriter
from workers.reports.summary_layout.typesetting import LAYOUTS

OCTOBER = date(2026, 10, 1)
KEY = KeyFigures(created=123, closed=98, open=41, median_closing_seconds=187_200.0, ninetieth_closing_seconds=612_000.0)


def group(name: str | None, created: int, before: int | None = 1, **changes: Any) -> GroupFigures:
    """Make the figures of a value."""
    return GroupFigures(key=name, name=name, created=created, created_before=before, **changes)


def grouping(*groups: GroupFigures, field: str = "type", label: str = "Type") -> Grouping:
    """Make the figures of a property."""
    return Grouping(field=field, label=label, groups=list(groups))


TYPES = grouping(
    group("Theft", 80, 60, closed=70, median_closing_seconds=3_600.0, ninetieth_closing_seconds=90_000.0),
    group("Fire", 40, 50, closed=20, median_closing_seconds=600.0, ninetieth_closing_seconds=1_200.0),
    group(None, 3, 0, closed=0),
)


def summary(**changes: Any) -> SummaryData:
    """Make data that has something in every part."""
    values: dict[str, Any] = {
        "report_id": UUID(int=5),
        "generated_at": datetime(2026, 11, 2, 8, tzinfo=UTC),
        "generated_by": None,
        "site": "main",
        "software": "Incident Manager",
        "organisation": "Ville de Neuville",
        "title": "",
        "language": "en",
        "timezone": "Europe/Zurich",
        "period": Period(since=datetime(2026, 9, 30, 22, tzinfo=UTC), until=datetime(2026, 10, 31, 23, tzinfo=UTC)),
        "is_running": False,
        "compare": Comparison.PREVIOUS_PERIOD,
        "compared": Period(since=datetime(2026, 8, 31, 22, tzinfo=UTC), until=datetime(2026, 9, 30, 22, tzinfo=UTC)),
        "missing": [],
        "figures": KEY,
        "figures_before": KEY.model_copy(update={"created": 104, "closed": 98}),
        "interval": "day",
        "intervals": [
            IntervalFigures(starting=OCTOBER + timedelta(day), created=day % 9, closed=day % 4, created_before=day % 5)
            for day in range(31)
        ],
        "groupings": [TYPES, grouping(group("Gate 4", 120), field="category_2", label="Location")],
        "hours": [HourFigures(weekday=5, hour=17, created=12), HourFigures(weekday=1, hour=8, created=3)],
        "place": "Location",
        "recurrences": [
            Recurrence(type_key="1", type="Theft", place_key="2", place="Gate 4", created=14, created_before=9)
        ],
    }
    return SummaryData.model_validate({**values, **changes})


class SummaryPrinter:
    """Prints summaries in this process, with their data."""

    def __init__(self) -> None:
        """Make the printer that a child process has."""
        self._printer = Printer(layout=LAYOUTS["summary"])

    def print(self, data: SummaryData, *, plain: bool = False, confidentiality: str = "") -> PrintedReport:
        """Return the file of a summary."""
        written = json.loads(json.dumps(content(FigureWriter.of(data, confidentiality))))
        attachments = {"summary.json": data.model_dump_json(), "summary.schema.json": "{}"}
        note, at = SUBSTITUTED[data.language], int(data.generated_at.timestamp())
        return self._printer.print_report(written, note, at, plain=plain, attachments=attachments)
