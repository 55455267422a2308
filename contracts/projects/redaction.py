"""Redaction: erasing what people wrote in one place of a project, so that the fact stays."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Self
from uuid import UUID

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from contracts.message import BOTH_STORES
from contracts.permissions import Level, Node
from contracts.projects.commands import ExistingProjectCommand, ProjectEvent
from contracts.projects.queries import RedactedField
from contracts.texts import Part, Phrase
from contracts.values import Reason

REDACTED: Final = {"redacted": True}
"""What the history has in place of words that were redacted."""

CALL_TEXTS: Final = ("party", "number", "reference", "notes")
"""The texts of a call."""

SEQUENCE_TEXTS: Final = ("camera_id", "camera_name")
"""The texts of a sequence: what its camera is called."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "comment": ("comment",),
    "call": CALL_TEXTS,
    "sequence": SEQUENCE_TEXTS,
}
"""The parts of a project whose words can be redacted, each with its texts, as the history names them."""

_SECTIONS: Final = {
    "comment": "comments",
    "call": "calls",
    "sequence": "sequences",
    "description": "main-details",
    "reference": "main-details",
    "text_1": "categories",
    "text_2": "categories",
    "text_3": "categories",
}
"""The sections of the fields."""


class ProjectRedacted(ProjectEvent):
    """Words of a project were erased: `texts` of them, with `files` that showed them: reports, batches and packages."""

    subject = "projects.redacted"
    stores = BOTH_STORES

    field: RedactedField
    part_id: UUID | None = None
    earlier_only: bool = False
    texts: int
    files: int


class RedactProject(ExistingProjectCommand[ProjectRedacted]):
    """Erase what people wrote in one field or part, in its history and in every file made of it, for good.

    The history says that there was a text, who wrote it and when, and who redacted it. `earlier_only` keeps the present
    text, so that a correction stays and what it corrected goes. A part that was deleted can be redacted, too.
    """

    subject = "projects.redact"
    node = Node.RETENTION
    part = Part.PROJECT
    failure_phrase = Phrase.NOT_SAVED
    runs_alone = True

    field: RedactedField
    part_id: UUID | None = None
    earlier_only: bool = False
    reason: Reason

    def needs(self) -> dict[Node, Level]:
        """Require retention, and the projects, as a deletion does."""
        return {self.node: self.level, Node.PROJECTS: self.level}

    @model_validator(mode="after")
    def _names_a_part(self) -> Self:
        if self.field in PARTS and self.part_id is None:
            kind = "part_missing"
            raise PydanticCustomError(kind, "give the part_id of the comment, call or sequence")
        if self.field not in PARTS and self.part_id is not None:
            kind = "part_unwanted"
            raise PydanticCustomError(kind, "leave out part_id: a field has none")
        return self


def is_redacted(value: object) -> bool:
    """Tell whether a value of the history stands for redacted words."""
    return value == REDACTED


def visible_redactions(redactions: Iterable[dict[str, Any]], withheld: Collection[str]) -> list[dict[str, Any]]:
    """Return the redactions of the sections that are not withheld."""
    return [each for each in redactions if _SECTIONS[each["field"]] not in withheld]
