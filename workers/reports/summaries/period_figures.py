"""The figures of a period and of the one before it, as the data of a summary."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from contracts.summary_data import GroupFigures, HourFigures, IntervalFigures, KeyFigures, Recurrence
from workers.reports.summaries.figure_rows import FiguresRow
from workers.reports.summary_layout.local_spans import Interval, LocalSpan

Key = tuple[str | None, str | None]


class PeriodFigures:
    """The figures of one period by their parts."""

    def __init__(self, rows: Iterable[FiguresRow]) -> None:
        """Sort the rows by their parts; each part keeps its order."""
        self._parts: dict[str, dict[Key, FiguresRow]] = {}
        for row in rows:
            self._parts.setdefault(row["part"], {})[row["key"], row["other"]] = row

    def part(self, name: str) -> Mapping[Key, FiguresRow]:
        """Return the rows of a part by their one or two values."""
        return self._parts.get(name, {})

    def created(self, part: str, key: str | None, other: str | None = None) -> int:
        """Return how many projects were created with these values."""
        row = self.part(part).get((key, other))
        return row["created"] if row else 0

    def closed(self, part: str, key: str) -> int:
        """Return how many projects were closed with this value."""
        row = self.part(part).get((key, None))
        return row["closed"] if row else 0

    @property
    def total(self) -> FiguresRow:
        """Return the row of all projects."""
        return self.part("total")[None, None]


class Names(NamedTuple):
    """The names of types, statuses and categories' values by their ids, and those of cameras."""

    properties: Mapping[str, str]
    cameras: Mapping[str, str]

    def of(self, field: str, key: str | None) -> str | None:
        """Return the name of a value; one without a name has its id."""
        if key is None:
            return None
        return (self.cameras if field == "camera" else self.properties).get(key, key)


class Comparing(NamedTuple):
    """A period with its figures, and those of the one that it is compared with."""

    now: PeriodFigures
    before: PeriodFigures | None
    names: Names
    shows_status: bool
    """Whether the author may see what is closed."""

    def key_figures(self, figures: PeriodFigures) -> KeyFigures:
        """Return the key figures of one of the periods."""
        total, shown = figures.total, self.shows_status
        return KeyFigures(
            created=total["created"],
            closed=total["closed"] if shown else None,
            open=total["open"] if shown else None,
            median_closing_seconds=total["median"] if shown else None,
            ninetieth_closing_seconds=total["ninetieth"] if shown else None,
        )

    def intervals(self, span: LocalSpan, span_before: LocalSpan | None, interval: Interval) -> list[IntervalFigures]:
        """Return every interval of the period, also those without a project."""
        before: list[date] = list(span_before.starts(interval)) if span_before else []
        return [
            IntervalFigures(
                starting=start,
                created=self.now.created("interval", str(start)),
                closed=self.now.closed("interval-closed", str(start)) if self.shows_status else None,
                created_before=self._before("interval", str(before[place])) if place < len(before) else None,
            )
            for place, start in enumerate(span.starts(interval))
        ]

    def groups(self, field: str) -> list[GroupFigures]:
        """Return the values of a property, the commonest first, and then those that occurred only before."""
        return list(self._groups(field))

    def _groups(self, field: str) -> Iterator[GroupFigures]:
        ended = self.now.part("type-closed") if field == "type" else {}
        before = self.before.part(field) if self.before else {}
        for key, other in dict.fromkeys([*self.now.part(field), *ended, *before]):
            row = ended.get((key, other))
            yield GroupFigures(
                key=key,
                name=self.names.of(field, key),
                created=self.now.created(field, key),
                created_before=self._before(field, key),
                closed=(row["closed"] if row else 0) if field == "type" else None,
                median_closing_seconds=row["median"] if row else None,
                ninetieth_closing_seconds=row["ninetieth"] if row else None,
            )

    def hours(self) -> list[HourFigures]:
        """Return the hours of the week with a project."""
        figures = [
            HourFigures(weekday=int(key or 0), hour=int(other or 0), created=row["created"])
            for (key, other), row in self.now.part("hour").items()
        ]
        return sorted(figures, key=lambda figure: (figure.weekday, figure.hour))

    def recurrences(self, place: str) -> list[Recurrence]:
        """Return how often each type occurred at each place, the commonest first."""
        return [
            Recurrence(
                type_key=key,
                type=self.names.of("type", key),
                place_key=other,
                place=self.names.of(place, other) or other,
                created=row["created"],
                created_before=self._before("recurrence", key, other),
            )
            for (key, other), row in self.now.part("recurrence").items()
            if other is not None
        ]

    def _before(self, part: str, key: str | None, other: str | None = None) -> int | None:
        return self.before.created(part, key, other) if self.before else None
