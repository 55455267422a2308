"""The tables of a summary, whose bars and shades repeat their figures for the eye."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from contracts.summary_data import GroupFigures, Grouping, KeyFigures
from workers.reports.summary_layout.figure_writer import FigureWriter
from workers.reports.summary_layout.period_words import CALENDARS

GROUPS_SHOWN_MAX: Final = 12
"""Values of one property in a table; the others are one row."""

RECURRENCES_SHOWN_MAX: Final = 15
RECURRENCES_LEAST: Final = 2
_HOURS: Final = range(24)
_WEEKDAYS: Final = range(1, 8)


def key_figures(writer: FigureWriter) -> dict[str, Any]:
    """Return the key figures of the period, those before, and the change."""
    data, words = writer.data, writer.words
    now, before = data.figures, data.figures_before
    count = 1 if now.closed is None else len(words.key_head)
    rows = [[words.period, *_key_row(writer, now)]]
    if before:
        rows.append([writer.before, *_key_row(writer, before)])
        rows.append([words.change, *_key_changes(writer, now, before)])
    return {
        "heading": words.key_figures,
        "head": ["", *words.key_head[:count]],
        "rows": [row[: count + 1] for row in rows],
    }


def _key_row(writer: FigureWriter, figures: KeyFigures) -> Iterator[str]:
    for number in (figures.created, figures.closed, figures.open):
        yield writer.number(number or 0)
    for seconds in (figures.median_closing_seconds, figures.ninetieth_closing_seconds):
        yield writer.duration(seconds)


def _key_changes(writer: FigureWriter, now: KeyFigures, before: KeyFigures) -> Iterator[str]:
    for number, former in ((now.created, before.created), (now.closed, before.closed), (now.open, before.open)):
        yield writer.change(number or 0, former or 0, percent=True)
    yield writer.duration_change(now.median_closing_seconds, before.median_closing_seconds)
    yield writer.duration_change(now.ninetieth_closing_seconds, before.ninetieth_closing_seconds)


def groupings(writer: FigureWriter) -> list[dict[str, Any]]:
    """Return a table for each property."""
    return [_grouping(writer, grouping) for grouping in writer.data.groupings]


def _grouping(writer: FigureWriter, grouping: Grouping) -> dict[str, Any]:
    words, total = writer.words, writer.data.figures.created
    shown = grouping.groups[:GROUPS_SHOWN_MAX]
    others = grouping.groups[GROUPS_SHOWN_MAX:]
    if len(others) == 1:
        shown, others = [*shown, *others], []
    largest = max(group.created for group in grouping.groups) or 1
    rows = [_group_row(writer, group.name or words.without, [group], total, largest) for group in shown]
    if others:
        rows.append(_group_row(writer, words.others.format(writer.number(len(others))), others, total, largest))
    is_place, other = grouping.label == writer.data.place, words.by.format(grouping.label)
    return {
        "heading": words.places.format(grouping.label) if is_place else words.headings.get(grouping.field, other),
        "note": words.several_cameras if grouping.field == "camera" else "",
        "head": [grouping.label, words.new, words.share, *_comparing(writer)],
        "rows": rows,
    }


def _comparing(writer: FigureWriter) -> list[str]:
    return [writer.before_shortly, writer.words.change] if writer.compares else []


def _group_row(
    writer: FigureWriter, label: str, groups: Sequence[GroupFigures], total: int, largest: int
) -> dict[str, Any]:
    created = sum(group.created for group in groups)
    cells = [writer.number(created), writer.share(created, total)]
    if writer.compares:
        before = sum(group.created_before or 0 for group in groups)
        cells += [writer.number(before), writer.change(created, before)]
    return {"label": label, "cells": cells, "share": min(created / largest, 1)}


def hours(writer: FigureWriter) -> dict[str, Any]:
    """Return the week as a table of days and hours."""
    data, words = writer.data, writer.words
    created = {(figure.weekday, figure.hour): figure.created for figure in data.hours}
    largest = max(created.values(), default=1)
    rows = []
    for weekday in _WEEKDAYS:
        numbers = [created.get((weekday, hour), 0) for hour in _HOURS]
        rows.append(
            {
                "day": CALENDARS[data.language].weekdays[weekday - 1].capitalize(),
                "cells": [_heat(writer, number, largest) for number in numbers],
                "total": writer.number(sum(numbers)),
            }
        )
    head = [str(hour) for hour in _HOURS]
    heading = {"heading": words.hours, "note": words.hours_note}
    return {**heading, "day": words.day, "hours": head, "total": words.total, "rows": rows}


def _heat(writer: FigureWriter, number: int, largest: int) -> dict[str, Any]:
    return {
        "text": writer.number(number) if number else "·",
        "level": 0 if not number else 0.1 + 0.9 * number / largest,
    }


def closing(writer: FigureWriter) -> dict[str, Any] | None:
    """Return the time to closing of each type, those first of which most were closed; None if none was."""
    words, types = writer.words, _closed_types(writer.data.groupings)
    if not types:
        return None
    shown = types[:GROUPS_SHOWN_MAX]
    longest = max([group.ninetieth_closing_seconds or 0 for group in shown]) or 1
    rows = [
        {
            "label": group.name or words.without,
            "cells": [
                writer.number(group.closed or 0),
                writer.duration(group.median_closing_seconds),
                writer.duration(group.ninetieth_closing_seconds),
            ],
            "median": (group.median_closing_seconds or 0) / longest,
            "ninetieth": (group.ninetieth_closing_seconds or 0) / longest,
        }
        for group in shown
    ]
    more = len(types) - len(shown)
    return {
        "heading": words.closing,
        "note": words.closing_note,
        "head": [words.type, words.closed, words.median, words.ninetieth],
        "rows": rows,
        "more": words.closing_more.format(writer.number(more)) if more else "",
    }


def _closed_types(groupings: Iterable[Grouping]) -> list[GroupFigures]:
    types = next((grouping.groups for grouping in groupings if grouping.field == "type"), [])
    closed = [group for group in types if group.median_closing_seconds is not None]
    return sorted(closed, key=lambda group: -(group.closed or 0))


def recurrences(writer: FigureWriter) -> dict[str, Any] | None:
    """Return the types and places that occurred together most often; None if none did twice."""
    data, words = writer.data, writer.words
    shown = [each for each in data.recurrences if each.created >= RECURRENCES_LEAST][:RECURRENCES_SHOWN_MAX]
    if not shown:
        return None
    rows = []
    for each in shown:
        cells = [writer.number(each.created)]
        if writer.compares:
            cells += [writer.number(each.created_before or 0), writer.change(each.created, each.created_before)]
        share = each.created / shown[0].created
        rows.append({"label": each.type or words.without, "place": each.place, "cells": cells, "share": share})
    return {
        "heading": words.recurring,
        "note": words.recurring_note.format(data.place or words.camera),
        "head": [words.type, words.place, words.new, *_comparing(writer)],
        "rows": rows,
    }
