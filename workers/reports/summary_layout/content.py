"""The content of a summary in reading order, which the template lays out."""

from collections.abc import Iterator
from typing import Any, Final

from workers.reports.rendering.content.printed_values import print_time
from workers.reports.summary_layout import figure_tables, trend
from workers.reports.summary_layout.figure_writer import FigureWriter
from workers.reports.summary_layout.period_words import CALENDARS, hour_words

Content = dict[str, Any]

_HEADER_CHARACTERS: Final = 60


def content(writer: FigureWriter) -> Content:
    """Return the content of a summary as nested texts and figures."""
    data, words = writer.data, writer.words
    title = data.title or words.subtitle
    has_any = data.figures.created > 0
    return {
        "language": data.language,
        "name": " – ".join(filter(None, (title, writer.period, data.organisation))),
        "organisation": data.organisation,
        "title": title,
        "period": writer.title_period,
        "compared": words.compared.format(writer.period_before) if data.compared else "",
        "confidentiality": writer.confidentiality.strip(),
        "logo": None,
        "header": [writer.title_period, _shorten(title)],
        "footer": [
            f"{words.report_id} {data.report_id}",
            words.page,
            f"{words.generated} {print_time(data.generated_at, writer.zone)}",
            words.zone.format(data.timezone),
        ],
        "notice": _notice(writer),
        "short": list(_short(writer)),
        "notes": [words.running] if data.is_running else [],
        "key": figure_tables.key_figures(writer),
        "trend": trend.content(writer) if has_any else None,
        "bars": figure_tables.groupings(writer) if has_any else [],
        "hours": figure_tables.hours(writer) if has_any else None,
        "closing": figure_tables.closing(writer),
        "recurring": figure_tables.recurrences(writer),
        "about": {"heading": words.about, "facts": list(_about(writer))},
        "attachments": {"data": words.attached_data, "schema": words.attached_schema},
        "end": words.end_of_report,
    }


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _HEADER_CHARACTERS else f"{line[: _HEADER_CHARACTERS - 1].rstrip()}…"


def _notice(writer: FigureWriter) -> list[str]:
    words = writer.words
    names = ", ".join(words.sections[name] for name in writer.data.missing)
    return [words.missing.format(names)] if names else []


def _short(writer: FigureWriter) -> Iterator[str]:
    """Yield what a reader should know who reads nothing else."""
    data, words = writer.data, writer.words
    figures, before = data.figures, data.figures_before
    if not figures.created:
        yield words.empty
    else:
        lead = writer.plural(words.created_sentences, figures.created).format(writer.number(figures.created))
        yield lead + (_compared(writer, figures.created - before.created) if before else ".")
    if figures.closed is not None and figures.open is not None:
        closed, still_open = writer.number(figures.closed), writer.number(figures.open)
        none, *others = words.closed_sentences
        sentence = writer.plural(others, figures.closed) if figures.closed else none
        yield sentence.format(closed, still_open)
    yield from _commonest(writer)


def _compared(writer: FigureWriter, difference: int) -> str:
    words = writer.words
    if not difference:
        return words.as_many
    return (words.more if difference > 0 else words.fewer).format(writer.number(abs(difference)))


def _commonest(writer: FigureWriter) -> Iterator[str]:
    """Yield the most frequent type and the busiest hour, unless others are as frequent."""
    data, words = writer.data, writer.words
    types = next((grouping.groups for grouping in data.groupings if grouping.field == "type"), [])
    named = [group for group in types if group.name]
    if named and named[0].created > max((group.created for group in named[1:]), default=0):
        yield words.commonest.format(named[0].name, writer.number(named[0].created))
    hours = sorted(data.hours, key=lambda hour: -hour.created)
    if hours and hours[0].created > max((hour.created for hour in hours[1:2]), default=0):
        busiest, hour_of = hours[0], hour_words(data.language)
        weekday = CALENDARS[data.language].weekdays[busiest.weekday - 1]
        start, end = hour_of(busiest.hour), hour_of(busiest.hour + 1)
        yield words.busiest.format(weekday, start, end, writer.number(busiest.created))


def _about(writer: FigureWriter) -> Iterator[tuple[str, str]]:
    data, words = writer.data, writer.words
    yield words.period, writer.exact_period
    yield words.generated, print_time(data.generated_at, writer.zone)
    if data.generated_by:
        yield words.generated_by, data.generated_by
    yield words.site, data.site
    yield words.software, data.software
    yield words.report_id, str(data.report_id)
    yield words.counted, words.counted_text
