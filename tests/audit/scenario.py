"""Every command and every query of the wire, in an order in which each of them has something to do."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contracts import catalogue, subjects
from contracts.ids import uuid7
from contracts.licence import Licence
from tests.runtime.permission_matrix import AT, BATCH, COMMANDS, ID, INTERNAL, OTHER, QUERIES, SUMMARY
from tests.support import Caller, Site, eventually

SOON = Licence(version="1", edition="expert", expires_at=None)
CANCELLING = "projects.cancel-export"
REFUSED = "Nats-Service-Error-Code"
BROKEN = "what the database refuses"
LEGACY = "0190a000-0000-7000-8000-000000000003"
BODIES = {line.subject: line.body for line in (*COMMANDS[::-1], *QUERIES[::-1])}


class Step(NamedTuple):
    """A message, the changes of its body against the matrix, and the earlier command whose id it takes."""

    subject: str
    changed: dict[str, Any] = {}
    takes: str = ""


_RENAMED, _REMARK, _ROLE = {"name": "Burglary"}, {"text": "Gone."}, {"role_id": "made"}
DEFINITIONS = (
    Step("administration.define-category"),
    Step("administration.define-data-field"),
    Step("administration.add-category-value"),
    Step("administration.edit-category-value", _RENAMED, "administration.add-category-value"),
    Step("administration.delete-category-value", {}, "administration.add-category-value"),
    Step("administration.add-status"),
    Step("administration.edit-status", _RENAMED, "administration.add-status"),
    Step("administration.mark-status", {}, "administration.add-status"),
    Step("administration.delete-status", {}, "administration.add-status"),
    Step("administration.add-type"),
    Step("administration.edit-type", _RENAMED, "administration.add-type"),
    Step("retention.set-policy", {}, "administration.add-type"),
    Step("retention.delete-policy"),
    Step("administration.delete-type", {}, "administration.add-type"),
    Step("administration.define-role"),
    Step("administration.assign-role", _ROLE),
    Step("administration.unassign-role", _ROLE),
    Step("administration.delete-role", _ROLE),
    Step("administration.change-settings", {"retention_days": 30}),
)
PROJECT = (
    Step("projects.draft-sequences"),
    Step("projects.undraft-sequences"),
    Step("projects.draft-sequences"),
    Step("projects.clear-draft"),
    Step("projects.create", {"project_id": ID}),
    Step("projects.add-comment"),
    Step("projects.edit-comment", _REMARK),
    Step("projects.add-call"),
    Step("projects.edit-call", {"party": "Ambulance"}),
    Step("projects.add-sequences"),
    Step("projects.remove-sequences"),
    Step("projects.add-sequences"),
    Step("projects.remove-all-sequences"),
    Step("projects.update"),
    Step("projects.delete-comment"),
    Step("projects.delete-call"),
    Step("projects.redact"),
    Step("projects.restrict"),
    Step("projects.lift-restriction"),
    Step("projects.export"),
    Step("reports.generate"),
    Step("reports.record-print"),
    Step("reports.generate-batch"),
    Step("reports.set-logo"),
    Step("reports.set-template"),
    Step("reports.generate-summary"),
    Step("reports.generate-register"),
    Step("reports.generate-record"),
    Step("retention.hold"),
    Step("retention.change-hold"),
    Step("retention.request-release"),
    Step("retention.withdraw-release"),
)
ENDING = (
    Step("reports.delete"),
    Step("reports.delete-batch"),
    Step("reports.delete-summary"),
    Step("reports.remove-logo"),
    Step("reports.remove-template"),
    Step("retention.release"),
    Step("administration.change-settings", {"undo_days": 1}),
    Step("projects.delete"),
    Step("projects.restore"),
    Step("administration.change-settings", {"undo_days": 0}),
    Step("projects.delete"),
    Step("projects.import", {"projects": [{"project_id": LEGACY, "number": 7, "created_by": "ann", "created_at": AT}]}),
    Step("retention.sweep"),
)
FILES = {"reports.download-batch": BATCH, "reports.download-summary": SUMMARY}
"""The files that belong to no project, by the query that fetches them."""

LETTERS = (Step("administration.discard-letter"), Step("administration.replay-letter"))


@dataclass
class Scenario:
    """The commands that were sent, and their results."""

    site: Site
    caller: Caller
    outcomes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        """Send every command, and ask every query while there is something to ask for."""
        for step in (*DEFINITIONS, *PROJECT):
            await self.send(step)
        token = self.site.trust.account_token(SOON)
        await self.send(Step("administration.activate-licence", {"token": token}))
        letters = await self.dead_letters()
        await self.ask_all({"letter": letters[0]})
        for step, letter in zip(LETTERS, letters, strict=True):
            await self.send(step._replace(changed={"letter": letter}))
        await self.cancel_export()
        for step in ENDING:
            await self.send(step)

    async def send(self, step: Step) -> None:
        """Send a command that must be applied."""
        command = catalogue.commands()[step.subject]
        name = "property_id" if "property_id" in BODIES[step.subject] else "id"
        taken = {name: self.results[step.takes]["id"]} if step.takes else {}
        body = {**BODIES[step.subject], **step.changed, **taken}
        key = command.model_construct(**body).key_for(self.caller.principal)
        outcome = await self.caller.send(step.subject, key, body)
        assert outcome["status"] == "applied", (step.subject, outcome)
        self.outcomes.append((step.subject, outcome))
        self.results[step.subject] = outcome["result"]

    async def cancel_export(self) -> None:
        """Cancel an export whose report cannot be made."""
        await self.site.sql("ALTER TABLE reports.package_report ADD CONSTRAINT late CHECK (false) NOT VALID")
        export_id = await self.caller.publish("projects.export", "-", {"project_ids": [ID], "include": ["report"]})
        await eventually(lambda: self.site.count("projects.export WHERE finished_at IS NULL"))
        await self.send(Step(CANCELLING, {"export_id": str(export_id)}))
        await self.site.sql("ALTER TABLE reports.package_report DROP CONSTRAINT late")

    async def dead_letters(self) -> list[int]:
        """Let two commands fail for good, and return where they lie."""
        await self.site.sql(f"ALTER TABLE projects.comment ADD CONSTRAINT broken CHECK (text <> '{BROKEN}')")
        for _ in LETTERS:
            body = {"project_id": ID, "comment_id": str(uuid7()), "text": BROKEN}
            assert (await self.caller.send("projects.add-comment", ID, body))["error"]["code"] == "unavailable"
        await self.site.sql("ALTER TABLE projects.comment DROP CONSTRAINT broken")

        async def arrived() -> list[int]:
            letters = (await self.caller.ask("administration.list-dead-letters", {}))[0]["items"]
            return [letter["letter"] for letter in letters] if len(letters) == len(LETTERS) else []

        return await eventually(arrived)

    async def ask_all(self, changed: dict[str, Any]) -> None:
        """Ask every query once."""
        known = {"package_id": self.results["projects.export"]["package"]["package_id"], **changed}
        known["command_id"] = self.outcomes[0][1]["command_id"]
        for subject in catalogue.queries():
            reports = {"report_id": FILES.get(subject, BATCH if "batch" in subject else OTHER)}
            body = {name: {**known, **reports}.get(name, value) for name, value in BODIES[subject].items()}
            target = subjects.query(self.site.name, self.caller.principal, subject)
            answer = await self.caller.nats.request(target, json.dumps(body).encode(), timeout=30)
            assert REFUSED not in (answer.headers or {}), (subject, answer.data)


def sent_commands() -> Iterator[str]:
    """Name the commands that the story sends, and those that the product sends within it."""
    yield from INTERNAL
    yield from ("administration.activate-licence", CANCELLING)
    for steps in (DEFINITIONS, PROJECT, LETTERS, ENDING):
        yield from (step.subject for step in steps)
