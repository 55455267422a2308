"""Times as a report prints them."""

from datetime import UTC, datetime, timedelta, tzinfo

_MEAN_TIME = "LMT"
_MINUTE = timedelta(minutes=1)


def print_time(at: datetime, zone: tzinfo) -> str:
    """Return a time with its offset from UTC, which keeps to its line.

    Before a place had a time zone, its clocks showed the mean time of the sun. Nobody reckons with that today, so
    such a time is printed as UTC.
    """
    local = _local(at, zone)
    return f"{local:%d/%m}/{local.year:04} {local:%H:%M:%S}\u00a0{_offset(local)}"


def _local(at: datetime, zone: tzinfo) -> datetime:
    try:
        local = at.astimezone(zone)
    except OverflowError:  # the first and the last day of the calendar
        return at.astimezone(UTC)
    is_mean_time = local.tzname() == _MEAN_TIME or (local.utcoffset() or timedelta()) % _MINUTE
    return at.astimezone(UTC) if is_mean_time else local


def _offset(local: datetime) -> str:
    written = local.strftime("%z")
    return f"{written[:3]}:{written[3:5]}"
