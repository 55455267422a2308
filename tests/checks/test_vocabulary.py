"""One word for one thing: identifiers of the old vocabulary do not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from tests.checks.tree import CODE, PRODUCT, ROOT, Source, require_none, sources

OLD = {
    "already_so": "leave_unchanged",
    "is_passing": "is_transient",
    "patiently": "retry_transient",
    "divided": "bisect",
    "put_aside": "as_dead_letter",
    "Accepted": "IncomingCommand",
    "Answering": "QueryHandler",
    "Asking": "Request",
    "Dead": "DeadLetter",
    "Desk": "a helper",
    "Decided": "PastDecision",
    "Door": "QueryAdmission",
    "Happened": "EmittedEvent",
    "Heard": "ReceivedEvent",
    "Hearing": "ReactionDispatcher",
    "Keeper": "a helper",
    "Kept": "RowSet",
    "Marker": "Fingerprints",
    "Past": "FieldChange",
    "Questions": "QueryDispatcher",
    "Reach": "SharedResources",
    "Reader": "QueryContext",
    "Rights": "FollowerPermissions",
    "Shown": "VisibleEvent",
    "Side": "QueryEffects",
    "Standing": "BatchContext",
    "Storing": "RestartPolicy",
    "LARGEST_BODY": "BODY_BYTES_MAX",
    "LARGEST_MESSAGE": "MESSAGE_BYTES_MAX",
    "MOMENT": "TIME_STEP",
    "MOST_NAMED": "NAMED_FIELDS_MAX",
    "PATIENCE": "a limit with its unit, such as TIMEOUT_SECONDS",
    "ROOM": "a limit with its unit, such as STREAM_BYTES",
    "WORTH": "a limit with its unit",
    "_COMPANY": "_RELAY_DELAY_SECONDS",
    "_FLOOR": "_POLL_SECONDS",
    "_MOMENT": "_URGENT_DELAY_SECONDS",
    "accepted": "incoming",
    "autocommitting": "autocommit",
    "emphasised": "emphasise",
    "finding": "index",
    "genuine": "reject_forged",
    "hearing": "event_delivery",
    "key_agrees": "require_key",
    "known_property": "require_property",
    "known_role": "require_role",
    "may_be_read": "require_readable",
    "not_held": "require_no_hold",
    "openings": "creation",
    "props": "helpers",
    "pulse": "heartbeat",
    "remember_heard": "remember_events",
    "secrecy": "password_redaction",
    "standing": "read_batch_context",
    "settle": "write_decisions",
    "surely": "run_cancellable",
    "takeovers": "import_rules",
    "tolerance": "hardened_parser",
    "unassigned": "require_unassigned",
    "was_put_aside": "is_dead_letter",
    "withholding": "visibility",
    "Judged": "Judgement",
    "Rendered": "RenderedReport",
    "Sought": "SearchRequest",
    "given_levels": "role_levels",
    "in_pieces": "mark_pieces",
    "index_again": "reindex",
    "nameless": "without_names",
    "not_printed": "report_refusal",
    "seen_at_once": "lookups_by_set",
    "seen_one_by_one": "lookups_by_project",
    "taken_over": "take_over",
    "told_once": "separate_texts",
    "turn_around": "mirror_brackets",
    "worthwhile": "is_worthwhile",
}
"""What a name was, and what it is now."""

ELSEWHERE = frozenset({"accepted", "finding"})
"""Old words of the workers that are plain ones outside them, such as the finding of a check."""

VAGUE = frozenset({"about", "found", "given", "kept", "made", "one", "said", "some", "sought", "told", "wanted"})
"""Names of variables that do not say what they hold."""

SLANG = frozenset({"asked", "desk", "got", "heard", "room", "seen"})
"""Words of the house, or participles without a noun."""

VAGUE_IN_TESTS = VAGUE | SLANG | {"item", "res", "stuff", "thing", "things", "what", "which", "who", "whom"}
"""Those of tests, benchmarks and examples."""

VAGUE_HELPERS = (
    VAGUE
    | SLANG
    | {"answered", "both", "caught", "counted", "drawn", "everything", "held", "here", "known", "last", "lost", "named"}
    | {"printed", "put_aside", "refused", "sent", "shown", "taken", "there", "typed", "written"}
) - {"about"}
"""Names of functions, classes and attributes that do not say what they return, do or hold."""


def names(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every name that a file has, defines, uses or imports, with its line."""
    yield 1, PurePath(source.path).stem
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.ImportFrom(module=str(module)):
                yield from ((node.lineno, name) for name in module.split("."))
            case ast.alias(name=module, asname=name):
                yield from ((node.lineno, name) for name in (*module.split("."), name or ""))
            case _:
                continue


def test_no_old_word_comes_back() -> None:
    """Workers, clients, tests and benchmarks say what they do in the words of the glossary."""
    findings = [
        f"{source.path}:{line} {name} is {OLD[name]} now"
        for source in sources(*CODE)
        for line, name in names(source)
        if name in OLD and (name not in ELSEWHERE or source.path.startswith("workers/"))
    ]
    require_none("Use the word of docs/glossary.md.", findings)


@pytest.mark.parametrize("heading, pattern", [("users", r"^\*\*(.+?)\*\* –"), ("developers", r"^\| \*\*(.+?)\*\*")])
def test_the_words_of_the_glossary_are_in_alphabetical_order(heading: str, pattern: str) -> None:
    """Somebody who looks a word up finds it at its place."""
    section = (ROOT / "docs/glossary.md").read_text().partition(f"## Words for {heading}\n")[2].partition("\n## ")[0]
    words = re.findall(pattern, section, re.MULTILINE)
    assert len(words) > 40
    assert words == sorted(words, key=str.casefold)


def test_files_are_named_in_words_of_the_glossary() -> None:
    """Whoever meets the name of a file finds its words in the glossary."""
    glossary = set(re.findall(r"[a-z]+", (ROOT / "docs/glossary.md").read_text().lower()))
    findings = [
        f"{source.path}: {word}"
        for source in sources(*PRODUCT)
        if "/versions/" not in source.path
        for word in PurePath(source.path).stem.strip("_").split("_")
        if word not in {"init", "main"}
        and not {word, f"{word}s", word.removesuffix("s"), re.sub("ies$", "y", word)} & glossary
    ]
    require_none("Explain the word in docs/glossary.md.", findings)


def variables(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every parameter and local variable of a file's functions, with its line."""
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                match node:
                    case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                        yield node.lineno, name
                    case _:
                        continue


@pytest.mark.parametrize(
    "trees,vague",
    [(("workers", "incidents"), VAGUE), (("tests", "benchmarks", "examples"), VAGUE_IN_TESTS)],
    ids=["product", "tests"],
)
def test_variables_say_what_they_hold(trees: tuple[str, ...], vague: frozenset[str]) -> None:
    """A variable is the noun that it holds: a command, a row, a project."""
    findings = [
        f"{source.path}:{line} {name}"
        for source in sources(*trees)
        for line, name in variables(source)
        if name in vague
    ]
    require_none("Name the variable after what it holds.", sorted(set(findings)))


def helpers(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every function and class that a file defines and every attribute that an object sets, with its line."""
    for node in ast.walk(source.tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case _:
                continue


def test_helpers_say_what_they_return() -> None:
    """A helper, a fixture or an attribute of a test is called by what it returns, does or holds."""
    findings = [
        f"{source.path}:{line} {name}"
        for source in sources("tests", "benchmarks", "examples")
        for line, name in helpers(source)
        if name.strip("_").lower() in VAGUE_HELPERS
    ]
    require_none("Name the helper after what it returns.", sorted(set(findings)))
