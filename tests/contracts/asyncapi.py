"""The wire as an AsyncAPI 3 document, made from the catalogue alone: what is not a class is not on the wire."""

import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from contracts import catalogue, envelopes, subjects
from contracts.errors import HTTP_STATUS, Code
from contracts.message import Command, Event, Query, Request
from contracts.permissions import Level, Node
from contracts.projects import watching
from contracts.projects.queries import ProjectFilter
from contracts.texts import LANGUAGES, Phrase, phrase
from tests.contracts import explained

Json: TypeAlias = dict[str, Any]

WIRE_VERSION = "1"
_ENVELOPES = (
    envelopes.CommandHeaders,
    envelopes.QueryHeaders,
    envelopes.EventHeaders,
    envelopes.RefusalHeaders,
    envelopes.Applied,
    envelopes.Rejected,
    envelopes.Refused,
    envelopes.Heartbeat,
    envelopes.SignedCheckpoint,
    envelopes.DeadLetterHeaders,
    envelopes.DeadLetter,
    watching.FeedHeaders,
)


class _Schemas(GenerateJsonSchema):
    """JSON schemas without titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


_OTHERS: dict[str, type[BaseModel]] = {"checkpoint": envelopes.SignedCheckpoint, "dead": envelopes.DeadLetter}
"""What else workers publish, by the name of its channel."""


def document(site: str = "{site}") -> Json:
    """Describe every message, where it travels, and what answers it; `site` may be that of one installation."""
    commands, queries, events = catalogue.commands(), catalogue.queries(), catalogue.events()
    letters = subjects.dead(site, "{worker}", "{principal}")
    channels = {
        **{f"cmd.{subject}": _command_channel(command, site) for subject, command in commands.items()},
        "out": _outcome_channel(commands, site),
        **{f"qry.{subject}": _query_channel(query, site) for subject, query in queries.items()},
        "inbox": _inbox_channel(queries),
        **{f"evt.{subject}": _event_channel(event, site) for subject, event in events.items()},
        "ops.heartbeat": _ops_channel(subjects.heartbeat(site, "{worker}", "{instance}"), envelopes.Heartbeat),
        "checkpoint": _ops_channel(subjects.checkpoint(site, "{log}"), envelopes.SignedCheckpoint),
        "dead": _ops_channel(letters, envelopes.DeadLetter, envelopes.DeadLetterHeaders),
    }
    operations = {
        **{f"cmd.{subject}": _command_operation(command) for subject, command in commands.items()},
        **{f"qry.{subject}": _query_operation(query) for subject, query in queries.items()},
        **{f"evt.{subject}": _event_operation(event) for subject, event in events.items()},
        "ops.heartbeat": _sending("ops.heartbeat", envelopes.Heartbeat),
        **{name: _sending(name, model) for name, model in _OTHERS.items()},
    }
    forms = {**schemas(), **_outcomes(commands)}
    explained.explain(forms)
    whole: Json = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Incident Manager",
            "version": WIRE_VERSION,
            "description": "Commands in, outcomes and events out. What holds for all of them is in docs/wire.md.",
        },
        "defaultContentType": "application/json",
        "servers": {"site": _server()},
        "channels": channels,
        "operations": operations,
        "components": {"schemas": forms, "parameters": explained.PARAMETERS, "securitySchemes": explained.SECURITY},
        "x-errors": {code.value: _error(code) for code in Code},
    }
    explained.add_examples(whole, {command.__name__: command for command in (*commands.values(), *queries.values())})
    cleaned: Json = explained.without_codes(whole)
    return cleaned


def schemas() -> dict[str, Json]:
    """Return the schema of every body and of all it is made of, by class name.

    What clients send is closed, because an unknown field is refused. What they receive is open, because a
    newer system may add a field. A class that travels both ways is closed.
    """
    requests = [*catalogue.commands().values(), *catalogue.queries().values()]
    answers = [query.answer() for query in catalogue.queries().values()]
    models = [answer for answer in answers if issubclass(answer, BaseModel)]
    definitions = _definitions([*catalogue.events().values(), *models, *_ENVELOPES])
    for schema in definitions.values():
        schema.pop("additionalProperties", None)
    return dict(sorted({**definitions, **_definitions(requests)}.items()))


def key(command: type[Command[Any]]) -> str:
    """Return the key in a command's subject, with the fields that it is made of in braces."""
    by_name = command.model_construct(None, **{name: f"{{{name}}}" for name in command.model_fields})
    return by_name.key_for("{principal}")


def needs(asking: type[Request[Any]]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the permissions that are always asked for, and by field those that giving the field adds."""
    always = asking.model_construct().needs()
    added = {name: asking.model_construct(None, **values).needs() for name, values in _fields_given(asking)}
    more = {name: _level_names(node_levels, without=always) for name, node_levels in added.items()}
    return _level_names(always), {name: level for name, level in more.items() if level}


def _fields_given(asking: type[Request[Any]]) -> Iterator[tuple[str, Json]]:
    """Yield every field by itself, those of a filter one by one: its name, and the values that give it alone."""
    for name, field in asking.model_fields.items():
        forms: tuple[Any, ...] = (field.annotation, *get_args(field.annotation))
        form = next((each for each in forms if isinstance(each, type) and issubclass(each, ProjectFilter)), None)
        if form:
            yield name, {name: form()}
            for inner in form.model_fields:
                yield f"{name}.{inner}", {name: form.model_construct(None, **dict[str, Any]({inner: True}))}
        else:
            yield name, {name: True}


def _level_names(levels: Mapping[Node, Level], without: Mapping[Node, Level] | None = None) -> dict[str, str]:
    return {node.value: level.name.lower() for node, level in levels.items() if node not in (without or {})}


def _definitions(models: Iterable[type[BaseModel]]) -> dict[str, Json]:
    _, schemas_by_model = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    definitions: dict[str, Json] = schemas_by_model["$defs"]
    return definitions


def _server() -> Json:
    return {
        "host": "{host}",
        "protocol": "nats",
        "description": "The site's NATS server; credentials are minted by `incidents access`.",
        "security": [{"$ref": "#/components/securitySchemes/credentials"}],
        "variables": {"host": {"default": "127.0.0.1:4222"}},
    }


def _error(code: Code) -> Json:
    sentences = {language: phrase(Phrase(code.value), language) for language in LANGUAGES}
    return {"status": HTTP_STATUS[code], **sentences}


def _ref(model: type) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _message(name: str, payload: Json, headers: type | None = None, **more: Any) -> Json:
    stored = {"name": name, **more, "payload": payload}
    return {**stored, "headers": _ref(headers)} if headers else stored


def _channel(address: str, messages: dict[str, Json], **fields: Json) -> Json:
    parameters = {
        name: fields.get(name) or {"$ref": f"#/components/parameters/{name}"}
        for name in re.findall(r"{(\w+)}", address)
    }
    return {"address": address, "parameters": parameters, "messages": messages}


def _command_channel(command: type[Command[Any]], site: str) -> Json:
    identified = {"location": "$message.header#/Nats-Msg-Id"}
    message = _message(command.__name__, _ref(command), envelopes.CommandHeaders, correlationId=identified)
    fields = {
        name: {
            "description": f"The body's {name}: commands with one key take effect in order.",
            "location": f"$message.payload#/{name}",
        }
        for name in re.findall(r"{(\w+)}", key(command))
        if name in command.model_fields
    }
    address = subjects.command(site, "{principal}", command.subject, key(command))
    return _channel(address, {command.__name__: message}, **fields)


def _outcome_channel(commands: Mapping[str, type[Command[Any]]], site: str) -> Json:
    identified = {"location": "$message.payload#/command_id"}
    messages = {
        f"{command.__name__}.applied": _message(
            f"{command.__name__}.applied",
            {"$ref": f"#/components/schemas/{command.__name__}Applied"},
            correlationId=identified,
        )
        for command in commands.values()
    }
    rejected = _message("Rejected", _ref(envelopes.Rejected), correlationId=identified)
    return _channel(subjects.outcome(site, "{principal}", "{command_id}"), {**messages, "Rejected": rejected})


def _outcomes(commands: Mapping[str, type[Command[Any]]]) -> dict[str, Json]:
    """Return the form of each command's outcome: that of all, with the body of the command's own event."""
    return {
        f"{command.__name__}Applied": {
            "title": f"{command.__name__}Applied",
            "description": f"The outcome of {command.subject} where it took effect.",
            "allOf": [
                _ref(envelopes.Applied),
                {"title": f"{command.__name__}Result", "properties": {"result": _ref(command.answer())}},
            ],
        }
        for command in commands.values()
    }


def _query_channel(query: type[Query[Any]], site: str) -> Json:
    message = _message(query.__name__, _ref(query), envelopes.QueryHeaders)
    return _channel(subjects.query(site, "{principal}", query.subject), {query.__name__: message})


def _inbox_channel(queries: Mapping[str, type[Query[Any]]]) -> Json:
    messages = {f"{query.__name__}.answer": _answer(query) for query in queries.values()}
    refused = _message("Refused", _ref(envelopes.Refused), envelopes.RefusalHeaders)
    feed = _message(
        "Feed",
        {"type": "object", "title": "FeedBody"},
        watching.FeedHeaders,
        summary="An event, beat or end of a feed.",
    )
    return _channel(f"{subjects.inbox('{principal}')}.{{inbox}}", {**messages, "Refused": refused, "Feed": feed})


def _answer(query: type[Query[Any]]) -> Json:
    name, answer = f"{query.__name__}.answer", query.answer()
    if answer is bytes:
        binary = {"type": "string", "format": "binary", "title": "Bytes"}
        return _message(name, binary, contentType="application/octet-stream")
    return _message(name, _ref(answer))


def _event_channel(event: type[Event], site: str) -> Json:
    message = _message(event.__name__, _ref(event), envelopes.EventHeaders)
    return _channel(subjects.event(site, event.subject, "{key}"), {event.__name__: message})


def _ops_channel(address: str, body: type[BaseModel], headers: type | None = None) -> Json:
    return _channel(address, {body.__name__: _message(body.__name__, _ref(body), headers)})


def _operation(action: str, channel: str, model: type, **more: Any) -> Json:
    summary, _, description = cleandoc(model.__doc__ or "").partition("\n\n")
    return {
        "action": action,
        "summary": summary,
        **({"description": description} if description else {}),
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{model.__name__}"}],
        **more,
    }


def _request_operation(asking: type[Request[Any]], channel: str, replies: str, answers: Iterable[str]) -> Json:
    always, more = needs(asking)
    reply = {
        "channel": {"$ref": f"#/channels/{replies}"},
        "messages": [{"$ref": f"#/channels/{replies}/messages/{name}"} for name in answers],
    }
    conditional: Json = {"x-permissions-with": more} if more else {}
    if asking.instead:
        conditional["x-permissions-or"] = {asking.instead.value: asking.level.name.lower()}
    tags = [{"name": asking.subject.split(".")[0]}]
    return _operation("receive", channel, asking, reply=reply, tags=tags, **{"x-permissions": always}, **conditional)


def _command_operation(command: type[Command[Any]]) -> Json:
    outcomes = (f"{command.__name__}.applied", "Rejected")
    operation = _request_operation(command, f"cmd.{command.subject}", "out", outcomes)
    return {**operation, "x-internal": True} if command.internal else operation


def _query_operation(query: type[Query[Any]]) -> Json:
    return _request_operation(query, f"qry.{query.subject}", "inbox", (f"{query.__name__}.answer", "Refused"))


def _event_operation(event: type[Event]) -> Json:
    tags = [{"name": event.subject.split(".")[0]}]
    stores = sorted(store.value for store in event.stores)
    return _operation("send", f"evt.{event.subject}", event, tags=tags, **{"x-stores": stores})


def _sending(channel: str, model: type[BaseModel]) -> Json:
    return _operation("send", channel, model)
