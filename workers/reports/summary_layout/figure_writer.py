"""What all parts of a summary write in the same way: numbers, changes, durations and periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from contracts.figures import duration, grouped
from contracts.summary_data import Period, SummaryData
from workers.reports.rendering.child_texts import zone_of
from workers.reports.rendering.content.printed_values import print_time
from workers.reports.summary_layout.local_spans import LocalSpan, Span
from workers.reports.summary_layout.period_words import period_words
from workers.reports.summary_layout.translated_texts import WORDINGS, Wording

NOTHING: Final = "–"
_MINUS: Final = "\u2212"
_NO_BREAK: Final = "\u00a0"


@dataclass(frozen=True, slots=True)
class FigureWriter:
    """The data of a summary with the language and the time zone of its pages."""

    data: SummaryData
    words: Wording
    zone: tzinfo
    confidentiality: str

    @classmethod
    def of(cls, data: SummaryData, confidentiality: str = "") -> "FigureWriter":
        """Write in the language and the time zone that the data names."""
        return cls(data, WORDINGS[data.language], zone_of(data.timezone), confidentiality)

    @property
    def period(self) -> str:
        """The period in words."""
        return self._in_words(self.data.period)

    @property
    def title_period(self) -> str:
        """The period as a title."""
        return self.period[:1].upper() + self.period[1:]

    @property
    def period_before(self) -> str:
        """The period in words with which it is compared."""
        return self._in_words(self.data.compared) if self.data.compared else ""

    @property
    def exact_period(self) -> str:
        """The period in figures, with offsets."""
        period = self.data.period
        return f"{print_time(period.since, self.zone)} – {print_time(period.until, self.zone)}"

    def _in_words(self, period: Period) -> str:
        return period_words(LocalSpan(Span(period.since, period.until), self.zone), self.data.language)

    @property
    def before(self) -> str:
        """The heading of a column with the figures of the period compared."""
        return self.words.before[self.data.compare]

    @property
    def before_shortly(self) -> str:
        """The same in one or two words, for narrow columns."""
        return self.words.before_shortly[self.data.compare]

    @property
    def compares(self) -> bool:
        """Whether there are figures to compare with."""
        return self.data.compared is not None

    def number(self, number: int) -> str:
        """Return a whole number."""
        return grouped(number, self.data.language)

    def plural(self, forms: Sequence[str], count: int) -> str:
        """Return the form of a sentence; zero is singular in French and plural in English."""
        is_singular = count in {0, 1} if self.data.language == "fr" else count == 1
        return forms[0] if is_singular else forms[1]

    def change(self, now: int, before: int | None, *, percent: bool = False) -> str:
        """Return by how much a number has changed, and on request by how many per cent."""
        if before is None:
            return NOTHING
        difference = now - before
        written = f"{self._sign(difference)}{self.number(abs(difference))}" if difference else "0"
        if not percent or not before or not difference:
            return written
        rate = _per_cent(abs(difference), before)
        return f"{written} ({self._sign(difference)}{self.percent(rate)})"

    @staticmethod
    def _sign(difference: float) -> str:
        return "+" if difference > 0 else _MINUS

    def percent(self, rate: int) -> str:
        """Return a percentage."""
        return f"{self.number(rate)}{_NO_BREAK}%" if self.data.language == "fr" else f"{self.number(rate)}%"

    def share(self, part: int, whole: int) -> str:
        """Return which part of a whole a number is, in per cent."""
        return self.percent(_per_cent(part, whole)) if whole else NOTHING

    def duration(self, seconds: float | None) -> str:
        """Return a duration, which keeps to its line."""
        return NOTHING if seconds is None else duration(seconds, self.data.language).replace(" ", _NO_BREAK)

    def duration_change(self, now: float | None, before: float | None) -> str:
        """Return by how much a duration has changed."""
        if now is None or before is None:
            return NOTHING
        difference = round(now - before)
        return f"{self._sign(difference)}{self.duration(abs(difference))}" if difference else "0"


def _per_cent(part: int, whole: int) -> int:
    """Return a share in whole per cent; a half counts upwards, as everybody rounds."""
    return (200 * part + whole) // (2 * whole)
