"""Times in sentences and tables for people, in the local time zone."""

from datetime import datetime
from gettext import pgettext


def local_minute(seconds: float) -> str:
    """Return a time since the epoch to the minute, in the format of the language of this process."""
    return datetime.fromtimestamp(seconds).astimezone().strftime(pgettext("minute", "%Y-%m-%d %H:%M"))
