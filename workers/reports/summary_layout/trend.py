"""The trend of a summary: a bar for each interval, and the same figures as tables."""

from typing import Any, Final

from contracts.summary_data import IntervalFigures
from workers.reports.summary_layout.figure_writer import NOTHING, FigureWriter
from workers.reports.summary_layout.period_words import axis_words, interval_words

_LABELS_MAX: Final = 16
"""Below the bars, so that they do not touch."""

_ROWS_OF_ONE_TABLE: Final = 7
_TABLES_MAX: Final = 2
_STEPS: Final = (1, 2, 5)


def content(writer: FigureWriter) -> dict[str, Any]:
    """Return the chart and its tables."""
    data, words = writer.data, writer.words
    numbers = [figures.created for figures in data.intervals]
    top, step = _scale(max([*numbers, *(figures.created_before or 0 for figures in data.intervals)]))
    unit = words.intervals[data.interval]
    shown = writer.number(min(numbers)), writer.number(max(numbers))
    alternative = words.trend_alternative.format(unit.split()[0].lower(), len(numbers), *shown)
    return {
        "heading": words.trend,
        "alternative": alternative,
        "legend": [words.new, *([writer.before] if writer.compares else [])],
        "ticks": [{"share": number / top, "label": writer.number(number)} for number in range(0, top + 1, step)],
        "bars": [_bar(writer, place, figures, top) for place, figures in enumerate(data.intervals)],
        "head": [unit, words.new, *([words.closed] if _has_closed(writer) else []), *_before_heading(writer)],
        "tables": list(_tables([_row(writer, figures) for figures in data.intervals])),
    }


def _scale(largest: int) -> tuple[int, int]:
    """Return the top of the axis and its step: at most five steps of 1, 2 or 5 with zeros."""
    power = 1
    while True:
        for step in (factor * power for factor in _STEPS):
            if step * 5 >= largest:
                return max(-(-largest // step), 1) * step, step
        power *= 10


def _bar(writer: FigureWriter, place: int, figures: IntervalFigures, top: int) -> dict[str, Any]:
    every = -(-len(writer.data.intervals) // _LABELS_MAX)
    label = axis_words(figures.starting, writer.data.interval) if place % every == 0 else ""
    before = None if figures.created_before is None else figures.created_before / top
    return {"share": figures.created / top, "before": before, "label": label}


def _row(writer: FigureWriter, figures: IntervalFigures) -> list[str]:
    row = [interval_words(figures.starting, writer.data.interval, writer.data.language), writer.number(figures.created)]
    if figures.closed is not None:
        row.append(writer.number(figures.closed))
    if writer.compares:
        before = figures.created_before
        row.append(NOTHING if before is None else writer.number(before))
    return row


def _has_closed(writer: FigureWriter) -> bool:
    return writer.data.figures.closed is not None


def _before_heading(writer: FigureWriter) -> list[str]:
    return [writer.before_shortly] if writer.compares else []


def _tables(rows: list[list[str]]) -> list[list[list[str]]]:
    """Divide the rows among two tables side by side, if there are many."""
    count = 1 if len(rows) <= _ROWS_OF_ONE_TABLE else _TABLES_MAX
    each = -(-len(rows) // count)
    return [rows[start : start + each] for start in range(0, len(rows), each)]
