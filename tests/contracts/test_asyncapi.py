"""The published document of the wire, and the golden file that guards it."""

import difflib
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import jsonschema
import pytest

from contracts import catalogue
from contracts.errors import HTTP_STATUS
from contracts.subjects import WORKERS
from tests.checks.tree import ROOT, require_none
from tests.contracts import asyncapi, regenerate

OFFICIAL = ROOT / "tests/contracts/asyncapi-3.0.0.json"


def references(part: Any) -> Iterator[str]:
    """Yield every `$ref` below a part of a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for element in part:
            yield from references(element)


def reaches(document: Any, reference: str) -> bool:
    """Tell whether a reference leads somewhere."""
    for name in reference.removeprefix("#/").split("/"):
        if name not in document:
            return False
        document = document[name]
    return True


def test_the_published_document_is_fresh() -> None:
    """What is published is what the classes say today."""
    if regenerate.PUBLISHED.read_text() != regenerate.published():
        pytest.fail(f"docs/asyncapi.yaml is older than contracts/: run `{regenerate.COMMAND}`.", pytrace=False)


def test_the_wire_changes_only_on_purpose() -> None:
    """A change of any message, subject, permission or store shows in the golden file."""
    text, now = regenerate.GOLDEN.read_text().splitlines(), regenerate.golden().splitlines()
    changes = list(islice(difflib.unified_diff(text, now, "kept", "now", lineterm="", n=2), 80))
    if changes:
        rule = (
            f"The wire has changed. Meant so? Then run `{regenerate.COMMAND}`, and say in CHANGELOG.md what clients "
            "must do. A field that is taken away, renamed or newly required breaks those that are out there."
        )
        pytest.fail("\n".join([rule, "", *changes]), pytrace=False)


def test_the_document_is_asyncapi() -> None:
    """The document is valid by AsyncAPI's own schema, so that its tools can read it."""
    official = json.loads(OFFICIAL.read_text())
    validator = jsonschema.Draft7Validator(official)
    errors = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(asyncapi.document())]
    require_none("The document must follow AsyncAPI 3.0.0.", errors)


def test_every_reference_leads_somewhere() -> None:
    """No part of the document refers to one that is not there."""
    document = asyncapi.document()
    lost = [reference for reference in references(document) if not reaches(document, reference)]
    require_none("A $ref of the document leads nowhere.", sorted(set(lost)))


def test_every_message_is_published() -> None:
    """Every command, query and event has its operation, named after its subject."""
    operations = asyncapi.document()["operations"]
    subjects = {f"cmd.{subject}" for subject in catalogue.commands()}
    subjects |= {f"qry.{subject}" for subject in catalogue.queries()}
    subjects |= {f"evt.{subject}" for subject in catalogue.events()}
    assert subjects <= operations.keys()


def test_a_document_can_be_made_for_one_site() -> None:
    """With a site's name the addresses are those that this site listens on."""
    channel = asyncapi.document("main")["channels"]["cmd.projects.create"]
    assert channel["address"] == "im.main.cmd.{principal}.projects.{project_id}.create"
    assert set(channel["parameters"]) == {"principal", "project_id"}


@pytest.mark.parametrize(
    "subject, always, added",
    [
        ("administration.me", {}, {}),
        (
            "reports.generate",
            {"incident-projects/reports": "manage"},
            {
                "show_user_names": {"incident-projects/user-names": "view"},
                "activity": {"incident-projects/activity-logs": "view"},
            },
        ),
    ],
)
def test_permissions_are_those_that_are_asked_for(subject: str, always: dict[str, str], added: dict[str, Any]) -> None:
    """The document names the permissions that every message asks for, and those that a field adds."""
    asking = {**catalogue.commands(), **catalogue.queries()}[subject]
    assert asyncapi.needs(asking) == (always, added)


def test_what_is_sent_is_closed_and_what_is_received_is_open() -> None:
    """A command refuses unknown fields; an event may get another field without breaking its readers."""
    schemas = asyncapi.schemas()
    assert schemas["CreateProject"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["ProjectCreated"]


def test_the_page_about_the_wire_is_true() -> None:
    """The page names only messages that exist, plans only those that do not, and gives every code its status."""
    present, planned = (ROOT / "docs/wire.md").read_text().split("## Planned")
    subject = re.compile(rf"`(({'|'.join(WORKERS)})\.[a-z-]+)`")
    known = {*catalogue.commands(), *catalogue.queries(), *catalogue.events()}
    assert {subject_match[0] for subject_match in subject.findall(present)} <= known
    assert {name[0] for name in subject.findall(planned)} & known == set()
    missing = [
        code for code, status in HTTP_STATUS.items() if not re.search(rf"`{code}`( \| |.*\(){status}\b", present)
    ]
    assert missing == []
