"""A project whose main details and categories can be recognised anywhere, and a principal who reads everything."""

import io
import json
import re
from typing import Any

import pyzipper

from contracts import catalogue
from contracts.ids import uuid7
from contracts.permissions import Node
from incidents import Client, CloudEvent, Refused
from tests.reports.readers import pages_of
from tests.support import Site

FIRST_ID = 7_770_000
"""Ids of properties begin behind it, so that they differ from every other number."""

MARKS = {
    "main-details": ("777000", "zebra", "okapi", "1911", "1912", "1913"),
    "categories": ("777000", "walrus", "narwhal", "1921", "1922", "424242", "434343"),
}
"""What main details and categories are made of: ids, words, years and numbers that are nowhere else."""

OTHER = {"main-details": "categories", "categories": "main-details"}
FIELDS = {"main-details": ("end_time", "description"), "categories": ("text_1", "category_1")}
SHOWN = {"main-details": "okapi", "categories": "narwhal"}


async def create_marked_project(site: Site, admin: Client, *parts: str) -> str:
    """Create a project and change these parts of it twice, so that they have a history."""
    await site.sql("SELECT setval('administration.property_id', :first)", first=FIRST_ID)
    ids = await define_properties(admin) if parts else {}
    project_id = str(uuid7())
    creation: dict[str, Any] = {"type_id": ids.get("type"), "description": "A zebra."}
    creation |= {"start_time": "1911-01-01T00:00:00Z"}
    await send_command(admin, "projects.create", project_id=project_id, **(creation if "main-details" in parts else {}))
    first: dict[str, Any] = {"status_id": ids.get("status"), "description": "An okapi."}
    first |= {"end_time": "1912-01-01T00:00:00Z"}
    second: dict[str, Any] = {
        "type_id": None,
        "start_time": "1911-05-01T00:00:00Z",
        "end_time": "1913-01-01T00:00:00Z",
    }
    for change in (first, second) if "main-details" in parts else ():
        await send_command(admin, "projects.update", project_id=project_id, **change)
    field_values: dict[str, Any] = {"text_1": "A walrus.", "integer_1": 424242, "datetime_1": "1921-01-01T00:00:00Z"}
    more: dict[str, Any] = {"text_1": "A narwhal.", "integer_1": 434343, "datetime_1": "1922-01-01T00:00:00Z"}
    for change in (field_values, more) if "categories" in parts else ():
        categories = {"1": ids["category-value"]}
        await send_command(admin, "projects.update", project_id=project_id, categories=categories, data=change)
    return project_id


async def define_properties(admin: Client) -> dict[str, int]:
    """Define a type, a status, a category with a value, and data fields; return the ids."""
    await send_command(admin, "administration.define-category", slot=1, enabled=True, name="Place")
    for kind in ("text", "integer", "datetime"):
        await send_command(admin, "administration.define-data-field", kind=kind, slot=1, enabled=True, name=kind)
    return {
        kind: (await send_command(admin, f"administration.add-{kind}", name="Hall", **more))["id"]
        for kind, more in {"type": {}, "status": {}, "category-value": {"slot": 1}}.items()
    }


async def send_command(client: Client, subject: str, **body: Any) -> dict[str, Any]:
    """Send a command that must be applied, and return its result."""
    content = json.dumps(body).encode()
    key = catalogue.commands()[subject].model_validate_json(content).key_for(client.principal)
    outcome = await (await client.submit_raw(subject, content, key=key)).outcome()
    assert outcome.status == "applied", (subject, outcome.error)
    return outcome.result or {}


async def ask_query(client: Client, subject: str, **body: Any) -> str:
    """Ask a query, and return its answer or its refusal as text."""
    try:
        answer = await client.ask(catalogue.queries()[subject].model_validate_json(json.dumps(body)))
    except Refused as refused:
        return refused.error.model_dump_json()
    return answer if isinstance(answer, str) else str(answer.model_dump_json())


async def connect_without(site: Site, principal: str, withheld: str) -> Client:
    """Connect a principal with manage on every node but one below the projects."""
    await site.grant(principal, {node: "none" if node.endswith(f"/{withheld}") else "manage" for node in Node})
    return await site.client(principal)


async def read_everything(clerk: Client, project_id: str) -> dict[str, str]:
    """Ask every query about projects, and return all answers."""
    answers = {
        subject: await ask_query(clerk, subject, project_id=project_id)
        for subject in ("projects.get", "projects.history", "audit.activity", "reports.list", "retention.holds")
    }
    answers["list"] = await ask_query(clerk, "projects.list", count="exact")
    for word in ("okapi", "narwhal"):
        answers[word] = await ask_query(clerk, "projects.list", search=word)
    for group in ("creator", "imported", "camera"):
        answers[group] = await ask_query(clerk, "projects.statistics", group_by=group, interval="month")
    late = {"project_id": project_id, "comment_id": str(uuid7()), "text": "Late.", "expected_revision": 1}
    content = json.dumps(late).encode()
    outcome = await (await clerk.submit_raw("projects.add-comment", content, key=project_id)).outcome()
    answers["conflict"] = json.dumps(outcome.error)
    return {**answers, **await read_report_and_package(clerk, project_id)}


async def read_report_and_package(clerk: Client, project_id: str) -> dict[str, str]:
    """Make a report and a package, and return their texts."""
    report = await send_command(clerk, "reports.generate", report_id=str(uuid7()), project_id=project_id)
    query = catalogue.queries()["reports.download"].model_validate_json(json.dumps({"report_id": report["report_id"]}))
    pages = pages_of(await clerk.ask(query))
    package = (await send_command(clerk, "projects.export", project_id=project_id))["package"]
    body = json.dumps({"package_id": package["package_id"]})
    query = catalogue.queries()["projects.download"].model_validate_json(body)
    with pyzipper.AESZipFile(io.BytesIO(await clerk.ask(query))) as archive:
        files = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    printed = {"data/report.pdf": "".join(pages_of(files.pop("data/report.pdf")))}
    texts = {name: data.decode() for name, data in files.items()}
    return {"report": "".join(pages), **texts, **printed, "made": json.dumps(report | package)}


_OPAQUE = re.compile(r"[0-9a-f]{32,}|[0-9A-Za-z+/]{40,}=*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[.][0-9]{6}Z")
"""Digests, signatures, ids and parts of seconds, in which the four digits of a year occur by chance."""


def marks_in(texts: dict[str, str], marks: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return every place with one of these marks."""
    readable = {place: _OPAQUE.sub(" ", text) for place, text in texts.items()}
    return [(place, mark) for place, text in readable.items() for mark in marks if mark in text]


def events_by_name(events: list[CloudEvent]) -> dict[str, str]:
    """Return the data of each event by its name."""
    return {f"{event.happened} {at}": json.dumps(event.data) for at, event in enumerate(events)}
