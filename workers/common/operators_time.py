"""Times as operators read and write them: to the minute in their zone, and hours in which little is done."""

import re
from datetime import datetime, time, timedelta
from gettext import pgettext
from typing import Final, NamedTuple, Self

_TIME: Final = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_FORM: Final = re.compile(f"{_TIME}-{_TIME}")


def local_minute(seconds: float) -> str:
    """Return a time since the epoch to the minute, in the format of the language of this process."""
    return datetime.fromtimestamp(seconds).astimezone().strftime(pgettext("minute", "%Y-%m-%d %H:%M"))


class QuietHours(NamedTuple):
    """From one time of the day (UTC) to another, which may lie on the next day; the end is not part of it."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `01:00-03:00`.

        Raises:
            ValueError: The text has another form, or the hours begin when they end.
        """
        if not (typed := _FORM.fullmatch(text)):
            raise ValueError(text)
        begin_hour, begin_minute, end_hour, end_minute = map(int, typed.groups())
        hours = cls(time(begin_hour, begin_minute), time(end_hour, end_minute))
        if hours.begin == hours.end:
            raise ValueError(text)
        return hours

    def next_end(self, at: datetime) -> datetime:
        """Return when these hours end for the first time after a time in UTC."""
        end = datetime.combine(at.date(), self.end, at.tzinfo)
        return end if end > at else end + timedelta(days=1)

    def include(self, at: datetime) -> bool:
        """Tell whether a time in UTC is one of these hours."""
        now = at.time()
        if self.begin < self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end
