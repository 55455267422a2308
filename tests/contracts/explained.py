"""What the document of the wire says beside the forms: what each field means, names for inline forms, and examples."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, ValidationError

from contracts import subjects
from contracts.message import Store

Json: TypeAlias = dict[str, Any]

PARAMETERS: dict[str, Json] = {
    "site": {"default": "main", "description": "The installation: 1 to 32 of a-z, 0-9 and '-'."},
    "principal": {
        "description": "Who acts: the name in the NATS user JWT, 1 to 64 of a-z, 0-9, '_' and '-'. The server binds it."
    },
    "key": {"description": "What is kept in order: a project id, a report id, or '-'."},
    "command_id": {"description": "The command's Nats-Msg-Id.", "location": "$message.payload#/command_id"},
    "inbox": {"description": "One to three tokens that the caller chooses."},
    "worker": {"enum": list(subjects.WORKERS), "description": "Whose it is."},
    "log": {"enum": [store.value for store in Store], "description": "Which activity log."},
    "instance": {"description": "One process of a worker."},
}
SECURITY: Json = {
    "credentials": {
        "type": "asymmetricEncryption",
        "description": "A user JWT of NATS and its key, from a credentials file of `incidents access create`: the "
        "client signs the server's nonce. The JWT names the principal, which the server binds to its subjects.",
    }
}

_CODES: Final = re.compile(r"\s*\((?:PRJ|SEQ|PROP|TYP|STA|CAT|DAT|PERM|RET|REP|MSG|LIC|LOG|AMB|SYS)-[^)]*\)")
_UUID_LENGTH: Final = 36
_INNER: Final = {"items": "Item", "additionalProperties": "Value", "propertyNames": "Key"}
_SAMPLES: Final = {"boolean": True, "null": None}
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


@cache
def fields() -> dict[str, list[Any]]:
    """Return by the name of a field what it means and, where one is given, an example."""
    document: dict[str, list[Any]] = json.loads(Path(__file__).with_name("fields.json").read_text("utf-8"))
    return document


def explain(schemas: Mapping[str, Json]) -> None:
    """Say of each field what it means, name what has no name, and leave out marks that mean nothing to clients."""
    for name, schema in schemas.items():
        for field, form in schema.get("properties", {}).items():
            if "$ref" not in form and field in fields():
                form.setdefault("description", fields()[field][0])
        _name(schema, name)


def without_codes(part: Any) -> Any:
    """Leave the numbers of requirements out of every sentence."""
    if isinstance(part, dict):
        return {name: without_codes(value) for name, value in part.items()}
    if isinstance(part, list):
        return [without_codes(element) for element in part]
    return _CODES.sub("", part) if isinstance(part, str) else part


def _name(form: Any, name: str) -> None:
    if not isinstance(form, dict) or "$ref" in form:
        return
    if form.keys() & {"enum", "anyOf", "oneOf", "properties"} or form.get("type") in {"object", "array"}:
        form.setdefault("title", name)
    for field, inner in form.get("properties", {}).items():
        _name(inner, name + "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]", field)))
    for part, ending in _INNER.items():
        _name(form.get(part), name + ending)
    for number, inner in enumerate([*form.get("anyOf", []), *form.get("oneOf", [])], 1):
        _name(inner, f"{name}{number}")


def add_examples(document: Json, sent: Mapping[str, type[BaseModel]]) -> None:
    """Give every message an example of itself; what is sent is one that is accepted."""
    schemas = document["components"]["schemas"]
    for channel in document["channels"].values():
        for name, message in channel["messages"].items():
            tries = _examples(message["payload"], schemas)
            example = {
                "payload": next(
                    candidate for candidate in tries if name not in sent or _is_accepted(sent[name], candidate)
                )
            }
            if "headers" in message:
                example["headers"] = next(_examples(message["headers"], schemas))
            message["examples"] = [example]


def _is_accepted(model: type[BaseModel], body: Any) -> bool:
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


def _examples(form: Json, schemas: Mapping[str, Json]) -> Iterator[Any]:
    """Yield an example with all fields, one with the required alone, and those with one field more."""
    resolved = _resolved(form, schemas)
    whole = _example(resolved, schemas)
    yield whole
    required = {name: whole[name] for name in resolved.get("required", [])} if isinstance(whole, dict) else whole
    if isinstance(whole, dict):
        for name in whole:
            yield {**required, name: whole[name]}
    yield required


def _resolved(form: Json, schemas: Mapping[str, Json]) -> Json:
    if "$ref" in form:
        return _resolved(schemas[form["$ref"].rpartition("/")[2]], schemas)
    if "allOf" not in form:
        return form
    parts = [_resolved(part, schemas) for part in form["allOf"]]
    properties = {name: schema for part in parts for name, schema in part.get("properties", {}).items()}
    return {"type": "object", "properties": properties, "required": [n for p in parts for n in p.get("required", [])]}


def _example(schema: Json, schemas: Mapping[str, Json], name: str = "") -> Any:
    form = _resolved(schema, schemas)
    choices = [*form.get("enum", []), *([form["const"]] if "const" in form else [])]
    known = [example for example in (*fields().get(name, [])[1:], *form.get("examples", [])) if _fits(example, form)]
    if known or choices:
        return (known or choices)[0]
    if options := form.get("anyOf") or form.get("oneOf"):
        return _example(options[0], schemas, name)
    if form.get("type") == "object":
        return {field: _example(part, schemas, field) for field, part in form.get("properties", {}).items()}
    if form.get("type") == "array":
        return [_example(form["items"], schemas, name)] if "items" in form else []
    return _scalar(form, str(form.get("type")))


def _scalar(form: Json, kind: str) -> Any:
    if kind in _SAMPLES:
        return _SAMPLES[kind]
    if kind in {"integer", "number"}:
        return form.get("minimum", 1)
    samples = {"uuid": fields()["project_id"][1], "date-time": fields()["created_at"][1]}
    return samples.get(form.get("format", ""), "text")


def _fits(value: Any, form: Json) -> bool:
    """Tell whether an example that is given for a name suits this field of the name."""
    if options := form.get("anyOf") or form.get("oneOf"):
        return any(_fits(value, option) for option in options)
    if "enum" in form or "const" in form:
        return value in form.get("enum", [form.get("const")])
    is_flag = isinstance(value, bool) is (form.get("type") == "boolean")
    is_kind = is_flag and isinstance(value, _TYPES.get(form.get("type", ""), ()))
    return is_kind and _fits_inside(value, form)


def _fits_inside(value: Any, form: Json) -> bool:
    if isinstance(value, list):
        return all(_fits(character, form.get("items", {})) for character in value)
    if isinstance(value, str):
        of_form = "format" not in form or (form["format"] == "uuid") is (len(value) == _UUID_LENGTH)
        return of_form and re.search(form.get("pattern", ""), value) is not None
    return not (isinstance(value, dict) and value and form.get("properties"))
