"""The command for the history of definitions and settings."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, get_args

import typer

from contracts.administration_queries import (
    DefinitionChange,
    DefinitionHistory,
    GetPropertyHistory,
    GetRoleHistory,
    GetSettingHistory,
    PropertyKind,
    Settings,
)
from incidents.cli.arguments import among
from incidents.cli.operations.audit import audit
from incidents.terminal.input.reading import make_message
from incidents.terminal.input.role_names import FIRST_ROLE
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.option_names import option_word
from incidents.terminal.options import command
from incidents.terminal.session import Session
from incidents.terminal.tables import show
from incidents.terminal.text.words import field_word, name_of, say

_KINDS: Final = (*get_args(PropertyKind), "role", "setting")
_QUERIES: Final[Mapping[str, Any]] = {"role": GetRoleHistory, "setting": GetSettingHistory}


def register(_: typer.Typer) -> None:
    """Add `audit definitions`."""
    command(
        audit,
        "definitions",
        "incidents audit definitions data-field",
        "incidents audit definitions setting --key report_title",
        table=True,
    )(definitions)


async def definitions(
    session: Session,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(_KINDS)}.", autocompletion=among(*_KINDS))],
    key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only this definition or setting: an id such as 3, decimal_1 or category_2, or the name of a setting.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=500, help="Changes, newest first.")] = 100,
) -> None:
    """Show the changes of definitions and settings: who, when, before and after."""
    kind = read_word(session, "kind", kind, _KINDS, "KIND")
    if key and kind == "setting":
        as_option = {option_word(name): name for name in Settings.model_fields}
        as_option |= {name.replace("_", "-"): name for name in Settings.model_fields}
        key = as_option.get(key, key)
        key = read_word(session, "field", key, Settings.model_fields, "--key")
    asked: dict[str, Any] = {"key": key, "limit": limit}
    message = _QUERIES.get(kind, GetPropertyHistory)
    asked |= {"kind": kind} if message is GetPropertyHistory else {}
    async with session.client() as client:
        page: DefinitionHistory = await client.ask(make_message(session, message, asked))
    rows = (
        (
            change.at,
            change.by,
            _key(session, kind, change.key),
            *map(show.paragraph, _states(change, kind, session.language)),
        )
        for change in page.items
    )
    session.show(page, show.table(session.language, "Time", "By", "Key", "Before", "After", rows=rows))


def _key(session: Session, kind: str, key: str) -> str:
    return name_of(session.language, "field", key) if kind == "setting" else key


def _states(change: DefinitionChange, kind: str, language: str) -> tuple[str, str]:
    """Return the differing fields before and after the change, one per line."""
    old, new = (
        _flat(change.key, _named(change.key, state or {}, kind, language), language)
        for state in (change.old, change.new)
    )
    names = [name for name in dict.fromkeys([*new, *old]) if old.get(name) != new.get(name)]
    lines = (
        [say(language, "{label}: {value}", label=name, value=state[name]) for name in names if name in state]
        for state in (old, new)
    )
    before, after = map("\n".join, lines)
    return before, after


def _named(key: str, state: Mapping[str, Any], kind: str, language: str) -> Mapping[str, Any]:
    """Return a state with the name of the first role in the language of the reader, as `roles list` shows it."""
    is_first = kind == "role" and (key, state.get("name")) == FIRST_ROLE
    return {**state, "name": say(language, FIRST_ROLE[1])} if is_first else state


def _shown(name: str, value: Any, language: str) -> str:
    texts = value if isinstance(value, list) else [value]
    return ", ".join(show.field_value(name, text, show.Names(None), language) for text in texts)


def _flat(key: str, state: Mapping[str, Any], language: str) -> dict[str, Any]:
    levels: Mapping[str, Any] = state.get("permissions", {})
    plain = {
        field_word(language, name): _shown(key if name == "value" else name, value, language)
        for name, value in state.items()
        if name != "permissions" and value not in ("", [], None)
    }
    permissions = {
        name_of(language, "permission", node): name_of(language, "level", level) for node, level in levels.items()
    }
    return {**plain, **permissions}
