"""A project whose main details and characteristics can be recognised wherever they turn up, and somebody who looks."""

import io
import json
from typing import Any

import pyzipper

from contracts import catalogue
from contracts.ids import uuid7
from contracts.permissions import Node
from incidents import Client, CloudEvent, Refused
from tests.reports.readers import pages_of
from tests.support import Site

FIRST_ID = 7_770_000
"""Ids of properties begin behind it, so that they can be told from every other number."""

MARKS = {
    "main-details": ("777000", "zebra", "okapi", "1911", "1912", "1913"),
    "categories": ("777000", "walrus", "narwhal", "1921", "1922", "424242", "434343"),
}
"""What main details and categories are made of: ids, words, years and numbers that stand nowhere else."""

OTHER = {"main-details": "categories", "categories": "main-details"}
FIELDS = {"main-details": ("end_time", "description"), "categories": ("text_1", "category_1")}
SHOWN = {"main-details": "okapi", "categories": "narwhal"}


async def given(site: Site, admin: Client, *parts: str) -> str:
    """Open a project and change these parts of it, twice, so that they have a past."""
    await site.sql("SELECT setval('administration.property_id', :first)", first=FIRST_ID)
    ids = await properties(admin) if parts else {}
    project_id = str(uuid7())
    opening: dict[str, Any] = {"type_id": ids.get("type"), "description": "A zebra."}
    opening |= {"start_time": "1911-01-01T00:00:00Z"}
    await say(admin, "projects.create", project_id=project_id, **(opening if "main-details" in parts else {}))
    first: dict[str, Any] = {"status_id": ids.get("status"), "description": "An okapi."}
    first |= {"end_time": "1912-01-01T00:00:00Z"}
    second: dict[str, Any] = {
        "type_id": None,
        "start_time": "1911-05-01T00:00:00Z",
        "end_time": "1913-01-01T00:00:00Z",
    }
    for change in (first, second) if "main-details" in parts else ():
        await say(admin, "projects.update", project_id=project_id, **change)
    data: dict[str, Any] = {"text_1": "A walrus.", "integer_1": 424242, "datetime_1": "1921-01-01T00:00:00Z"}
    more: dict[str, Any] = {"text_1": "A narwhal.", "integer_1": 434343, "datetime_1": "1922-01-01T00:00:00Z"}
    for change in (data, more) if "categories" in parts else ():
        categories = {"1": ids["category-value"]}
        await say(admin, "projects.update", project_id=project_id, categories=categories, data=change)
    return project_id


async def properties(admin: Client) -> dict[str, int]:
    """Define a type, a status, a category with a value, and data fields; return the ids."""
    await say(admin, "administration.define-category", slot=1, enabled=True, name="Place")
    for kind in ("text", "integer", "datetime"):
        await say(admin, "administration.define-data-field", kind=kind, slot=1, enabled=True, name=kind)
    return {
        kind: (await say(admin, f"administration.add-{kind}", name="Hall", **more))["id"]
        for kind, more in {"type": {}, "status": {}, "category-value": {"slot": 1}}.items()
    }


async def say(client: Client, subject: str, **body: Any) -> dict[str, Any]:
    """Send a command that must be applied, and return what it is answered with."""
    content = json.dumps(body).encode()
    key = catalogue.commands()[subject].model_validate_json(content).key_for(client.principal)
    outcome = await (await client.submit_raw(subject, content, key=key)).outcome()
    assert outcome.status == "applied", (subject, outcome.error)
    return outcome.result or {}


async def ask(client: Client, subject: str, **body: Any) -> str:
    """Ask a query and return what is answered as it stands; what is refused tells its reasons."""
    try:
        answer = await client.ask(catalogue.queries()[subject].model_validate_json(json.dumps(body)))
    except Refused as refused:
        return refused.error.model_dump_json()
    return answer if isinstance(answer, str) else str(answer.model_dump_json())


async def everything_but(site: Site, principal: str, withheld: str) -> Client:
    """Give somebody manage on every node but one below the projects, and connect it."""
    levels = {node.value: "none" if node.value.endswith(f"/{withheld}") else "manage" for node in Node}
    names = {node.replace("/", "__").replace("-", "_"): level for node, level in levels.items()}
    await site.grant(principal, **names)
    return await site.client(principal)


async def looked_at(clerk: Client, project_id: str) -> dict[str, str]:
    """Ask whatever tells about projects, and return all that was answered."""
    told = {
        subject: await ask(clerk, subject, project_id=project_id)
        for subject in ("projects.get", "projects.history", "audit.activity", "reports.list", "retention.holds")
    }
    told["list"] = await ask(clerk, "projects.list", count="exact")
    for word in ("okapi", "narwhal"):
        told[word] = await ask(clerk, "projects.list", search=word)
    for group in ("creator", "imported", "camera"):
        told[group] = await ask(clerk, "projects.statistics", group_by=group, interval="month")
    late = {"project_id": project_id, "comment_id": str(uuid7()), "text": "Late.", "expected_revision": 1}
    content = json.dumps(late).encode()
    outcome = await (await clerk.submit_raw("projects.add-comment", content, key=project_id)).outcome()
    told["conflict"] = json.dumps(outcome.error)
    return {**told, **await handed_over(clerk, project_id)}


async def handed_over(clerk: Client, project_id: str) -> dict[str, str]:
    """Make a report and a package, and return all that stands in them."""
    report = await say(clerk, "reports.generate", report_id=str(uuid7()), project_id=project_id)
    wanted = catalogue.queries()["reports.download"].model_validate_json(json.dumps({"report_id": report["report_id"]}))
    pages = pages_of(await clerk.ask(wanted))
    package = (await say(clerk, "projects.export", project_id=project_id))["package"]
    named = json.dumps({"package_id": package["package_id"]})
    wanted = catalogue.queries()["projects.download"].model_validate_json(named)
    with pyzipper.AESZipFile(io.BytesIO(await clerk.ask(wanted))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    return {"report": "".join(pages), **files, "made": json.dumps(report | package)}


def found_in(told: dict[str, str], marks: tuple[str, ...]) -> list[tuple[str, str]]:
    """Name every place where one of these marks stands."""
    return [(place, mark) for place, text in told.items() for mark in marks if mark in text]


def events_of(events: list[CloudEvent]) -> dict[str, str]:
    """Return what a feed told."""
    return {f"{one.happened} {at}": json.dumps(one.data) for at, one in enumerate(events)}
