"""The workplace injuries of the demonstration, with texts from scenario.json and chances from a seed."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import uuid7
from contracts.projects.commands import IncidentData
from contracts.projects.parts import Direction
from contracts.projects.recordings import Sequence
from contracts.properties import FieldKind

SEED: Final = 20_220_210
_LONGEST_AGO_MINUTES: Final = 6 * 24 * 60

Language = Literal["en", "fr"]
_Frozen = ConfigDict(frozen=True)


class BilingualText(BaseModel):
    """A text in both languages."""

    model_config = _Frozen

    en: str
    fr: str

    def in_(self, language: str, **values: object) -> str:
        """Return the text in a language."""
        text = self.fr if language == "fr" else self.en
        return text.format(**values) if values else text

    def matches(self, text: str) -> bool:
        """Tell whether a text is this one, in either language."""
        return text in {self.en, self.fr}


class Category(BaseModel):
    """One category and its values."""

    model_config = _Frozen

    slot: int
    name: BilingualText
    description: BilingualText
    values: list[BilingualText]


class DataField(BaseModel):
    """One data field."""

    model_config = _Frozen

    kind: FieldKind
    slot: int
    name: BilingualText
    description: BilingualText


class Event(BaseModel):
    """An incident: the positions of its reason and its place in their categories, and a sentence."""

    model_config = _Frozen

    reason: int
    place: int
    text: BilingualText


class Status(BilingualText):
    """A status; a `closing` one closes its projects."""

    closing: bool = False


class PhoneCall(BaseModel):
    """A call that somebody makes after an injury."""

    model_config = _Frozen

    direction: Direction
    party: BilingualText
    number: str
    notes: BilingualText


class Camera(BaseModel):
    """A camera at a place."""

    model_config = _Frozen

    camera_id: str
    name: BilingualText


class Scenario(BaseModel):
    """All texts of the demonstration."""

    model_config = _Frozen

    organisation: BilingualText
    types: list[BilingualText]
    categories: list[Category]
    unused_category: BilingualText
    statuses: list[Status]
    data_fields: list[DataField]
    role: BilingualText
    stories: list[Event]
    comments: list[BilingualText]
    calls: list[PhoneCall]
    cameras: Annotated[list[list[Camera]], Field(min_length=6)]
    imported: BilingualText


@dataclass(frozen=True)
class Story:
    """One injury with all its records; types, statuses and values by their positions."""

    type: int
    status: int
    reason: int
    place: int
    description: str
    start: datetime
    end: datetime
    data: IncidentData
    comments: list[str]
    calls: list[PhoneCall]
    sequences: list[Sequence]


def load() -> Scenario:
    """Read the texts."""
    text = resources.files("incidents.demo").joinpath("scenario.json").read_text("utf-8")
    return Scenario.model_validate(json.loads(text))


def stories(scenario: Scenario, language: str, now: datetime) -> Iterator[Story]:
    """Yield every story, always with the same chances; the first one has all details."""
    chance = random.Random(SEED)  # noqa: S311 - made-up data needs no strong randomness
    for position, event in enumerate(scenario.stories):
        start = now.astimezone(UTC) - timedelta(minutes=chance.randint(90, _LONGEST_AGO_MINUTES))
        end = start + timedelta(minutes=chance.randint(2, 40))
        fullest = position == 0
        yield Story(
            type=chance.choices(range(len(scenario.types)), weights=(10, 2, 4, 3, 2))[0],
            status=chance.choices(range(len(scenario.statuses)), weights=(5, 6, 2, 7))[0],
            reason=event.reason,
            place=event.place,
            description=event.text.in_(language),
            start=start,
            end=end,
            data=_data(chance),
            comments=[
                comment.in_(language)
                for comment in chance.sample(scenario.comments, 3 if fullest else chance.randint(0, 2))
            ],
            calls=chance.sample(scenario.calls, 2 if fullest else chance.randint(0, 1)),
            sequences=_sequences(chance, scenario.cameras[event.place], language, start, end),
        )


def _data(chance: random.Random) -> IncidentData:
    damaged = chance.random() < 0.4  # noqa: PLR2004 - a chance
    values: dict[str, object] = {
        "integer_1": chance.choices((1, 2, 3), weights=(18, 3, 1))[0],
        "checkbox_1": chance.random() < 0.8,  # noqa: PLR2004 - a chance
        "checkbox_2": damaged,
    }
    if damaged:
        values["decimal_1"] = Decimal(chance.randint(40, 90_000)) / 20
    return IncidentData.model_validate(values)


def _sequences(
    chance: random.Random, cameras: list[Camera], language: str, start: datetime, end: datetime
) -> list[Sequence]:
    return [
        Sequence(
            sequence_id=uuid7(),
            camera_id=camera.camera_id,
            camera_name=camera.name.in_(language),
            start=start - timedelta(seconds=chance.randint(5, 60)),
            end=end,
            media_expires_at=end + timedelta(days=30),
        )
        for camera in cameras
    ]
