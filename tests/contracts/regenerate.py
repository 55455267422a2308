"""Writes the published document and the golden file anew: `python -m tests.contracts.regenerate`."""

import json
from typing import Any

import yaml

from contracts import catalogue
from contracts.errors import HTTP_STATUS
from contracts.message import Command, Event, Request
from contracts.permissions import Node
from tests.checks.tree import ROOT
from tests.contracts import asyncapi

COMMAND = "make wire"
PUBLISHED = ROOT / "docs/asyncapi.yaml"
GOLDEN = ROOT / "tests/contracts/wire.json"
HEAD = f"# Made by `{COMMAND}` from the classes in contracts/; edit those.\n"


class Plain(yaml.SafeDumper):
    """Writes every value out, without anchors."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def published() -> str:
    """Return the AsyncAPI document as YAML."""
    return HEAD + yaml.dump(asyncapi.document(), Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)


def golden() -> str:
    """Return all that a client relies on, without the words that explain it."""
    by_name = {
        "commands": {subject: _command(command) for subject, command in catalogue.commands().items()},
        "queries": {subject: _asking(query) for subject, query in catalogue.queries().items()},
        "events": {subject: _event(event) for subject, event in catalogue.events().items()},
        "errors": {code.value: status for code, status in HTTP_STATUS.items()},
        "nodes": [node.value for node in Node],
        "schemas": _without_words(asyncapi.schemas()),
    }
    return json.dumps(by_name, indent=1, ensure_ascii=False) + "\n"


def _command(command: type[Command[Any]]) -> dict[str, Any]:
    return {"key": asyncapi.key(command), "internal": command.internal, **_asking(command)}


def _asking(asking: type[Request[Any]]) -> dict[str, Any]:
    always, more = asyncapi.needs(asking)
    return {
        "body": asking.__name__,
        "answer": asking.answer().__name__,
        "permissions": always,
        "permissions_with": more,
        **({"permissions_or": {asking.instead: asking.level.name.lower()}} if asking.instead else {}),
    }


def _event(event: type[Event]) -> dict[str, Any]:
    return {"body": event.__name__, "stores": sorted(event.stores)}


def _without_words(schema: Any) -> Any:
    """Leave out what explains and does not bind; a field may have such a name."""
    if isinstance(schema, list):
        return [_without_words(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_words(value)
        for name, value in schema.items()
        if name not in {"description", "title", "examples"} or not isinstance(value, str | list)
    }


def main() -> None:
    """Write both files."""
    PUBLISHED.write_text(published())
    GOLDEN.write_text(golden())


if __name__ == "__main__":
    main()
