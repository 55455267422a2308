"""The period of a summary: typed, or the last month, quarter or year, by the clock of the report."""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from contracts.projects.queries import ProjectFilter
from contracts.projects.statistics import ProjectStatistics
from incidents.cli.arguments import among
from incidents.client import Client
from incidents.terminal.input.reading import read_time, read_zone, require_order
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.show import local

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
"""The periods that can be named, by their months."""

complete_periods = among(*MONTHS)
_MONTHS_A_YEAR: Final = 12


class TypedPeriod(NamedTuple):
    """What was typed for a period: its start and its end, or the name of the last one."""

    since: str | None
    until: str | None
    last: str | None

    def require_one_way(self, session: Session, *, is_begun: bool) -> None:
        """Refuse a line that names no period, or two, or one of a summary that has its period already.

        Raises:
            UsageError: With the options that name one.
        """
        if is_begun:
            if any(self):
                words = "--resume goes on with a summary that has its period already: leave the rest out"
                raise UsageError(session.say(words))
            return
        if self.last and (self.since or self.until):
            raise UsageError(session.say("--last excludes --since and --until: write one of the two"))
        if not (self.last or self.since):
            words = "name a period: --last month, or --since 2026-10-01 --until 2026-11-01"
            raise UsageError(session.say(words))
        if self.last:
            read_word(session, "period", self.last, MONTHS, "--last")


async def read_period(
    session: Session, client: Client, typed: TypedPeriod, timezone: str | None
) -> tuple[datetime, datetime]:
    """Return the start and the end of a period; days are those of the report's time zone, by default the site's."""
    zone = read_zone(session, timezone) if timezone else await _site_zone(client)
    if typed.last:
        months = MONTHS[read_word(session, "period", typed.last, MONTHS, "--last")]
        return _last(session.now.astimezone(zone), months)
    require_order(session, {"--since": typed.since, "--until": typed.until}, in_words=True)
    since = _read(session, typed.since, "--since", zone)
    until = _read(session, typed.until, "--until", zone)
    if since and not until and since > session.now:
        words = "--since: {time} is still to come, and so is the period; write a time that is past"
        raise UsageError(session.say(words, time=local(since, session.language)))
    return since or session.now, until or session.now


async def _site_zone(client: Client) -> ZoneInfo:
    nothing = ProjectFilter(numbers=[])
    return ZoneInfo((await client.ask(ProjectStatistics(filter=nothing))).timezone)


def _read(session: Session, text: str | None, option: str, zone: ZoneInfo) -> datetime | None:
    """Return a typed time; the start of a day here is that of the day there."""
    time = read_time(session, text, option, until=option == "--until")
    if time is None:
        return None
    local = time.astimezone()
    is_day = local.replace(tzinfo=None) == datetime.combine(local, datetime.min.time()) and ":" not in (text or "")
    return local.replace(tzinfo=zone).astimezone(UTC) if is_day else time


def _last(now: datetime, months: int) -> tuple[datetime, datetime]:
    """Return the last period of so many months that is over."""
    end = now.year * _MONTHS_A_YEAR + (now.month - 1) // months * months
    since, until = (divmod(month, _MONTHS_A_YEAR) for month in (end - months, end))
    first, last = (datetime(year, month + 1, 1, tzinfo=now.tzinfo) for year, month in (since, until))
    return first.astimezone(UTC), last.astimezone(UTC)
