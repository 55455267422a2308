"""Texts that command terminals and deceive readers, in every field that takes a text, and what of them is seen raw."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from contracts import catalogue
from contracts.ids import uuid7
from incidents import Client
from tests.reports.picture_samples import png
from tests.runtime.permission_matrix import TEMPLATE

_CONTROLS = [chr(number) for number in (*range(1, 32), *range(127, 160))]
_DECEIVING = (
    "\u061c\u200b\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\u2028\u2029\ufeff\xad\u3164\U000e0041\U000e007f"
)
HOSTILE = f"A{''.join(_CONTROLS)}{_DECEIVING}\x1b[8mB[red]C[/red][link=http://x]D[/link]"
"""Every control character, what reorders or hides, an escape sequence of its own, and the markup of the terminal."""

_OURS = re.compile(r"\x1b\[(?!8m)[0-9;]*m|\x1b\[\?25[lh]|\x1b\[[0-9]*[AK]|\r")
"""What the command line writes itself: styles, and the redrawing of a live table."""

AT = "2026-03-01T12:00:00Z"
_ONE_LINE = HOSTILE.replace("\n", "")
_ROOM = 60
KINDS = ("type", "status")
PATTERNS = {None, r"^[^\x00]*$"}
_SELECTING = ("created_by", "camera_ids", "references")
REFUSED = {
    ("administration.change-settings", "timezone"),
    ("reports.generate-summary", "timezone"),
    ("reports.generate-record", "timezone"),
    ("reports.generate-register", "timezone"),
    ("reports.generate-batch", "search"),
    *(("reports.generate-batch", f"filter.{name}.*") for name in _SELECTING),
}
"""Where a text is a name that must be known, or of something that is stored elsewhere, or is searched for."""


def raw_characters(output: str) -> set[str]:
    """Return the characters that nobody should be sent, except those that the command line writes itself."""
    rest = _OURS.sub("", output).replace("\n", "").replace("\t", "")
    return {
        character
        for character in rest
        if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} or character == "\u3164"
    }


def text_fields() -> set[tuple[str, str]]:
    """Return every field of every command that takes any text, read from the schemas."""
    results = set()
    for subject, command in catalogue.commands().items():
        schema = command.model_json_schema()
        results |= {(subject, path) for path in _texts(schema, schema.get("$defs", {}), "")}
    return results - REFUSED


def _texts(schema: dict[str, Any], known: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        yield from _texts(part, known, path)
    is_text = schema.get("type") == "string" and schema.get("pattern") in PATTERNS
    if is_text and not {"format", "enum", "const"} & schema.keys():
        yield path
    for name, part in schema.get("properties", {}).items():
        yield from _texts(part, known, f"{path}.{name}".lstrip("."))
    if isinstance(schema.get("items"), dict):
        yield from _texts(schema["items"], known, f"{path}.*")


def hostile_paths(body: Any, path: str = "") -> Iterator[str]:
    """Yield the paths at which a body contains the hostile text, or is its beginning where there is less room."""
    if isinstance(body, str) and (HOSTILE in body or (len(body) >= _ROOM and _ONE_LINE.startswith(body))):
        yield path
    elif isinstance(body, dict):
        for name, value in body.items():
            yield from hostile_paths(value, f"{path}.{name}".lstrip("."))
    elif isinstance(body, list):
        for value in body:
            yield from hostile_paths(value, f"{path}.*")


class Writer:
    """Writes a text, the hostile one if no other is given, wherever it can be written, and remembers where that was."""

    def __init__(self, client: Client, text: str = HOSTILE) -> None:
        self._client = client
        self._text = text
        self.written_fields: set[tuple[str, str]] = set()
        self.project = str(uuid7())

    async def send(self, subject: str, **body: Any) -> dict[str, Any]:
        """Send a command, and return what it is answered with."""
        data = json.dumps(body).encode()
        key = catalogue.commands()[subject].model_validate_json(data).key_for(self._client.principal)
        outcome = await (await self._client.submit_raw(subject, data, key=key)).outcome()
        assert outcome.status == "applied", (subject, outcome.error)
        self.written_fields |= {(subject, path) for path in hostile_paths(body)}
        return outcome.result or {}

    async def fill_fields(self) -> None:
        """Fill every field that takes a text."""
        ids = await self.definitions()
        await self.a_project(ids)
        await self.parts()

    async def definitions(self) -> dict[str, int]:
        """Define types, statuses, categories, data fields, a role and the report's title."""
        texts = {"name": self._text, "description": self._text}
        await self.send("administration.define-category", slot=1, enabled=True, **texts)
        for slot in range(1, 4):
            await self.send("administration.define-data-field", kind="text", slot=slot, enabled=True, **texts)
        ids = {}
        for kind, more in {"type": {}, "status": {}, "category-value": {"slot": 1}}.items():
            added = await self.send(f"administration.add-{kind}", **more, **texts)
            ids[kind] = added["id"]
            await self.send(f"administration.edit-{kind}", id=added["id"], **more, **texts)
        short = self._text.replace("\n", "")[:_ROOM]
        texts = {"report_title": self._text, "report_confidentiality": short}
        await self.send("administration.change-settings", **texts, report_signatories=[short], reason=short)
        await self.send("administration.define-role", role_id="r", name=self._text, permissions={})
        return ids

    async def a_project(self, ids: dict[str, int]) -> None:
        """Open, take over, change and hold projects."""
        project = {"project_id": self.project}
        await self.send(
            "projects.create",
            **project,
            type_id=ids["type"],
            description=self._text,
            reference=self._text[:200],
            sequences=[self.sequence()],
        )
        legacy = {"project_id": str(uuid7()), "number": 700, "created_at": AT}
        await self.send(
            "projects.import",
            projects=[{**legacy, "created_by": self._text, "description": self._text, "reference": self._text[:200]}],
        )
        texts = {f"text_{slot}": self._text for slot in range(1, 4)}
        values = {"status_id": ids["status"], "categories": {"1": ids["category-value"]}, "data": texts}
        await self.send("projects.update", **project, description="")
        await self.send("projects.redact", **project, field="reference", reason=self._text)
        await self.send("projects.restrict", **project, reason=self._text)
        await self.send("projects.lift-restriction", **project)
        await self.send("projects.update", **project, description=self._text, reference=self._text[:199], **values)
        for verb in ("hold", "release", "hold"):
            reference = {"reference": self._text[:200]} if verb == "hold" else {}
            await self.send(f"retention.{verb}", **project, reason=self._text, **reference)
        deleted = {"project_id": str(uuid7())}
        await self.send("projects.create", **deleted, sequences=[])
        await self.send("projects.delete", **deleted, reason=self._text)
        await self.send("retention.request-release", **project, reason=self._text)
        await self.send("retention.change-hold", **project, reference=self._text[:199])

    async def parts(self) -> None:
        """Add and edit comments, calls and sequences, and fill the draft list."""
        project = {"project_id": self.project}
        comment, call = {"comment_id": str(uuid7())}, {"call_id": str(uuid7()), "direction": "made", "at": AT}
        for verb in ("add", "edit"):
            await self.send(f"projects.{verb}-comment", **project, **comment, text=self._text)
            texts = dict.fromkeys(("party", "number", "reference", "notes"), self._text)
            await self.send(f"projects.{verb}-call", **project, **call, **texts)
        await self.send("projects.add-sequences", **project, sequences=[self.sequence()])
        camera = {"camera_id": self._text, "camera_name": self._text}
        drafted = {"sequences": [self.sequence()], "cameras": [camera], "start": AT, "end": AT}
        await self.send("projects.draft-sequences", **drafted)
        purpose = dict.fromkeys(("recipient", "reference", "legal_basis"), self._text[:200])
        await self.send("projects.export", **project, **purpose, access_reason=self._text)
        await self.send("reports.generate", **project, report_id=str(uuid7()), **purpose)
        named = {"report_id": str(uuid7()), "project_ids": [self.project]}
        await self.send("reports.generate-batch", **named, **purpose)
        picture = base64.b64encode(png(20, 20)).decode()
        await self.send("reports.set-logo", image=picture, alt=self._text[:200])
        await self.send("reports.set-template", source=f"{TEMPLATE}\n/* {self._text} */")
        span = {"since": "2026-02-01T00:00:00Z", "until": AT}
        await self.send("reports.generate-summary", report_id=str(uuid7()), **span, title=self._text[:200])

    def sequence(self) -> dict[str, Any]:
        """Make a recording of a camera with the text as its name."""
        camera = {"camera_id": self._text, "camera_name": self._text}
        return {"sequence_id": str(uuid7()), **camera, "start": AT, "end": AT}
