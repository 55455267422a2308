"""Reading the data of a summary from the published figures of projects."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Level
from contracts.report_summaries import Comparison
from contracts.summary_data import Grouping, Period, SummaryData
from contracts.values import Language
from workers.reports import domain, summary_tables, tables
from workers.reports.rendering.child_texts import zone_of
from workers.reports.row_types import CategoryRow, SettingsRow, SummaryRow
from workers.reports.summaries.figure_rows import CameraNameRow, FiguresRow, PropertyNameRow
from workers.reports.summaries.period_figures import Comparing, Names, PeriodFigures
from workers.reports.summaries.places import CAMERA, NONE, place_of
from workers.reports.summaries.reading import Reading, facts_of_file, letterhead_of
from workers.reports.summary_layout.local_spans import LocalSpan, Span, limit_to, same_length
from workers.reports.summary_layout.rendering import Letterhead
from workers.reports.summary_layout.translated_texts import WORDINGS
from workers.runtime.storage.identity_map import rows_of


class _Spans(NamedTuple):
    """The period as far as it is over, and as much of the one that it is compared with."""

    now: Span
    before: Span | None
    is_running: bool
    zone: tzinfo

    @classmethod
    def of(cls, asked_for: SummaryRow, now: datetime) -> "_Spans":
        zone = zone_of(asked_for["timezone"])
        whole = Span(asked_for["since"], asked_for["until"])
        span = limit_to(whole, now)
        before = LocalSpan(whole, zone).before(Comparison(asked_for["compare"]))
        if before and span != whole:
            before = same_length(before, span)
        return cls(span, before, span != whole, zone)

    @property
    def local(self) -> LocalSpan:
        return LocalSpan(self.now, self.zone)

    @property
    def local_before(self) -> LocalSpan | None:
        return LocalSpan(self.before, self.zone) if self.before else None


async def collect(asked_for: SummaryRow, reading: Reading) -> tuple[SummaryData, Letterhead]:
    """Read what the author of a summary may see now, and what the organisation has on its papers."""
    execute, spans = reading.connection.execute, _Spans.of(asked_for, reading.now)
    missing = [name for name, node in domain.SUMMARY_SECTIONS.items() if not reading.grants.allow(node, Level.VIEW)]
    [settings] = rows_of(await execute(tables.SETTINGS), SettingsRow)
    categories = rows_of(await execute(tables.CATEGORIES), CategoryRow)
    place = place_of(asked_for["place"], categories, missing)
    facts = {"timezone": asked_for["timezone"], "interval": spans.local.interval, "place": place}
    now = await _read(reading.connection, spans.now, facts)
    before = await _read(reading.connection, spans.before, facts) if spans.before else None
    shows_status = "main-details" not in missing
    comparing = Comparing(now, before, await _names(reading.connection, now, before), shows_status)
    labels = _labels(asked_for["language"], categories, place)
    data = SummaryData(
        **facts_of_file(asked_for, reading, settings) | _head(asked_for, spans),
        missing=missing,
        figures=comparing.key_figures(now),
        figures_before=comparing.key_figures(before) if before else None,
        interval=spans.local.interval,
        intervals=comparing.intervals(spans.local, spans.local_before, spans.local.interval),
        groupings=list(_groupings(comparing, labels, place, missing)),
        hours=comparing.hours(),
        place=labels.get(place),
        recurrences=comparing.recurrences(place) if shows_status and place != NONE else [],
    )
    return data, await letterhead_of(reading, settings)


def _head(asked_for: SummaryRow, spans: _Spans) -> dict[str, Any]:
    """Return what was asked for, and by whom if names are shown."""
    return {
        "generated_by": asked_for["principal"] if asked_for["show_user_names"] else None,
        "title": asked_for["title"].strip(),
        "period": Period(since=spans.now.since, until=spans.now.until),
        "is_running": spans.is_running,
        "compare": Comparison(asked_for["compare"]),
        "compared": Period(since=spans.before.since, until=spans.before.until) if spans.before else None,
    }


def _labels(language: Language, categories: Iterable[CategoryRow], place: str) -> dict[str, str]:
    """Return the names of the properties by which a summary counts: disabled categories are no more in use."""
    words = WORDINGS[language]
    fields = ((f"category_{row['slot']}", row) for row in categories)
    named = {field: row["name"] for field, row in fields if row["enabled"] or field == place}
    return {"type": words.type, "status": words.status, **named, CAMERA: words.camera}


async def _read(connection: AsyncConnection, span: Span, facts: dict[str, Any]) -> PeriodFigures:
    rows = await connection.execute(summary_tables.FIGURES, {**facts, "since": span.since, "until": span.until})
    return PeriodFigures(rows_of(rows, FiguresRow))


async def _names(connection: AsyncConnection, now: PeriodFigures, before: PeriodFigures | None) -> Names:
    properties = rows_of(await connection.execute(summary_tables.PROPERTY_NAMES), PropertyNameRow)
    cameras = {key for figures in (now, before) if figures for key, _ in figures.part(CAMERA)}
    named = await connection.execute(summary_tables.CAMERA_NAMES, {"cameras": sorted(filter(None, cameras))})
    return Names(
        {str(row["id"]): row["name"] for row in properties},
        {row["camera_id"]: row["camera_name"] for row in rows_of(named, CameraNameRow)},
    )


def _groupings(comparing: Comparing, labels: dict[str, str], place: str, missing: list[str]) -> Iterator[Grouping]:
    """Yield the properties that the author may see and that projects have; the place comes after the others."""
    sections = {"type": "main-details", "status": "main-details", CAMERA: "sequences"}
    fields = [field for field in labels if field not in {place, CAMERA}]
    for field in dict.fromkeys([*fields, *([place] if place in labels else []), CAMERA]):
        groups = comparing.groups(field)
        if sections.get(field, "categories") not in missing and any(group.key is not None for group in groups):
            yield Grouping(field=field, label=labels[field], groups=groups)
