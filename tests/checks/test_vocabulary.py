"""One word for one thing: identifiers of the old vocabulary do not come back."""

import ast
from collections.abc import Iterator

from tests.checks.tree import Source, require_none, sources

OLD = {
    "already_so": "leave_unchanged",
    "is_passing": "is_transient",
    "patiently": "retry_transient",
    "divided": "bisect",
    "put_aside": "dead_lettered",
    "Accepted": "IncomingCommand",
    "Answering": "QueryHandler",
    "Asking": "Request",
    "Dead": "DeadLetter",
    "Hearing": "EventDelivery",
    "Kept": "RowSet",
    "Marker": "Fingerprints",
    "Questions": "QueryService",
    "Reader": "QueryContext",
    "Side": "QueryEffects",
    "Standing": "BatchContext",
    "accepted": "incoming",
    "finding": "index",
    "genuine": "reject_forged",
    "known_property": "require_property",
    "known_role": "require_role",
    "may_be_read": "require_readable",
    "not_held": "require_no_hold",
    "openings": "creation",
    "pulse": "heartbeat",
    "secrecy": "redaction",
    "standing": "read_batch_context",
    "settle": "write_decisions",
    "takeovers": "import_rules",
    "tolerance": "connection",
    "unassigned": "require_unassigned",
    "withholding": "visibility",
}
"""What a name was, and what it is now."""


def names(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every name that a file defines or uses, with its line."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield node.lineno, name.rpartition(".")[2]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case _:
                continue


def test_no_old_word_comes_back() -> None:
    """The workers say what they do in the words of the glossary."""
    findings = [
        f"{source.path}:{line} {name} is {OLD[name]} now"
        for source in sources("workers")
        for line, name in names(source)
        if name in OLD
    ]
    require_none("Use the word of docs/glossary.md.", findings)
