"""What a shell is offered where names of the site are typed: what is defined there, if it says so at once."""

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

_PATIENCE_SECONDS: Final = 0.5
"""Somebody waits at a keyboard: what does not answer by then is not offered, and nothing is said."""

_SPECIAL: Final = re.compile(r"([^\w@%+=:,./-])")


def defined(kind: str) -> Callable[[typer.Context], list[str]]:
    """Offer the names of types, statuses or roles."""

    def offer(ctx: typer.Context) -> list[str]:
        try:
            names = asyncio.run(_names(kind, ctx.params))
        except (Refused, UnreachableError, TimeoutError):
            return []
        is_bash = os.environ.get("_INCIDENTS_COMPLETE") == "complete_bash"
        # The other shells quote what they insert by themselves.
        return [_SPECIAL.sub(r"\\\1", one) if is_bash else one for one in names]

    return offer


async def _names(kind: str, options: dict[str, Any]) -> list[str]:
    data, principal = options.get("data"), options.get("as_") or os.environ.get("INCIDENTS_AS") or "admin"
    place = find(Path(data) if data else None, principal)
    async with (
        asyncio.timeout(_PATIENCE_SECONDS),
        connect(place.url, place.credentials, place.site, seconds=_PATIENCE_SECONDS) as client,
    ):
        return list(await _known(client, kind))


async def _known(client: Client, kind: str) -> Iterable[str]:
    if kind == "roles":
        return (one.role_id for one in (await client.ask(GetRoles())).roles)
    return (one.name for one in getattr(await client.ask(GetProperties()), kind))
