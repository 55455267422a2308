"""Budgets: how long, how commented and how suppressed the code may be."""

import ast
import re
import statistics
import warnings
from collections import Counter
from pathlib import PurePath

from tests.checks.tree import CODE, PRODUCT, Function, Source, require_none, sources, texts

FILE_LINES = 300
FOLDER_FILES = 12
FUNCTION_LINES = 40
TEST_LINES = 30
COMMENTS = 0.10
BROAD_EXCEPTS = 2
TYPE_IGNORES = 1  # per thousand lines
NOQAS = 3  # the same
RATIO = (1.0, 1.6)  # lines of tests to a line of code

LANGUAGES = (".py", ".sql", ".typ")
TYPING_TESTS = "tests/typing/"  # an ignored error is what these assert
IGNORED = re.compile(r"#\s*type:\s*ignore")
NOQA = re.compile(r"#\s*noqa")


def length(function: Function) -> int:
    """How many lines a function takes, from its name to its end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def cases() -> list[tuple[Source, Function]]:
    """Every test function."""
    return [
        (source, function)
        for source in sources("tests", "benchmarks")
        if source.is_test
        for function in source.functions()
        if function.name.startswith("test_")
    ]


def suppressed(mark: re.Pattern[str]) -> list[str]:
    """Where a mark is in a comment."""
    return [
        f"{source.path}:{line}"
        for source in sources(*CODE)
        if not source.path.startswith(TYPING_TESTS)
        for line, comment in source.comments
        if mark.search(comment)
    ]


def allowance(per_thousand: int) -> int:
    """What the size of the tree allows, begun thousands counting."""
    return -(-sum(len(source.lines) for source in sources(*CODE)) // 1000) * per_thousand


def is_broad(node: ast.AST) -> bool:
    """Whether this catches every exception, as an except clause or as contextlib.suppress."""
    if isinstance(node, ast.ExceptHandler):
        if node.type is None:
            return True
        caught = ast.walk(node.type)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
        caught = (inner for argument in node.args for inner in ast.walk(argument))
    else:
        return False
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in caught)


def test_files_are_short() -> None:
    """A file fits in one reading."""
    findings = [
        f"{source.path}: {len(source.lines)}"
        for source in texts()
        if source.path.endswith(LANGUAGES) and len(source.lines) > FILE_LINES
    ]
    require_none(f"At most {FILE_LINES} lines a file; cut it by what changes together.", findings)


def test_folders_are_small() -> None:
    """The files of a folder are seen at one glance; contracts are a list of messages, and tests of what is tested."""
    paths = [PurePath(source.path) for source in texts() if source.path.startswith((*PRODUCT, "benchmarks"))]
    files = Counter(path.parent for path in paths if path.suffix in LANGUAGES and path.name != "__init__.py")
    findings = [
        f"{folder}: {number}"
        for folder, number in files.items()
        if number > FOLDER_FILES and folder.parts[0] != "contracts"
    ]
    require_none(f"At most {FOLDER_FILES} files a folder; make a room of those that belong together.", findings)


def test_functions_are_short() -> None:
    """A function fits on one screen."""
    findings = [
        f"{source.path}:{function.lineno} {function.name}: {length(function)}"
        for source in sources(*CODE)
        for function in source.functions()
        if length(function) > FUNCTION_LINES
    ]
    require_none(f"At most {FUNCTION_LINES} lines a function; name its parts.", findings)


def test_tests_are_short() -> None:
    """A test shows one case and no more."""
    findings = [
        f"{source.path}:{function.lineno} {function.name}: {length(function)}"
        for source, function in cases()
        if length(function) > TEST_LINES
    ]
    require_none(f"At most {TEST_LINES} lines a test; one rule, one test.", findings)


def test_every_test_states_its_rule() -> None:
    """A test says in one sentence what must hold."""
    findings = [
        f"{source.path}:{function.lineno} {function.name}"
        for source, function in cases()
        if not (ast.get_docstring(function) or "").partition("\n\n")[0].endswith((".", "?", "!"))
    ]
    require_none("A test's docstring is the rule that it keeps, as a sentence.", findings)


def test_comments_are_few() -> None:
    """Comments say what the code cannot; where they narrate, they are too many."""
    code = sources(*PRODUCT)
    comments = sum(len(source.comments) for source in code)
    lines = sum(source.code_lines for source in code)
    densest = sorted(code, key=lambda source: len(source.comments), reverse=True)[:5]
    findings = [f"{source.path}: {len(source.comments)} of {source.code_lines}" for source in densest]
    require_none(f"At most {COMMENTS:.0%} comments; most are here:", findings if comments > COMMENTS * lines else [])


def test_type_checks_are_rarely_silenced() -> None:
    """Silencing the type checker is rare, and never done where the wire or the rules are written."""
    findings = suppressed(IGNORED)
    pure = [finding for finding in findings if re.match(r"contracts/|.*/domain\.py:", finding)]
    require_none("No `type: ignore` in contracts/ or in a domain.py.", pure)
    require_none(
        f"At most {TYPE_IGNORES} `type: ignore` in a thousand lines, {allowance(TYPE_IGNORES)} today.",
        findings if len(findings) > allowance(TYPE_IGNORES) else [],
    )


def test_lint_is_rarely_silenced() -> None:
    """A rule that is often silenced is the wrong rule, or the code is."""
    findings = suppressed(NOQA)
    require_none(
        f"At most {NOQAS} `noqa` in a thousand lines, {allowance(NOQAS)} today.",
        findings if len(findings) > allowance(NOQAS) else [],
    )


def test_suppressions_give_their_reason() -> None:
    """Who silences a check says which one and why, on the line."""
    reasoned = re.compile(r"noqa: [A-Z]+\d+(, [A-Z]+\d+)* +[^\w]*\S+ \S+|type: ignore\[[\w, -]+\] +# +\S+ \S+")
    findings = [
        f"{source.path}:{line} {source.lines[line - 1].strip()}"
        for source in sources(*CODE)
        for line, comment in source.comments
        if (IGNORED.search(comment) or NOQA.search(comment)) and not reasoned.search(comment)
    ]
    require_none("Write `# noqa: CODE - reason` or `# type: ignore[code]  # reason`.", findings)


def test_hardly_anything_catches_everything() -> None:
    """An error that nobody foresaw is caught in two places of the tree at most, and nowhere in passing."""
    findings = [
        f"{source.path}:{node.lineno}"
        for source in sources(*PRODUCT)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler | ast.Call) and is_broad(node)
    ]
    require_none(
        f"At most {BROAD_EXCEPTS} places catch every exception; catch what you can handle.",
        findings if len(findings) > BROAD_EXCEPTS else [],
    )


def test_report() -> None:
    """The size of the tree is shown at the end of every run, and fails nothing."""
    code, checks = sources(*PRODUCT), sources("tests")
    lines = sum(source.code_lines for source in code)
    ratio = sum(source.code_lines for source in checks) / max(lines, 1)
    comments = sum(len(source.comments) for source in code) / max(lines, 1)
    median = statistics.median(len(source.lines) for source in [*code, *checks])
    low, high = RATIO
    verdict = "as wanted" if low <= ratio <= high else f"wanted: {low}-{high}"
    warnings.warn(
        f"budget report: {len(code)} files, {lines} lines of code, median of a file {median:.0f} lines, "
        f"{comments:.1%} comments, tests to code {ratio:.2f} ({verdict})",
        stacklevel=1,
    )
