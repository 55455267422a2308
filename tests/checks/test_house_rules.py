"""House rules: what a reader of one file cannot see, because it holds for all of them."""

import ast

from tests.checks.tree import Function, require_none, sources

# Who opens and commits transactions. Everybody else adds to the one that is open.
TRANSACTIONS = (
    "workers/runtime/commands/group_commit.py",
    "workers/runtime/commands/reaction_dispatch.py",
    "workers/runtime/commands/deferred_commands.py",
    "workers/runtime/storage/statement_execution.py",
    "workers/runtime/bus/relay.py",
    "workers/runtime/queries/query_dispatch.py",
    "workers/runtime/process/periodic_maintenance.py",
    "workers/audit/log_server_database.py",
    "workers/migrations/",
    "workers/local/lanes/splitting.py",
)

# Who sends. Everybody else returns an answer or an event, and the runtime sends it after the commit.
SENDERS = (
    "workers/runtime/queries/query_admission.py",
    "workers/runtime/feeds/feed.py",
    "workers/runtime/bus/relay.py",
    "workers/runtime/commands/batch_execution.py",
    "workers/runtime/commands/deferred_commands.py",
    "workers/runtime/process/heartbeat.py",
    "workers/runtime/queries/query_dispatch.py",
    "workers/runtime/queries/outcome_waits.py",
    "workers/runtime/bus/ordered_stream_reader.py",
    "workers/audit/tamper_evidence/checkpoint_copies.py",  # signed states of what is committed
)

# Who writes the broker's own patterns: which subjects a stream holds and a kind of user may use.
PATTERNS = ("workers/local/access/signing_keys.py", "workers/runtime/bus/streams.py")


def test_one_delivery_is_one_transaction() -> None:
    """Transactions begin and end in the delivery, so that what happened and its record cannot be parted."""
    findings = [
        f"{source.path}:{call.lineno} .{name}()"
        for source in sources("contracts", "incidents", "workers")
        if not source.path.startswith(TRANSACTIONS)
        for call, name in source.calls()
        if isinstance(call.func, ast.Attribute) and name in {"begin", "commit", "transaction"}
    ]
    require_none("Nobody but the delivery begins or commits a transaction.", findings)


def test_nothing_is_sent_beside_the_transaction() -> None:
    """Only the runtime publishes, so that no message can leave for something that was rolled back."""
    findings = [
        f"{source.path}:{call.lineno} .{name}()"
        for source in sources("workers")
        if not source.path.startswith(("workers/local/", *SENDERS))
        for call, name in source.calls()
        if isinstance(call.func, ast.Attribute) and name.startswith("publish")
    ]
    require_none("Return the answer or add the event to the unit; the runtime sends it.", findings)


def test_subjects_are_written_in_the_contracts() -> None:
    """A subject is spelled out once, on its class in contracts/, and everybody else asks the class."""
    findings = [
        f"{source.path}:{string.lineno} {string.value!r}"
        for source in sources("incidents", "workers")
        if not source.path.startswith(PATTERNS)
        for string in source.strings()
        if str(string.value).startswith("im.")
    ]
    require_none("No subject is written outside contracts/.", findings)


def test_one_place_takes_autocommit_connections() -> None:
    """An engine that sets the option by itself loses the connection if its task is cancelled meanwhile."""
    findings = [
        f"{source.path}:{call.lineno}"
        for source in sources("workers", "tests", "benchmarks")
        if source.path != "workers/runtime/storage/database.py"
        for call, name in source.calls()
        if name == "execution_options" and any(keyword.arg == "isolation_level" for keyword in call.keywords)
    ]
    require_none("Use `connect_autocommit`.", findings)


def test_workers_leave_no_task_behind() -> None:
    """A cancelled `gather` ends with the first of its tasks, so that others hold connections after their owner."""
    findings = [
        f"{source.path}:{call.lineno}"
        for source in sources("workers")
        if not source.path.startswith(("workers/common/", "workers/local/"))  # they take no connections
        for call, name in source.calls()
        if name == "gather"
    ]
    require_none("Use `asyncio.TaskGroup`, which waits for all of them.", findings)


def test_tests_wait_for_what_they_want() -> None:
    """A test waits with `eventually`, which alone may sleep; a fixed pause is too short or too long."""
    findings = []
    for source in sources("tests"):
        patient = {
            inner for function in source.functions() if function.name == "eventually" for inner in ast.walk(function)
        }
        findings += [
            f"{source.path}:{call.lineno}" for call, name in source.calls() if name == "sleep" and call not in patient
        ]
    require_none("No sleep in tests; use `eventually`.", findings)


def test_tests_use_no_stand_ins_for_servers() -> None:
    """FastStream's test broker has no acks, redelivery or retention and proves nothing about delivery."""
    findings = [source.path for source in sources("tests") for _, name in source.calls() if name == "TestNatsBroker"]
    require_none("Tests run against the embedded servers.", findings)


def test_tests_patch_nothing_private() -> None:
    """What a test has to change is a setting, a parameter or a public limit; a private name may go at any time."""
    findings = [
        f"{source.path}:{call.lineno}"
        for source in sources("tests")
        for call, name in source.calls()
        if name == "setattr"
        for argument in call.args
        if isinstance(argument, ast.Constant) and str(argument.value).rpartition(".")[2].startswith("_")
    ]
    require_none("Let the test pass a parameter.", findings)


def test_handlers_are_functions() -> None:
    """What a slice does is a function per message; a class there would keep state between deliveries."""
    findings = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in sources("workers")
        if source.path.endswith("/handlers.py") or "/handlers/" in source.path
        for node in source.tree.body
        if isinstance(node, ast.ClassDef)
    ]
    require_none("Handlers are functions.", findings)


def is_guard(node: ast.AST) -> bool:
    """Whether this is what a file does only when it is run."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def test_nothing_runs_at_import() -> None:
    """Importing a module defines things; it starts no loop, and its main runs only if the file does."""
    findings = [
        f"{source.path}:{node.lineno}"
        for source in sources("contracts", "incidents", "workers")
        if not source.path.endswith(("/__main__.py", "/migrations/env.py"))
        for node in source.tree.body
        if not isinstance(node, Function | ast.ClassDef) and not is_guard(node)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"asyncio.run", "uvloop.run", "main"}
    ]
    require_none("Nothing runs at import.", findings)
