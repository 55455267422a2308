"""Settings, credentials and a connection from `INCIDENTS_*` variables, and the options that commands share."""

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from gettext import pgettext
from pathlib import Path
from typing import Annotated, Any, Final

import nats
import typer
from nats.aio.client import Client as Nats
from pydantic import ValidationError

from contracts import subjects
from contracts.figures import read_duration
from workers.common.process_settings import PREFIX, Settings, bounds_of, unknown_variables, variable_of
from workers.local.access.signing_keys import SCOPES, Scope
from workers.local.console_output import fail, language, say
from workers.local.data_directory import Home, Runtime
from workers.runtime.bus.hardened_parser import BusClient
from workers.runtime.process.preconditions import UnfitError, require_credentials

Data = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="INCIDENTS_DATA", help="Where everything is kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
DEFAULT_DATA: Final = Path(".incidents")
DATABASE_VARIABLE: Final = "INCIDENTS_DATABASE_URL"
_NOT_REACHED: Final = 3
_ATTEMPTS_MAX: Final = 5
"""About so many seconds a command waits for a starting server."""

_EXPIRY_SECONDS_MAX: Final = 100_000 * 604_800
_ADDRESSES: Final = {
    "nats_url": ("{variable} is not the address of a message bus: write it as nats://HOST:PORT or tls://HOST:PORT."),
    "database_url": (
        "{variable} is not the address of a database: write it as postgresql://ROLE@HOST/DATABASE, "
        "with each special character of a password as %XX."
    ),
    "smtp_url": (
        "{variable} is not the address of a mail server: write it as smtp://HOST or smtps://NAME:PASSWORD@HOST."
    ),
}
_SHOWN_MAX: Final = 40
"""As many characters of an invalid value are shown."""


def read_settings() -> Settings:
    """Read the settings from `INCIDENTS_*` variables; end with status 2 and a sentence about each invalid one."""
    problems = [_unknown(name) for name in unknown_variables(os.environ)]
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_invalid(str(each["loc"][0]), each["type"], str(each["input"])) for each in error.errors()]
        fail("\n".join(problems), status=2)
    if problems:
        fail("\n".join(problems), status=2)
    return settings


def _unknown(name: str) -> str:
    for near in map(variable_of, get_close_matches(name.removeprefix(PREFIX).lower(), Settings.model_fields, 1)):
        return say("{variable} is not known: did you mean {near}? Rename it, or remove it.", variable=name, near=near)
    return say(
        "{variable} is not known: correct its name, or remove it. docs/configuration.md lists all.", variable=name
    )


def _invalid(field: str, kind: str, value: str) -> str:
    """Say which variable has which invalid value, what it may be, and what to do.

    The value of an address is not shown: it may hold a password.
    """
    variable = variable_of(field)
    shown = value if len(value) <= _SHOWN_MAX else f"{value[:_SHOWN_MAX]}…"
    if kind == "empty":
        return say("{variable} is empty: give it a value, or remove it.", variable=variable)
    if kind in _ADDRESSES:
        return say(_ADDRESSES[kind], variable=variable)
    if bounds := bounds_of(field):
        return _out_of_bounds(variable, shown, bounds, Settings.model_fields[field].default)
    if kind == "site_name":
        return say(
            "{variable} is {value}: use 1 to 32 of a-z, 0-9 and -, or remove it to take main.",
            variable=variable,
            value=shown,
        )
    return say("{variable} is {value}: correct it, or remove it.", variable=variable, value=shown)


def _out_of_bounds(variable: str, value: str, bounds: tuple[float, float], default: float) -> str:
    least, most, usual = map(plain, (*bounds, default))
    return say(
        "{variable} is {value}: use a whole number from {least} to {most}, or remove it to take {default}."
        if isinstance(default, int)
        else "{variable} is {value}: use a number with a decimal point, from {least} to {most}, "
        "or remove it to take {default}."
        if "," in value
        else "{variable} is {value}: use a number from {least} to {most}, or remove it to take {default}.",
        variable=variable,
        value=value,
        least=least,
        most=most,
        default=usual,
    )


def plain(number: float) -> str:
    """Return a number as it is typed, without an exponent."""
    return f"{number:.12g}"


def require_runtime(data: Path) -> Runtime:
    """Return what a running system says of itself; end with status 3 and a sentence if none runs there."""
    runtime = Home(data.absolute()).runtime()
    if runtime is None:
        fail(say("{data}: no system runs here. Start it: incidents up --data {data}", data=data), _NOT_REACHED)
    return runtime


def database_url_of(data: Path) -> str:
    """Return the database of servers of your own, which INCIDENTS_DATABASE_URL names, or of the system that runs."""
    return read_settings().database_url if DATABASE_VARIABLE in os.environ else require_runtime(data).database_url


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Read settings from another environment."""
    values: dict[str, Any] = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items()}
    return Settings(**values)


def require_holder(settings: Settings, name: str, *, exactly: bool = True) -> str:
    """Return the principal of the credentials; end with a sentence if they are invalid, expired or somebody else's."""
    try:
        return require_credentials(settings.nats_creds, name, exactly=exactly)
    except UnfitError as error:
        fail(str(error), error.status)


def remedy(error: BaseException, who: str) -> str:
    """Return what to do if a message bus is unreachable, rejects the credentials, or denies changes of streams."""
    making = say("`incidents access create provision --scope provision --expires 1h --data DIR` makes some.")
    if "authorization" in str(error).lower():
        words = "These credentials are of another site, revoked, or from before a rotation of keys: {making}"
        return say(words, making=making)
    if isinstance(error, TimeoutError | nats.errors.TimeoutError):
        words = "Only credentials of the scope provision may create streams, and those of {who} may not: {making}"
        return say(words, who=who, making=making)
    return say("Start it, or set INCIDENTS_NATS_URL.")


async def connect(settings: Settings, who: str) -> Nats:
    """Connect to a server that may still be starting.

    Raises:
        NoServersError: No server answers, or it rejects the credentials, as its cause shows.
    """
    last: list[Exception] = []

    async def on_error(error: Exception) -> None:
        # A refusing server also closes the connection; its own error is the informative one.
        if not last or isinstance(error, nats.errors.Error):
            last[:] = [error]

    connection = BusClient()
    try:
        await connection.connect(
            settings.nats_url,
            user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
            inbox_prefix=subjects.inbox(who),
            max_reconnect_attempts=_ATTEMPTS_MAX,
            reconnect_time_wait=1,
            error_cb=on_error,
        )
    except nats.errors.NoServersError as error:
        raise error from (last[0] if last else None)
    return connection


def read_scope(text: str) -> Scope:
    """Return a scope, typed as it is shown or as the wire calls it."""
    scopes: dict[str, Scope] = {name: scope for scope in SCOPES for name in (scope, pgettext("scope", scope))}
    if (typed := text.strip().casefold()) not in scopes:
        known = ", ".join(pgettext("scope", scope) for scope in SCOPES)
        fail(say("There is no scope {text}. Choose one of {known}.", text=text, known=known), status=2)
    return scopes[typed]


def read_expiry(span: str | None) -> int | None:
    """Return the seconds of a span after which credentials expire; None if they never do."""
    if span is None:
        return None
    seconds = round(read_duration(span) or 0)
    if not 0 < seconds <= _EXPIRY_SECONDS_MAX:
        words = "--expires: {span} is not a span of time: write a number and a unit, such as 90d, 12h or 2 weeks."
        fail(say(words, span=span), status=2)
    return seconds


def read_moment(text: str | None) -> str | None:
    """Return a typed time by RFC 3339: a day as the language writes it, or a span from now on; others as they are."""
    if text is None:
        return None
    if seconds := read_duration(text):
        with suppress(OverflowError):
            return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    day = read_day(text)
    return day.isoformat() if day else text


def read_day(text: str) -> datetime | None:
    """Return the local start of a day, typed as the language writes it or as the wire does; None for another text."""
    for form in ("%Y-%m-%d", "%d/%m/%Y") if language() == "fr" else ("%Y-%m-%d",):
        with suppress(ValueError):
            return datetime.strptime(text.strip(), form).astimezone()
    return None


def require_future(end: datetime | None, typed: str | None) -> None:
    """Refuse the end of a licence that has passed already."""
    if end and end <= datetime.now(UTC):
        words = "--expires: {text} is in the past, so this licence would never be valid."
        fail(say(words, text=typed), status=2)
