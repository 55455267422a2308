"""The location of the system: below a data directory, or at an address."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from incidents.errors import CredentialsError, UnreachableError

DEFAULT_DATA: Final = Path(".incidents")
_CREDENTIALS: Final = "export INCIDENTS_NATS_CREDS=FILE"
_NAMED_BY_VARIABLE: Final = "INCIDENTS_NATS_CREDS names a credentials file; `incidents access create NAME` makes one"
_NAMED_BY_PRINCIPAL: Final = "--as or INCIDENTS_AS names the principal; `incidents access create NAME` makes its file"
_NOT_HERE: Final = "no system runs here; --data or INCIDENTS_DATA names the directory of one"
_OTHERS: Final = "export INCIDENTS_NATS_URL=nats://HOST:4222 INCIDENTS_NATS_CREDS=FILE"


class Place(NamedTuple):
    """How to reach a system as one principal; `remedy` is the command to type if it does not answer.

    `renewal` is the command to type if it does not accept the credentials, and `naming` says what names their file.
    `directory` is the data directory of a system on this machine.
    """

    url: str
    credentials: Path
    site: str
    remedy: str = ""
    renewal: str = ""
    naming: str = ""
    directory: Path | None = None


def data_directory(data: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory: the argument, `INCIDENTS_DATA`, or the default."""
    return data or Path(environment.get("INCIDENTS_DATA") or DEFAULT_DATA)


def credentials_path(data: Path | None, principal: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return where the credentials of a principal are in a data directory; None for a system elsewhere."""
    if data is None and environment.get("INCIDENTS_NATS_URL"):
        return None
    return data_directory(data, environment) / "creds" / f"{principal}.creds"


def find(data: Path | None, principal: str, environment: Mapping[str, str] = os.environ) -> Place:
    """Find the system: in `data`, at `INCIDENTS_NATS_URL`, or in the default data directory, in this order.

    Raises:
        UnreachableError: No system runs there.
        CredentialsError: There are no credentials of this principal.
    """
    if data is None and (url := environment.get("INCIDENTS_NATS_URL")):
        return _at_address(url, environment)
    return _in_directory(data_directory(data, environment), principal)


def _at_address(url: str, environment: Mapping[str, str]) -> Place:
    credentials = environment.get("INCIDENTS_NATS_CREDS")
    if not credentials:
        reason = "INCIDENTS_NATS_URL is set, and INCIDENTS_NATS_CREDS is not"
        raise CredentialsError(url, reason, _CREDENTIALS, _NAMED_BY_VARIABLE)
    site = environment.get("INCIDENTS_SITE") or "main"
    return Place(url, Path(credentials), site, _OTHERS, _CREDENTIALS, _NAMED_BY_VARIABLE)


def _in_directory(directory: Path, principal: str) -> Place:
    option = "" if directory == DEFAULT_DATA else f" --data {directory}"
    start = f"incidents up{option}"
    try:
        runtime = json.loads((directory / "runtime.json").read_text())
        url, site = str(runtime["nats_url"]), str(runtime["site"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreachableError(directory.absolute(), _NOT_HERE, start) from error
    credentials = directory / "creds" / f"{principal}.creds"
    renewal = f"incidents access create {principal}{option}"
    if not credentials.exists():
        raise CredentialsError(credentials, "there are no such credentials", renewal, _NAMED_BY_PRINCIPAL)
    return Place(url, credentials, site, start, renewal, _NAMED_BY_PRINCIPAL, directory)
