"""A worker that is asked to end does not wait for a task that has lost its one cancellation."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.checks.tree import ROOT

TIMED = {"workers/runtime/bus/backlog_metrics.py"}
"""Where each task of a group ends by itself within seconds."""


def groups(function: ast.AST) -> set[str]:
    """Return the names of the task groups that a function opens."""
    blocks = [node for node in ast.walk(function) if isinstance(node, ast.AsyncWith)]
    return {
        manager.optional_vars.id
        for manager in chain.from_iterable(block.items for block in blocks)
        if isinstance(manager.optional_vars, ast.Name) and ast.unparse(manager.context_expr) == "asyncio.TaskGroup()"
    }


def bare_tasks(path: Path) -> Iterator[str]:
    """Yield the tasks of groups that lose a lost cancellation: one that only `expect_ends` waits in cannot lose it."""
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        created = {f"{name}.create_task" for name in groups(function)}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in created:
                work = ast.unparse(node.args[0])
                if not work.startswith(("run_cancellable(", "expect_ends(")):
                    yield f"{path.relative_to(ROOT)}: {work}"


def test_tasks_of_groups_are_cancelled_until_they_end() -> None:
    """A group cancels each task once, and a statement that is cancelled may end with an error that is survived."""
    paths = [path for path in sorted((ROOT / "workers").rglob("*.py")) if str(path.relative_to(ROOT)) not in TIMED]
    assert any(groups(ast.parse(path.read_text())) for path in paths)
    assert [task for path in paths for task in bare_tasks(path)] == []
