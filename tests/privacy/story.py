"""What people do with projects until these are erased, with a marker in each text that they write."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Final, get_args
from uuid import UUID

from contracts import catalogue, subjects
from contracts.ids import uuid7
from contracts.personal_data import FIND_QUERIES
from contracts.projects.queries import RedactedField
from contracts.projects.redaction import CALL_TEXTS, SEQUENCE_TEXTS
from tests.privacy.installation import Installation
from tests.privacy.markers import Markers
from tests.runtime.permission_matrix import AT, COMMANDS, QUERIES
from tests.support import Caller, eventually

BODIES: Final = {line.subject: line.body for line in (*COMMANDS[::-1], *QUERIES[::-1])}
DISCLOSURE: Final = ("recipient", "reference", "legal_basis")
_LONG_AGO: Final = "2020-01-01T00:00:00Z"
_FAILING_TABLES: Final = ("projects.comment", "projects.call", "retention.hold", "projects.sequence")
_FAILING: Final = ("projects.add-comment", "projects.add-call", "projects.add-sequences", "retention.hold")
_LONG_SECONDS: Final = 60
_SHOWING: Final = ("comments", "calls", "sequences", "history", "report")
"""What a package shows of the texts that can be redacted."""


class Story:
    """Sends commands and asks queries, and remembers the markers."""

    def __init__(self, installation: Installation, caller: Caller) -> None:
        """Begin without any project."""
        self._installation = installation
        self._caller = caller
        self.markers = Markers()
        self._by_hand = ""
        self.salts: list[tuple[UUID, bytes]] = []
        self.keys: list[bytes] = []
        """The keys of all dead letters."""
        self.redacted = ""
        """The project that stays without its words."""

    async def tell(self) -> None:
        """Do everything with two projects that people do with projects."""
        await self._applied("administration.change-settings", {"retention_days": 36_500})
        for kind in ("text", "decimal"):
            for slot in (1, 2, 3):
                body = {"kind": kind, "slot": slot, "enabled": True, "name": f"{kind} {slot}"}
                await self._applied("administration.define-data-field", body)
        self._by_hand, by_expiry = await self._created(), await self._imported()
        for occasion, project_id in (("by hand", self._by_hand), ("by expiry", by_expiry)):
            await self._documented(occasion, project_id)
            await self._send_refused(f"{occasion}, refused", project_id)
            await self._dead_lettered(f"{occasion}, dead letter", project_id)
            await self._disclosed(occasion, project_id)
        field = {"project_id": self._by_hand, "field": "reference"}
        await self._applied("projects.redact", self.markers.fill("by hand", "projects.redact", field))
        await self._dead_lettered_without_project("dead letter without a project")
        await self._redacted("redacted")
        await self._restricted()
        await self._ask_all()
        self._installation.sql("ANALYZE")  # which a site with more rows does by itself

    async def _restricted(self) -> None:
        """Restrict a project, read it with a reason, and end that."""
        whole = {"project_id": self._by_hand}
        await self._applied("projects.restrict", self.markers.fill("by hand", "projects.restrict", whole))
        for subject in ("projects.get", "projects.history"):
            await self._ask(subject, self.markers.fill("by hand", subject, whole))
        await self._applied("projects.lift-restriction", whole)

    async def _redacted(self, occasion: str) -> None:
        """Redact every text that can be, in a project that stays, after files and dead letters have shown them."""

        def texts(*names: str) -> dict[str, str]:
            return {name: self.markers.new(f"{occasion}, {next(times)}", name) for name in names}

        times = count(1)
        self.redacted = project_id = str(uuid7())
        comment_id, call_id, sequence_id = (str(uuid7()) for _ in range(3))
        whole, comment = {"project_id": project_id}, {"project_id": project_id, "comment_id": comment_id}
        call = {**_body("projects.add-call", whole), "call_id": call_id}
        sequence = {**_sequence(sequence_id), **texts(*SEQUENCE_TEXTS)}
        created = {**whole, **texts("description", "reference"), "sequences": [sequence]}
        await self._applied("projects.create", created)
        for _ in range(2):
            data = texts("text_1", "text_2", "text_3")
            await self._applied("projects.update", {**whole, **texts("description", "reference"), "data": data})
        for verb in ("add", "edit"):
            await self._applied(f"projects.{verb}-comment", {**comment, **texts("text")})
            await self._applied(f"projects.{verb}-call", {**call, **texts(*CALL_TEXTS)})
        with self._failing():
            for subject, body in (
                ("edit-comment", comment | texts("text")),
                ("edit-call", call | texts(*CALL_TEXTS)),
            ):
                outcome = await self._caller.send(f"projects.{subject}", project_id, body)
                assert outcome.get("error", {}).get("code") == "unavailable", (subject, outcome)
        await self._applied("reports.generate", {**whole, "report_id": str(uuid7())})
        await self._applied("reports.generate-batch", {"report_id": str(uuid7()), "project_ids": [project_id]})
        await self._applied("projects.export", {**whole, "include": [*_SHOWING]})
        parts = {"comment": comment_id, "call": call_id, "sequence": sequence_id}
        for field in get_args(RedactedField):
            named = {"part_id": parts[field]} if field in parts else {}
            await self._applied("projects.redact", {**whole, **named, "field": field, "reason": "asked for"})

    async def _created(self) -> str:
        project_id = str(uuid7())
        await self._send("drafted", "projects.draft-sequences", {"cameras": [_camera()], "start": AT, "end": AT})
        await self._send("drafted", "projects.draft-sequences", {})
        await self._send("undrafted", "projects.draft-sequences", {"sequences": [_sequence(drafted := str(uuid7()))]})
        await self._applied("projects.undraft-sequences", {"sequence_ids": [drafted]})
        body = {"project_id": project_id, "sequences": [_sequence(str(uuid7()))], "from_draft": True}
        await self._send("by hand", "projects.create", body)
        return project_id

    async def _imported(self) -> str:
        project_id = str(uuid7())
        project = {"project_id": project_id, "created_by": "ann", "created_at": _LONG_AGO}
        await self._send("by expiry", "projects.import", {"projects": [project]})
        return project_id

    async def _documented(self, occasion: str, project_id: str) -> None:
        send = self._send
        for time in ("", ", changed"):
            await send(occasion + time, "projects.update", {"project_id": project_id})
        for end, ending in (("", ""), (", deleted", "delete")):
            ids = {"project_id": project_id, "comment_id": str(uuid7()), "call_id": str(uuid7())}
            for kind in ("comment", "call"):
                known = {name: ids[name] for name in ("project_id", f"{kind}_id")}
                await send(occasion + end, f"projects.add-{kind}", known)
                await send(occasion + end, f"projects.edit-{kind}", known)
                if ending:
                    await self._applied(f"projects.delete-{kind}", known)
        sequence_id = ""
        for end in ("", ", removed"):
            sequence_id = str(uuid7())
            sequence = _sequence(sequence_id)
            await send(occasion + end, "projects.add-sequences", {"project_id": project_id, "sequences": [sequence]})
        remove = {"project_id": project_id, "sequence_ids": [sequence_id]}
        await self._applied("projects.remove-sequences", remove)
        await send(occasion, "retention.hold", {"project_id": project_id})
        await send(occasion, "retention.change-hold", {"project_id": project_id})
        await send(occasion, "retention.request-release", {"project_id": project_id})
        await send(occasion, "retention.release", {"project_id": project_id})

    async def _send_refused(self, occasion: str, project_id: str) -> None:
        """Send what is refused: an unknown field, a field of the wrong kind, an old revision, no JSON, a wrong key."""
        marker, send = self.markers.new, self._caller.send
        whole = {"project_id": project_id}
        wrong: list[dict[str, Any]] = [
            {marker(occasion, "a field's name"): 1},
            {"description": {marker(occasion, "a key where a text belongs"): marker(occasion, "its value")}},
            {"categories": {marker(occasion, "a category's slot"): 1}},
            {"start_time": marker(occasion, "a time")},
            {"data": {"decimal_1": marker(occasion, "a number")}},
            {"type_id": marker(occasion, "a type")},
        ]
        for body in wrong:
            assert (await send("projects.update", project_id, {**whole, **body}))["status"] == "rejected"
        for subject in ("projects.update", "projects.add-comment", "projects.add-call"):
            body = self.markers.fill(f"{occasion} for its revision", subject, _body(subject, whole))
            assert (await send(subject, project_id, {**body, "expected_revision": 1}))["status"] == "rejected"
        body = self.markers.fill(f"{occasion} for its key", "projects.update", whole)
        key = marker(occasion, "a key in the subject")
        assert (await send("projects.update", key, body))["status"] == "rejected"
        text = marker(occasion, "a body that is not JSON").encode()
        assert (await send("projects.update", project_id, b'{"description": "' + text))["status"] == "rejected"
        header = {"traceparent": marker(occasion, "a header")}
        await send("projects.add-comment", project_id, _body("projects.add-comment", whole), headers=header)

    async def _dead_lettered(self, occasion: str, project_id: str) -> None:
        with self._failing():
            for subject in _FAILING:
                body = self.markers.fill(occasion, subject, _body(subject, {"project_id": project_id}))
                outcome = await self._caller.send(subject, project_id, body)
                assert outcome.get("error", {}).get("code") == "unavailable", (subject, outcome)

    async def _dead_lettered_without_project(self, occasion: str) -> None:
        """Send messages that name no project and can never be handled, with words in every place that can have some."""
        marker, site = self.markers.new, self._installation.runtime["site"]
        for body in (b'{"text": "%b"}', b"\xff%b"):
            key, verb = marker(occasion, "a key in the subject"), marker(occasion, "the name of a command")
            headers = {marker(occasion, "the name of a header"): marker(occasion, "a header")}
            content = body % marker(occasion, "a body").encode()
            subject = subjects.command(site, self._caller.principal, f"projects.{verb}", key)
            await self._caller.nats.request(subject, content, headers=headers, timeout=30)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Let the database refuse every row of some tables."""
        self._installation.sql(
            *(f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (false) NOT VALID" for table in _FAILING_TABLES)
        )
        yield
        self._installation.sql(*(f"ALTER TABLE {table} DROP CONSTRAINT broken" for table in _FAILING_TABLES))

    async def _disclosed(self, occasion: str, project_id: str) -> None:
        """Make reports and packages of a project, and fetch them."""
        reports = {name: str(uuid7()) for name in ("single", "batch", "selected")}
        named = {"project_id": project_id, "report_id": reports["single"], "activity": True}
        await self._send(occasion, "reports.generate", named)
        many = {"report_id": reports["batch"], "project_ids": [project_id], "form": "zip"}
        named_batch = self.markers.fill(occasion, "reports.generate-batch", many, without=("filter", "search"))
        await self._applied("reports.generate-batch", named_batch)
        selected = {"report_id": reports["selected"], "filter": {}, "form": "pdf"}
        body = self.markers.fill(f"{occasion}, selected", "reports.generate-batch", selected)
        await self._caller.publish("reports.generate-batch", reports["selected"], body)
        for password in (False, True):
            body = self.markers.fill(f"{occasion}, {password}", "projects.export", {"project_id": project_id})
            if not password:
                del body["password"]
            package = (await self._applied("projects.export", body))["package"]
            await self._ask("projects.download", {"package_id": package["package_id"]})
        await self._ask("reports.download", {"report_id": reports["single"]})
        await self._ask("reports.download-batch", {"report_id": reports["batch"]})
        summary = {"report_id": str(uuid7()), "since": "2019-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}
        await self._send(occasion, "reports.generate-summary", summary)
        await self._applied("reports.delete-summary", {"report_id": summary["report_id"]})
        for name in ("batch", "selected"):
            await self._caller.send("reports.delete-batch", reports[name], {"report_id": reports[name]})

    async def _ask_all(self) -> None:
        """Ask what names texts: filters and searches."""
        listing = ("projects.list", "projects.statistics", "projects.watch", "reports.list")
        for subject in (*listing, *(query.subject for query in FIND_QUERIES)):
            filtered: dict[str, Any] = {} if ".find-in-" in subject else {"filter": {}}
            unmarked: dict[str, Any] = {} if subject == "reports.list" else {**BODIES[subject], **filtered}
            body = self.markers.fill("asked", subject, unmarked)
            await self._ask(subject, body)

    async def end(self) -> None:
        """Erase one of them by hand, and the other one by its expiry, and let dead letters grow old."""
        self.keys = [bytes(key) for (key,) in self._installation.sql("SELECT key FROM runtime.letter_key")]
        self._installation.sql("UPDATE runtime.letter_key SET written_at = written_at - interval '8 days'")
        await self._send("by hand", "projects.delete", {"project_id": self._by_hand})
        await self._applied("administration.change-settings", {"retention_days": 30, "confirm": 1_000_000})
        await self._applied("retention.sweep", {})

        async def is_swept() -> bool:
            return self._installation.sql("SELECT count(*) FROM projects.project WHERE imported") == [(0,)]

        await eventually(is_swept, within=_LONG_SECONDS)

    async def _send(self, occasion: str, subject: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._applied(subject, self.markers.fill(occasion, subject, _body(subject, body)))

    async def _applied(self, subject: str, body: Mapping[str, Any]) -> dict[str, Any]:
        key = catalogue.commands()[subject].model_construct(**body).key_for(self._caller.principal)
        command_id = await self._caller.publish(subject, key, dict(body))

        async def outcome() -> list[dict[str, Any]]:
            return self._caller.outcomes.get(command_id, [])

        [answer] = await eventually(outcome, within=_LONG_SECONDS)
        assert answer["status"] == "applied", (subject, answer)
        result: dict[str, Any] = answer["result"]
        return result

    async def _ask(self, subject: str, body: Mapping[str, Any]) -> None:
        target = subjects.query(self._installation.runtime["site"], self._caller.principal, subject)
        answer = await self._caller.nats.request(target, json.dumps(body).encode(), timeout=30)
        assert "Nats-Service-Error-Code" not in (answer.headers or {}), (subject, answer.data)


def _body(subject: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that the table of permissions has, with other ids."""
    fresh: dict[str, Any] = {name: str(uuid7()) for name in ("comment_id", "call_id") if name in BODIES[subject]}
    recordings = {"sequences": [_sequence(str(uuid7()))]} if "sequences" in BODIES[subject] else {}
    return {**BODIES[subject], **fresh, **recordings, **body}


def _camera() -> dict[str, str]:
    return {"camera_id": "1", "camera_name": "Gate"}


def _sequence(sequence_id: str) -> dict[str, Any]:
    return {**_camera(), "sequence_id": sequence_id, "start": AT, "end": AT}
