"""What people call types, statuses, categories, values and data fields, found as they type it: case and accents aside.

An id is taken as it is. A name that several have is refused with their ids, and one that nobody has with the near ones.
"""

import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from contracts.administration_queries import Category, DataField, GetProperties, Properties, Role
from incidents.client import Client
from incidents.terminal.session import Session, UsageError
from incidents.terminal.text.words import name_of

_NONE: Final = frozenset({"none", "aucun", "aucune"})
"""What stands for projects without one, where a list is filtered."""

_NEAR: Final = 5
_LISTED: Final = 12


class Named(NamedTuple):
    """Something that people call by a name; `key` is what the wire calls it."""

    key: Any
    name: str


def folded(text: str) -> str:
    """Return a text without what people leave out when they type: case, accents, doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def choose(session: Session, kind: str, text: str, known: Sequence[Named]) -> Any:
    """Return the key of what somebody named.

    Raises:
        UsageError: Several have this name, or none has.
    """
    wanted = unicodedata.normalize("NFC", text.strip())
    exact = [one for one in known if unicodedata.normalize("NFC", one.name) == wanted]
    found = exact or [one for one in known if folded(one.name) == folded(wanted)]
    keys = list(dict.fromkeys(one.key for one in found))
    if len(keys) == 1:
        return keys[0]
    if keys:
        ids = ", ".join(map(str, keys))
        words = "{kind}: several are called {name}; write the id instead: {ids}"
        raise UsageError(session.say(words, kind=session.say(kind), name=text, ids=ids))
    raise UsageError(_unknown(session, kind, text, known))


def _unknown(session: Session, kind: str, text: str, known: Sequence[Named]) -> str:
    words, near = "{kind}: none is called {name}. Did you mean {near}?", nearest(text, known)
    if not near:
        words = "{kind}: none is called {name}. There are: {near}"
        near = list({one.key: one.name for one in reversed(known)}.values())[::-1][:_LISTED]
    return session.say(words, kind=session.say(kind), name=text, near=", ".join(near) or "–")


def nearest(text: str, known: Sequence[Named]) -> list[str]:
    """Return the names that are nearly what somebody typed."""
    by_folded = {folded(one.name): one.name for one in known}
    return [by_folded[one] for one in difflib.get_close_matches(folded(text), by_folded, n=_NEAR, cutoff=0.6)]


def pairs(session: Session, text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways in which `NAME=VALUE` can be read; a name may hold an equals sign itself."""
    parts = text.split("=")
    if len(parts) == 1:
        raise UsageError(session.say("write NAME=VALUE instead of {text}", text=text))
    for cut in range(1, len(parts)):
        yield "=".join(parts[:cut]).strip(), "=".join(parts[cut:]).strip()


class Naming:
    """Finds what people name; asks for what is defined once, and only when somebody typed a name."""

    def __init__(self, session: Session, client: Client) -> None:
        """Ask nothing yet."""
        self._session = session
        self._client = client
        self._known: Properties | None = None

    async def known(self) -> Properties:
        """Return everything that is defined."""
        if self._known is None:
            self._known = await self._client.ask(GetProperties())
        return self._known

    async def type(self, text: str) -> int:
        """Return the id of a type."""
        return await self._property("Type", text, "types")

    async def status(self, text: str) -> int:
        """Return the id of a status."""
        return await self._property("Status", text, "statuses")

    async def types(self, texts: Iterable[str] | None) -> list[int | None]:
        """Return the ids of types; `none` stands for projects without one."""
        return [None if _is_none(one) else await self.type(one) for one in texts or ()]

    async def statuses(self, texts: Iterable[str] | None) -> list[int | None]:
        """Return the ids of statuses; `none` stands for projects without one."""
        return [None if _is_none(one) else await self.status(one) for one in texts or ()]

    async def _property(self, kind: str, text: str, where: str) -> int:
        if text.strip().isdecimal():
            return int(text)
        known = getattr(await self.known(), where)
        return int(choose(self._session, kind, text, [Named(one.id, one.name) for one in known]))

    async def category(self, text: str) -> str:
        """Return the slot of a category, by its slot or its name."""
        slot = text.strip().removeprefix("category_")
        if slot.isdecimal():
            return slot
        return str((await self._category(text)).slot)

    async def _category(self, text: str) -> Category:
        slot = text.strip().removeprefix("category_")
        enabled = [one for one in (await self.known()).categories if one.enabled]
        for one in enabled:
            if str(one.slot) == slot:
                return one
        found = choose(self._session, "Category", text, [Named(one.slot, one.name) for one in enabled])
        return next(one for one in enabled if one.slot == found)

    async def value(self, text: str, *, or_none: bool = False) -> tuple[str, int | None]:
        """Read `CATEGORY=VALUE`: the slot and the id, whichever way each of them is written."""
        ways = list(pairs(self._session, text))
        slot, value = ways[0]
        if slot.isdecimal() and value.isdecimal():
            return slot, int(value)
        for name, chosen in reversed(ways[1:]):
            if any(folded(one.name) == folded(name) for one in (await self.known()).categories):
                slot, value = name, chosen
        if or_none and _is_none(value):
            return await self.category(slot), None
        if value.isdecimal():
            return await self.category(slot), int(value)
        category = await self._category(slot)
        known = [Named(one.id, one.name) for one in category.values]
        return str(category.slot), int(choose(self._session, category.name, value, known))

    async def field(self, text: str) -> tuple[str, str]:
        """Read `FIELD=VALUE`: the field as the wire calls it, and the value as it was written."""
        ways = list(pairs(self._session, text))
        if _is_slot(ways[0][0]):
            return ways[0]
        fields = [one for one in (await self.known()).data_fields if one.enabled]
        for name, value in ways:
            if any(folded(one.name) == folded(name) for one in fields):
                return await self.field_name(name), value
        return await self.field_name(ways[0][0]), ways[0][1]

    async def field_name(self, text: str) -> str:
        """Return a data field as the wire calls it, by that or by its name."""
        if _is_slot(text):
            return text.strip()
        fields = [one for one in (await self.known()).data_fields if one.enabled]
        return str(choose(self._session, "Data field", text, [Named(_slot(one), one.name) for one in fields]))

    async def any_field(self, text: str, plain: Iterable[str]) -> str:
        """Return a field of a project: one of the plain ones, `category_N`, or a data field, by name or as it is."""
        wanted = text.strip()
        if wanted in plain or _is_slot(wanted) or wanted.startswith("category_"):
            return wanted
        # Of several that are called the same, as `status` and `status_id` are in French, the first is meant.
        shown = {name_of(self._session.language, "field", one): one for one in reversed(list(plain))}
        known = await self.known()
        named = [Named(f"category_{one.slot}", one.name) for one in known.categories if one.enabled]
        named += [Named(_slot(one), one.name) for one in known.data_fields if one.enabled]
        return str(choose(self._session, "Field", text, [*(Named(one, name) for name, one in shown.items()), *named]))


def role(session: Session, text: str, known: Iterable[Role]) -> str:
    """Return the id of a role, by its id or its name."""
    roles = list(known)
    if any(one.role_id == text for one in roles):
        return text
    return str(choose(session, "Role", text, [Named(one.role_id, one.name) for one in roles]))


def _slot(one: DataField) -> str:
    return f"{one.kind}_{one.slot}"


def _is_slot(text: str) -> bool:
    kind, _, number = text.strip().rpartition("_")
    return kind in {"integer", "decimal", "text", "checkbox", "datetime"} and number.isdecimal()


def _is_none(text: str) -> bool:
    return text.strip().casefold() in _NONE
