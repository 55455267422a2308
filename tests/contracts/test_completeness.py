"""What a newcomer has forgotten, in words: every message has its class, its function, its answer and its test."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from contracts import catalogue
from contracts.message import Message, Request
from contracts.subjects import COMMANDED, WORKERS
from tests.checks.tree import require_none, sources
from tests.contracts import asyncapi
from workers.local.run_worker import slice_of as imported
from workers.runtime.worker_definition import Worker

COMMANDS, QUERIES, EVENTS = catalogue.commands(), catalogue.queries(), catalogue.events()
ASKING: dict[str, type[Request[Any]]] = {**COMMANDS, **QUERIES}
MESSAGES: dict[str, Any] = {**ASKING, **EVENTS}

IRREGULAR = {"held", "set", "swept", "withdrawn"}
"""Past participles without -ed."""

UNTESTED: set[str] = set()
"""Commands without a test: none."""

DEFINED = ("Type", "Status", "CategoryValue")
DEFINITIONS = (
    *(f"{kind}{done}" for kind in DEFINED for done in ("Added", "Edited", "Deleted")),
    *(
        "CategoryDefined",
        "DataFieldDefined",
        "RoleDefined",
        "RoleDeleted",
        "RoleAssigned",
        "RoleUnassigned",
        "StatusMarked",
        "PolicySet",
        "PolicyDeleted",
    ),
)
TEXTS = {
    "AttemptRefused.attempted": "the subject of a message, which is one of ours",
    **{f"{event}.name": "a definition's name, which is of the site and of no project" for event in DEFINITIONS},
    "Change.old": "of projects ids, numbers, times and check boxes alone; of definitions and settings their words, too",
    "Change.new": "the same",
    "SettingsChanged.reason": "why a log is kept for long, which is of the site and of no project",
    "ReportGenerated.missing": "names of sections of a project",
    "ReportGenerated.sha256": "a digest",
    "BatchGenerated.sha256": "a digest",
    **{
        f"{event}.{name}": "to whom a copy went and why, which is the record of a disclosure"
        for event in ("ReportGenerated", "ReportIncluded", "BatchRecorded", "BatchGenerated")
        for name in ("recipient", "reference", "legal_basis")
    },
    "RecordGenerated.missing": "names of what is not in it",
    "RegisterGenerated.missing": "names of what is not in it",
    "SummaryGenerated.missing": "names of sections of projects",
    "SummaryGenerated.sha256": "a digest",
    "LogoSet.alt": "what a logo shows, which is of the site and of no project",
    "ProjectDeleted.reason": "why a project was deleted, which is the record of the deletion",
    "ProjectOpened.access_reason": "why a restricted project was read, which is the record of an access",
    "ProjectExported.access_reason": "why a restricted project was exported, which is the record of an access",
    "ProjectExported.recipient": "to whom a copy went, which is the record of a disclosure",
    "ProjectExported.reference": "for which case of theirs",
    "ProjectExported.legal_basis": "on which legal basis",
}
"""Strings in events that neither a format, a pattern nor a list of values keeps from being free text."""

ANY_TEXT = {"^[^\\x00]*$"}
"""Patterns that allow free text."""


@cache
def slice_of(name: str) -> Worker:
    """Return a slice with all its functions registered."""
    return imported(name)


def kebab(name: str) -> str:
    """Turn a class name into the form that subjects have."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def snake(name: str) -> str:
    """Turn a class name into the form that functions have."""
    return kebab(name).replace("-", "_")


@cache
def decorated(decorators: tuple[str, ...]) -> list[tuple[str, str]]:
    """Where a message's class is given to one of these decorators: its name and the file."""
    return [
        (ast.unparse(call.args[0]), source.path)
        for source in sources("workers")
        for call, name in source.calls()
        if name in decorators and call.args and source.path.count("/") > 1
    ]


@pytest.mark.parametrize("kinds, messages", [(("handles", "takes"), COMMANDS), (("answers",), QUERIES)])
def test_every_message_has_one_function(kinds: tuple[str, ...], messages: dict[str, Any]) -> None:
    """A command has one handler and a query one answer, in the slice that its subject names, named after it."""
    findings = []
    for subject, message in messages.items():
        owner, name = subject.split(".")[0], message.__name__
        functions = {**slice_of(owner).handlers, **slice_of(owner).query_handlers}
        function: Any = functions.get(message)
        places = [path for named, path in decorated(kinds) if named == name]
        if function is None:
            findings.append(
                f"{name}: write `@worker.{kinds[0]}({name})` in workers/{owner}/ (the subject is {subject})."
            )
        elif function.__name__ != snake(name):
            findings.append(f"{name}: call its function {snake(name)}, not {function.__name__}.")
        elif len(places) != 1 or not places[0].startswith(f"workers/{owner}/"):
            findings.append(f"{name}: one function in workers/{owner}/, not {', '.join(places)}.")
    require_none("Every message needs exactly one function.", findings)


def test_every_slice_knows_its_own_messages_only() -> None:
    """A slice carries out what its own name stands before."""
    findings = [
        f"{name}: {message.__name__} belongs to another slice."
        for name in WORKERS
        for message in [*slice_of(name).handlers, *slice_of(name).query_handlers]
        if message not in {value for subject, value in ASKING.items() if subject.split(".")[0] == name}
    ]
    require_none("Move the function to the slice that the subject names.", findings)


def test_every_module_of_messages_is_in_the_catalogue() -> None:
    """A message that the catalogue does not import is on nobody's wire."""
    known = {module.__name__ for module in catalogue.MODULES}
    findings = [
        f"{source.path}: add it to MODULES in contracts/catalogue.py."
        for source in sources("contracts")
        if "\n    subject = " in source.text
        if source.path.removesuffix(".py").replace("/", ".") not in known
    ]
    require_none("Every module with messages is in the catalogue.", findings)


@pytest.mark.parametrize("subject", ASKING)
def test_every_question_says_its_answer(subject: str) -> None:
    """A command names the event that it is answered with, a query the answer, in the class's own base."""
    asking = ASKING[subject]
    answer = asking.answer()
    assert isinstance(answer, type), f"{asking.__name__}: write Command[TheEvent] or Query[TheAnswer]."
    if subject in COMMANDS:
        assert answer in EVENTS.values(), f"{asking.__name__}: {answer.__name__} is no event with a subject."


def test_every_event_happens() -> None:
    """An event that nobody returns or emits is a promise that nobody keeps."""
    names = {name for source in sources("workers") for _, name in source.calls()}
    reported_together = "\n".join(
        ast.unparse(function)
        for source in sources("contracts")
        for function in source.functions()
        if function.name == "individual_events"
    )
    names |= {event.__name__ for event in EVENTS.values() if f"{event.__name__}(" in reported_together}
    findings = [
        f"{event.__name__}: nothing in workers/ makes one." for event in EVENTS.values() if event.__name__ not in names
    ]
    require_none("Return the event from a handler, emit it, or drop its class.", findings)


def test_every_command_is_tested() -> None:
    """Every command is sent by a test, by its class or by its subject."""
    tested = "\n".join(source.text for source in sources("tests") if not source.path.startswith("tests/contracts/"))
    findings = [
        f"{command.__name__}: write tests/{subject.split('.')[0]}/test_{snake(command.__name__)}.py."
        for subject, command in COMMANDS.items()
        if command.__name__ not in UNTESTED
        if not re.search(rf"\b{command.__name__}\b|[\"']{re.escape(subject)}[\"']", tested)
    ]
    require_none("Every command needs a test that sends it.", findings)


def test_subjects_have_one_form() -> None:
    """A subject is `worker.what-it-is` in lower case, with a worker that is there."""
    findings = [
        f"{message.__name__}: {subject!r}"
        for subject, message in MESSAGES.items()
        if not re.fullmatch(rf"({'|'.join(WORKERS)})\.[a-z]+(-[a-z]+)*", subject)
        or (subject in COMMANDS and subject.split(".")[0] not in COMMANDED)
    ]
    require_none("Write subjects as `worker.kebab-case`.", findings)


def test_commands_are_wishes_and_events_are_past() -> None:
    """A command's name begins with its verb; an event's name ends with what happened, in the past tense."""
    findings = []
    for subject, message in {**COMMANDS, **EVENTS}.items():
        name, tail = kebab(message.__name__), subject.split(".")[1]
        past = tail.rpartition("-")[2]
        past = past if past.endswith("ed") or past in IRREGULAR else ""
        if subject in COMMANDS and (past or not name.startswith(tail)):
            findings.append(f"{message.__name__} ({subject}): a command is VerbNoun, its subject begins the name.")
        if subject in EVENTS and not (past and name.endswith(tail)):
            findings.append(f"{message.__name__} ({subject}): an event is NounDone, its subject ends the name.")
    require_none("Commands are imperative, events past tense.", findings)


def test_every_class_of_the_wire_says_what_it_is() -> None:
    """Each class in contracts/ has a sentence of its own, which the published document repeats."""
    findings = [
        f"{module.__name__}.{name}"
        for module in catalogue.MODULES
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Message) and value.__module__ == module.__name__
        if "[" not in name and not (value.__dict__.get("__doc__") or "").strip().endswith(".")
    ]
    require_none("Write a docstring: the class, in one sentence.", findings)


def strings(name: str, schema: Any, schemas: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of a schema that may hold any text."""
    if reference := schema.get("$ref"):
        model = reference.rpartition("/")[2]
        yield from strings(model, schemas[model], schemas)
    bound = {"enum", "const", "format"} & schema.keys() or schema.get("pattern", "^[^\\x00]*$") not in ANY_TEXT
    if schema.get("type") == "string" and not bound:
        yield name
    for field, field_schema in schema.get("properties", {}).items():
        yield from strings(f"{name}.{field}", field_schema, schemas)
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from strings(name, schema[part], schemas)
    for field_schema in schema.get("anyOf", []):
        yield from strings(name, field_schema, schemas)


def test_events_carry_no_free_text() -> None:
    """What a person wrote stays in the database: no field of an event can hold a sentence."""
    schemas = asyncapi.schemas()
    free = {field for event in EVENTS.values() for field in strings(event.__name__, schemas[event.__name__], schemas)}
    require_none("Name what changed, not what it says; else explain it in TEXTS.", sorted(free - TEXTS.keys()))
    require_none("This explanation is not needed any more.", sorted(TEXTS.keys() - free))
