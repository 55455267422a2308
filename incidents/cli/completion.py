"""Shell completion of the site's names, if the site answers at once."""

import asyncio
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import typer

from contracts.administration_queries import GetProperties, GetRoles
from incidents.client import Client, connect
from incidents.errors import Refused, UnreachableError
from incidents.locate import find

_ANSWER_SECONDS: Final = 0.5
"""People wait at the keyboard: without an answer by then, nothing is offered or reported."""

_SPECIAL: Final = re.compile(r"([^\w@%+=:,./-])")


def complete_names(kind: str) -> Callable[[typer.Context], list[str]]:
    """Return a function that offers the names of types, statuses or roles."""

    def offer(ctx: typer.Context) -> list[str]:
        try:
            names = asyncio.run(_names(kind, ctx.params))
        except (Refused, UnreachableError, TimeoutError):
            return []
        is_bash = os.environ.get("_INCIDENTS_COMPLETE") == "complete_bash"
        # The other shells quote what they insert by themselves.
        return [_SPECIAL.sub(r"\\\1", name) if is_bash else name for name in names]

    return offer


async def _names(kind: str, options: dict[str, Any]) -> list[str]:
    data, principal = options.get("data"), options.get("as_") or os.environ.get("INCIDENTS_AS") or "admin"
    place = find(Path(data) if data else None, principal)
    async with (
        asyncio.timeout(_ANSWER_SECONDS),
        connect(place.url, place.credentials, place.site, seconds=_ANSWER_SECONDS) as client,
    ):
        return list(await _known(client, kind))


async def _known(client: Client, kind: str) -> Iterable[str]:
    if kind == "roles":
        return (role.role_id for role in (await client.ask(GetRoles())).roles)
    return (property_.name for property_ in getattr(await client.ask(GetProperties()), kind))
