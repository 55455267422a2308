"""The location of the system: below a data directory, or at an address."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from incidents.errors import UnreachableError

DEFAULT_DATA: Final = Path(".incidents")
_CREDENTIALS: Final = "export INCIDENTS_NATS_CREDS=FILE"
_OTHERS: Final = "export INCIDENTS_NATS_URL=nats://HOST:4222 INCIDENTS_NATS_CREDS=FILE"


class Place(NamedTuple):
    """How to reach a system as one principal; `remedy` is the command to type if it does not answer.

    `renewal` is the command to type if it does not accept the credentials.
    """

    url: str
    credentials: Path
    site: str
    remedy: str = ""
    renewal: str = ""


def data_directory(data: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory: the argument, `INCIDENTS_DATA`, or the default."""
    return data or Path(environment.get("INCIDENTS_DATA") or DEFAULT_DATA)


def find(data: Path | None, principal: str, environment: Mapping[str, str] = os.environ) -> Place:
    """Find the system: in `data`, at `INCIDENTS_NATS_URL`, or in the default data directory, in this order.

    Raises:
        UnreachableError: No system runs there, or there are no credentials of this principal.
    """
    if data is None and (url := environment.get("INCIDENTS_NATS_URL")):
        return _at_address(url, environment)
    return _in_directory(data_directory(data, environment), principal)


def _at_address(url: str, environment: Mapping[str, str]) -> Place:
    credentials = environment.get("INCIDENTS_NATS_CREDS")
    if not credentials:
        reason = "INCIDENTS_NATS_CREDS does not name a credentials file"
        raise UnreachableError(url, reason, _CREDENTIALS)
    return Place(url, Path(credentials), environment.get("INCIDENTS_SITE") or "main", _OTHERS, _CREDENTIALS)


def _in_directory(directory: Path, principal: str) -> Place:
    option = "" if directory == DEFAULT_DATA else f" --data {directory}"
    start = f"incidents up{option}"
    try:
        runtime = json.loads((directory / "runtime.json").read_text())
        url, site = str(runtime["nats_url"]), str(runtime["site"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreachableError(directory, "no system runs here", start) from error
    credentials = directory / "creds" / f"{principal}.creds"
    renewal = f"incidents access create {principal}{option}"
    if not credentials.exists():
        raise UnreachableError(credentials, "there are no such credentials", renewal)
    return Place(url, credentials, site, start, renewal)
