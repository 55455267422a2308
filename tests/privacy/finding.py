"""A site with a marker in every text that people write, and the search for them."""

from collections.abc import AsyncIterator
from typing import Any, Final

from contracts import catalogue
from contracts.ids import uuid7
from contracts.personal_data import FIND_QUERIES, Occurrence
from incidents import Client
from tests.privacy.markers import Markers
from tests.privacy.story import BODIES
from tests.runtime.permission_matrix import AT
from tests.support import Caller, Site, eventually

_SECONDS: Final = 30
_DISCLOSING: Final = ("reports.generate", "reports.generate-batch", "projects.export")


async def occurrences(client: Client, words: str, **more: Any) -> list[Occurrence]:
    """Find words in all stores, page by page."""
    return [occurrence async for occurrence in _pages(client, words, more)]


async def _pages(client: Client, words: str, more: dict[str, Any]) -> AsyncIterator[Occurrence]:
    for query in FIND_QUERIES:
        page = await client.ask(query(search=words, **more))
        while True:
            for occurrence in page.items:
                yield occurrence
            if page.next is None:
                break
            page = await client.ask(query(search=words, after=page.next, **more))


class MarkedSite:
    """Writes a marker into each text of the commands about projects."""

    def __init__(self, site: Site, caller: Caller) -> None:
        """Begin without any."""
        self._site, self._caller = site, caller
        self.markers = Markers()
        self.project_id, self.comment_id, self.call_id = (str(uuid7()) for _ in range(3))

    async def write(self) -> None:
        """Do with projects what people do, and let one command fail for good."""
        await self._applied("administration.change-settings", {"retention_days": 36_500})
        for kind in ("text", "decimal"):
            for slot in (1, 2, 3):
                field = {"kind": kind, "slot": slot, "enabled": True, "name": f"{kind} {slot}"}
                await self._applied("administration.define-data-field", field)
        await self._send("projects.draft-sequences", {"cameras": [_camera()], "start": AT, "end": AT})
        await self._send("projects.draft-sequences", {"sequences": [_sequence()]})
        await self._project()
        await self._holds()
        for subject in _DISCLOSING:
            await self._send(subject, {**_fresh(subject), **self._whole(subject)})
        summary = {"report_id": str(uuid7()), "since": "2019-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}
        await self._send("reports.generate-summary", summary)
        await self._others()
        await self._restricted()
        await self._dead_letter()

    def _whole(self, subject: str) -> dict[str, Any]:
        many = {"project_ids": [self.project_id], "form": "zip"}
        return many if subject.endswith("batch") else {"project_id": self.project_id}

    async def _project(self) -> None:
        whole = {"project_id": self.project_id}
        await self._send("projects.create", {**whole, "sequences": [_sequence()]})
        await self._send("projects.update", whole)
        await self._send("projects.add-sequences", {**whole, "sequences": [_sequence()]})
        for kind, id_ in (("comment", self.comment_id), ("call", self.call_id)):
            for verb in ("add", "edit"):
                subject = f"projects.{verb}-{kind}"
                await self._send(subject, {**BODIES[subject], **whole, f"{kind}_id": id_})

    async def _holds(self) -> None:
        for verb in ("hold", "change-hold", "request-release", "release"):
            await self._send(f"retention.{verb}", {"project_id": self.project_id})

    async def _others(self) -> None:
        imported = {"project_id": str(uuid7()), "created_at": AT}
        await self._send("projects.import", {"projects": [imported]})
        redacted = {"project_id": str(uuid7()), "reference": "R 1"}
        await self._applied("projects.create", redacted)
        await self._send("projects.redact", {"project_id": redacted["project_id"], "field": "reference"})
        await self._applied("projects.create", {"project_id": (deleted := str(uuid7()))})
        await self._send("projects.delete", {"project_id": deleted})

    async def _restricted(self) -> None:
        await self._applied("projects.create", whole := {"project_id": str(uuid7())})
        await self._send("projects.restrict", whole)
        for subject in ("projects.get", "projects.history"):
            answer, _ = await self._caller.ask(subject, self.markers.fill("found", subject, whole))
            assert "error" not in answer, subject

    async def _dead_letter(self) -> None:
        constraint = "ALTER TABLE projects.comment {} CONSTRAINT broken"
        await self._site.sql(f"{constraint.format('ADD')} CHECK (false) NOT VALID")
        body = {"project_id": self.project_id, "comment_id": str(uuid7())}
        filled = self.markers.fill("dead letter", "projects.add-comment", body)
        await self._caller.send("projects.add-comment", self.project_id, filled)
        await self._site.sql(constraint.format("DROP"))

    async def _send(self, subject: str, body: dict[str, Any]) -> None:
        await self._applied(subject, self.markers.fill("found", subject, body, without=("filter", "search")))

    async def _applied(self, subject: str, body: dict[str, Any]) -> None:
        key = catalogue.commands()[subject].model_construct(**body).key_for(self._caller.principal)
        command_id = await self._caller.publish(subject, key, body)

        async def outcome() -> list[dict[str, Any]]:
            return self._caller.outcomes.get(command_id, [])

        [answer] = await eventually(outcome, within=_SECONDS)
        assert answer["status"] == "applied", (subject, answer)


def _fresh(subject: str) -> dict[str, Any]:
    return {} if subject == "projects.export" else {"report_id": str(uuid7())}


def _camera() -> dict[str, str]:
    return {"camera_id": "1", "camera_name": "Gate"}


def _sequence() -> dict[str, Any]:
    return {**_camera(), "sequence_id": str(uuid7()), "start": AT, "end": AT}
