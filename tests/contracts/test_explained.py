"""The document explains itself: each field, each form and each message, for those who have nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from contracts import catalogue
from tests.checks.tree import require_none
from tests.contracts import asyncapi, explained

DOCUMENT = asyncapi.document()
SCHEMAS = DOCUMENT["components"]["schemas"]
MESSAGES = {
    f"{address}: {name}": message
    for address, channel in DOCUMENT["channels"].items()
    for name, message in channel["messages"].items()
}


def test_every_field_is_explained() -> None:
    """A field without a description is a riddle, and a description of no field is left over."""
    plain = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, form in schema.get("properties", {}).items()
        if "$ref" not in form and not form.get("description")
    ]
    require_none("Say in tests/contracts/fields.json what it means.", plain)
    used = {field for schema in SCHEMAS.values() for field in schema.get("properties", {})}
    require_none("Nothing has this field any more.", sorted(explained.fields().keys() - used))


def untitled(form: Any, where: str) -> Iterator[str]:
    """Yield every enumeration, object and choice below a form that tools would have to invent a name for."""
    if isinstance(form, list):
        for element in form:
            yield from untitled(element, where)
    if not isinstance(form, dict):
        return
    if "title" not in form and (form.keys() & {"enum", "anyOf", "oneOf"} or isinstance(form.get("properties"), dict)):
        yield where
    for name, inner in form.items():
        if name not in {"examples", "enum", "default", "const"}:
            yield from (
                element
                for part in (inner.values() if name == "properties" else [inner])
                for element in untitled(part, where)
            )


def test_nothing_is_anonymous() -> None:
    """Enumerations and objects have titles, from which generators make the names of types."""
    require_none(
        "Give it a title.", sorted({place for name, schema in SCHEMAS.items() for place in untitled(schema, name)})
    )
    payloads = [name for name, message in MESSAGES.items() if not {"$ref", "title"} & message["payload"].keys()]
    require_none("Give its payload a title.", payloads)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example_of_itself(name: str) -> None:
    """The example is valid by the message's own schema, headers too, and what is sent is accepted by its class."""
    message = MESSAGES[name]
    (example,) = message["examples"]
    for part in {"payload", "headers"} & message.keys():
        schema = {**message[part], "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(example[part])
    requests = {
        command.__name__: command for command in (*catalogue.commands().values(), *catalogue.queries().values())
    }
    if message["name"] in requests:
        requests[message["name"]].model_validate_json(json.dumps(example["payload"]))


def test_no_number_of_a_requirement_is_published() -> None:
    """Clients know nothing of our list of requirements."""
    assert re.findall(r"\((?:PRJ|SEQ|PROP|PERM|RET|REP|MSG|LIC|LOG|AMB)-\w+", json.dumps(DOCUMENT)) == []


def test_the_server_says_who_may_come_in() -> None:
    """The document names the way in which a client proves who it is."""
    (scheme,) = DOCUMENT["servers"]["site"]["security"]
    assert scheme["$ref"].rpartition("/")[2] in DOCUMENT["components"]["securitySchemes"]
