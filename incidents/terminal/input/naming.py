"""Types, statuses, categories, values and data fields by the names that people type, ignoring case and accents.

Ids are accepted, too. An ambiguous name is refused with the ids, an unknown one with similar names.
"""

import difflib
import shlex
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from contracts.administration_queries import Category, GetProperties, Properties
from incidents.client import Client
from incidents.errors import SuppressNotAvailable
from incidents.terminal.input.slots import DATA_KINDS, fold, is_slot, meant, slot_of
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables.values import labels_of
from incidents.terminal.text.words import list_names, name_of

_NONE: Final = frozenset({"none", "aucun", "aucune"})
"""Words that select projects without a value in a filter."""

_SIMILAR_NAMES_MAX: Final = 5
_PART_MIN: Final = 3
"""The least letters of a part of a name."""

_LISTED_NAMES_MAX: Final = 12
_SLIP_MAX: Final = 0.3
"""How much a name of a few may differ from what was typed: beyond it, all of them say more than a guess."""
_SHOWN_BY: Final = {
    "Type": "incidents types list",
    "Status": "incidents statuses list",
    "Category": "incidents categories list",
    "Data field": "incidents fields list",
    "Role": "incidents roles list",
}
"""The command that shows all names of a kind; those of other kinds are few."""

_DEFINED_BY: Final = {
    "Type": "incidents types add NAME",
    "Status": "incidents statuses add NAME",
    "Category": "incidents categories define 1 NAME",
    "Data field": "incidents fields define text_1 NAME",
}

_CATEGORIES: Final = frozenset(f"category_{slot}" for slot in range(1, 6))


class Named(NamedTuple):
    """A thing with a name for people; `key` identifies it on the wire."""

    key: Any
    name: str


def choose(
    session: Session, kind: str, text: str, known: Sequence[Named], *, showing: str = "", defining: str = ""
) -> Any:
    """Return the key of the thing that somebody named; `showing` and `defining` are commands for an unknown name.

    Raises:
        UsageError: The name is ambiguous or unknown.
    """
    composed = unicodedata.normalize("NFC", text.strip())
    exact = [named for named in known if unicodedata.normalize("NFC", named.name) == composed]
    matches = exact or [named for named in known if fold(named.name) == fold(composed)]
    keys = list(dict.fromkeys(named.key for named in matches))
    if len(keys) == 1:
        return keys[0]
    if keys:
        ids = ", ".join(map(str, keys))
        words = "{kind}: the name {name} is ambiguous; write the id instead: {ids}"
        raise UsageError(session.say(words, kind=session.say(kind), name=text, ids=ids))
    commands = showing or _SHOWN_BY.get(kind, ""), defining or session.say(_DEFINED_BY.get(kind, ""))
    raise UsageError(_unknown(session, kind, text, known, commands))


def _unknown(session: Session, kind: str, text: str, known: Sequence[Named], commands: tuple[str, str]) -> str:
    showing, defining = commands
    values = {"kind": session.say(kind), "name": text}
    near = nearest(text, known)
    names = list({named.key: named.name for named in reversed(known)}.values())[::-1]
    are_all_shown = not any(commands) and len(names) <= _LISTED_NAMES_MAX
    if near and not (are_all_shown and _difference(fold(text), near[0]) > _SLIP_MAX):
        words = "{kind}: {name} does not exist. Did you mean {near}?"
        return session.say(words, near=list_names(session.language, near), **values)
    if not names:
        words = "{kind}: {name} does not exist. None is defined yet: {defining}"
        return session.say(words, defining=defining, **values)
    if len(names) <= _LISTED_NAMES_MAX or not showing:
        return session.say("{kind}: {name} does not exist. Choose one of: {near}", near=", ".join(names), **values)
    similar = ", ".join(sorted(names, key=partial(_difference, fold(text)))[:_LISTED_NAMES_MAX])
    words = "{kind}: {name} does not exist. There are {count}, such as {near}, …; all of them: {showing}"
    return session.say(words, count=len(names), near=similar, showing=showing, **values)


def _difference(text: str, name: str) -> float:
    """Return how much a name differs from a typed text, between 0 and 1."""
    return 1 - difflib.SequenceMatcher(None, text, fold(name)).ratio()


def nearest(text: str, known: Sequence[Named]) -> list[str]:
    """Return the names that are similar to a typed one, as they are shown: the first name of each thing."""
    shown = {named.key: named.name for named in reversed(known)}
    by_folded = {fold(named.name): shown[named.key] for named in known}
    folded = fold(text)
    if len(folded) >= _PART_MIN and (holding := [name for name in by_folded if folded in name]):
        return list(dict.fromkeys(by_folded[name] for name in holding))[:_SIMILAR_NAMES_MAX]
    close = difflib.get_close_matches(fold(text), by_folded, n=_SIMILAR_NAMES_MAX, cutoff=0.6)
    return list(dict.fromkeys(by_folded[name] for name in close))


def pairs(session: Session, option: str, form: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the readings of `NAME=VALUE`; a name may contain an equals sign itself."""
    parts = text.split("=")
    if len(parts) == 1:
        words = "{option}: write {form} instead of {text}"
        raise UsageError(session.say(words, option=option, form=session.say(form), text=text))
    for cut in range(1, len(parts)):
        yield "=".join(parts[:cut]).strip(), "=".join(parts[cut:]).strip()


class Naming:
    """Finds definitions by name; reads them once, and only if somebody typed a name."""

    def __init__(self, session: Session, client: Client) -> None:
        """Defer reading the definitions."""
        self._session = session
        self._client = client
        self._known: Properties | None = None

    async def known(self) -> Properties:
        """Return all definitions."""
        if self._known is None:
            self._known = await self._client.ask(GetProperties())
            self._session.labels.update(labels_of(self._known))
        return self._known

    async def type(self, text: str) -> int:
        """Return the id of a type."""
        return await self._property("Type", text, "types")

    async def status(self, text: str) -> int:
        """Return the id of a status."""
        return await self._property("Status", text, "statuses")

    async def types(self, texts: Iterable[str] | None) -> list[int | None]:
        """Return the ids of types for a filter; `none` means projects without one."""
        return [None if _is_none(text) else await self._defined_property("Type", text, "types") for text in texts or ()]

    async def statuses(self, texts: Iterable[str] | None) -> list[int | None]:
        """Return the ids of statuses for a filter; `none` means projects without one."""
        reading = self._defined_property
        return [None if _is_none(text) else await reading("Status", text, "statuses") for text in texts or ()]

    async def _property(self, kind: str, text: str, where: str) -> int:
        if text.strip().isdecimal():
            return int(text)
        known = getattr(await self.known(), where)
        return int(choose(self._session, kind, text, [Named(property_.id, property_.name) for property_ in known]))

    async def _defined_property(self, kind: str, text: str, where: str) -> int:
        """Return the id, which must be defined: a filter by another one finds nothing."""
        number = await self._property(kind, text, where)
        with SuppressNotAvailable():
            known = [Named(property_.id, property_.name) for property_ in getattr(await self.known(), where)]
            if all(named.key != number for named in known):
                choose(self._session, kind, text, known)
        return number

    async def category(self, text: str) -> str:
        """Return the slot of a category, by its slot or its name."""
        slot = text.strip().removeprefix("category_")
        if slot.isdecimal():
            return slot
        return str((await self._category(text)).slot)

    async def _category(self, text: str) -> Category:
        slot = text.strip().removeprefix("category_")
        known = (await self.known()).categories
        for category in known:
            if str(category.slot) == slot:
                return category
        categories = meant(known, text)
        named = [Named(category.slot, category.name) for category in categories]
        slot_ = choose(self._session, "Category", text, named)
        return next(category for category in categories if category.slot == slot_)

    async def value(self, text: str, *, or_none: bool = False) -> tuple[str, int | None]:
        """Parse `CATEGORY=VALUE` into the slot and the id, each typed as a name or a number."""
        ways = list(pairs(self._session, "--category", "CATEGORY=VALUE", text))
        slot, value = ways[0]
        if slot.isdecimal() and value.isdecimal():
            return (await self._defined(slot)) if or_none else slot, int(value)
        for name, chosen in reversed(ways[1:]):
            if any(fold(category.name) == fold(name) for category in (await self.known()).categories):
                slot, value = name, chosen
        if or_none and _is_none(value):
            return await self.category(slot), None
        if value.isdecimal():
            return await self.category(slot), int(value)
        category = await self._category(slot)
        known = [Named(value_.id, value_.name) for value_ in category.values]
        defining = self._session.say("incidents categories add {name} NAME", name=shlex.quote(category.name))
        listed = {"showing": "incidents categories list", "defining": defining}
        return str(category.slot), int(choose(self._session, category.name, value, known, **listed))

    async def _defined(self, slot: str) -> str:
        """Return the slot, which might be an id: a filter by a category that is not defined finds nothing."""
        with SuppressNotAvailable():
            await self._category(slot)
        return slot

    async def field(self, text: str) -> tuple[str, str]:
        """Parse `FIELD=VALUE` into the wire's name of the field and the value as typed."""
        ways = list(pairs(self._session, "--field", "FIELD=VALUE", text))
        if is_slot(ways[0][0]):
            return ways[0]
        fields = [field for field in (await self.known()).data_fields if field.enabled]
        for name, value in ways:
            if any(fold(field.name) == fold(name) for field in fields):
                return await self.field_name(name), value
        return await self.field_name(ways[0][0]), ways[0][1]

    async def field_name(self, text: str) -> str:
        """Return the wire's name of a data field, by that name or the one for people."""
        if is_slot(text):
            return text.strip()
        fields = (await self.known()).data_fields
        if by_id := [field for field in fields if str(field.id) == text.strip()]:
            return slot_of(by_id[0])
        named = [Named(slot_of(field), field.name) for field in meant(fields, text)]
        return str(choose(self._session, "Data field", text, named))

    async def field_to_define(self, text: str) -> str:
        """Return the wire's name of a data field, which need not be enabled yet.

        Raises:
            UsageError: The text is neither an enabled field nor the technical name of one.
        """
        fields = (await self.known()).data_fields
        names = {fold(field.name) for field in fields if field.enabled} | {str(field.id) for field in fields}
        if is_slot(text) or fold(text) in names:
            return await self.field_name(text)
        words = (
            "{name} is not a data field: write the name of an existing one, "
            "or integer_, decimal_, text_, checkbox_ or datetime_ followed by 1, 2 or 3"
        )
        raise UsageError(self._session.say(words, name=text))

    async def any_field(
        self,
        text: str,
        plain: Collection[str],
        option: str,
        *,
        categories: bool = True,
        data: Collection[str] = DATA_KINDS,
    ) -> str:
        """Return the wire's name of a project's field: a plain one, `category_N`, or a data field, by either name.

        `data` are the kinds of data fields that the command takes.
        """
        typed = text.strip()
        if typed in plain or is_slot(typed, data) or (categories and typed in _CATEGORIES):
            return typed
        # If several have the same name, as `status` and `status_id` do in French, the first is meant.
        shown = {name_of(self._session.language, "field", field): field for field in reversed(list(plain))}
        known = await self.known()
        enabled = [category for category in known.categories if category.enabled and categories]
        named = [Named(f"category_{category.slot}", category.name) for category in enabled]
        named += [
            Named(slot_of(field), field.name) for field in known.data_fields if field.enabled and field.kind in data
        ]
        # A field with a short name, as `start` for `start_time`, is proposed by that one alone.
        short = {field: field.rpartition("_")[0] for field in plain if field.rpartition("_")[0] in plain}
        own = [Named(short.get(field, field), name) for name, field in reversed(shown.items())]
        return str(choose(self._session, option, text, [*own, *named]))


def _is_none(text: str) -> bool:
    return text.strip().casefold() in _NONE
