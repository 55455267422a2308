"""What importing does: nothing but define things."""

import ast
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from tests.checks.tree import PRODUCT, ROOT, require_none, sources

# Runs in a process of its own: no environment, no settings file, and every socket or child a failure.
IMPORT = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
module = ""
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.Popen", "os.fork", "os.posix_spawn")):
        print(f"{module}: {event} {arguments}")
sys.addaudithook(watch)
for module in sys.argv[2:]:
    try:
        importlib.import_module(module)
    except BaseException as error:
        print(f"{module}: {type(error).__name__}: {error}")
"""

# Run by their callers, never imported.
SCRIPTS = ("/__main__.py", "/migrations/env.py")


def modules() -> list[str]:
    """Every module that somebody may import."""
    return [
        source.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for source in sources(*PRODUCT)
        if not source.path.endswith(SCRIPTS) and "/versions/" not in source.path
    ]


def test_importing_does_nothing(tmp_path: Path) -> None:
    """Every module can be imported without settings, and none opens a socket or starts a process."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", IMPORT, str(ROOT), *modules()],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    findings = done.stdout.splitlines()
    require_none("Importing defines things and does nothing.", findings)
    assert not done.stderr, done.stderr


OF_EXTRAS = {
    f"contracts/evidence/{name}.py": {"cryptography"}
    for name in ("certificates", "cms", "pdf_signatures", "time_stamps")
}
"""Files of contracts that nothing imports without an extra, and the libraries of these."""

OF_PACKAGES = {"contracts/evidence/package_files.py": {"pyzipper"}}
"""What both sides read packages with, and nobody imports who only speaks to us."""


def test_contracts_need_only_pydantic() -> None:
    """Who speaks to us needs the contracts, pydantic and nothing else."""
    allowed = {*sys.stdlib_module_names, "contracts", "pydantic", "pydantic_core", "typing_extensions"}
    findings = [
        f"{source.path}: {name}"
        for source in sources("contracts")
        for name in source.imported()
        if name not in allowed | {**OF_EXTRAS, **OF_PACKAGES}.get(source.path, set())
    ]
    require_none("contracts/ imports the standard library and pydantic.", findings)


def from_the_runtime() -> set[str]:
    """Return the modules of the runtime that slices import."""
    outside = ("workers/runtime/", "workers/common/", "workers/local/", "workers/migrations/")
    imports = [
        node
        for source in sources("workers")
        if not source.path.startswith(outside)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module
    ]
    named = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return {*(node.module or "" for node in imports), *named}


def test_the_runtime_is_hidden_unless_a_slice_imports_it() -> None:
    """A file of the runtime is one that a slice imports, or one that the import contract `face` forbids to slices."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    hidden = set(contracts["importlinter:contract:face"]["forbidden_modules"].split())
    files = {module for module in modules() if module.startswith("workers.runtime.") and module.count(".") > 2}
    require_none("Forbid it to slices in .importlinter.", sorted(files - hidden - from_the_runtime()))
