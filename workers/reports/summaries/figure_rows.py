"""The rows from which a summary is made."""

from typing import TypedDict


class FiguresRow(TypedDict):
    """A row of the figures of a period: one part of them, for one or two values."""

    part: str
    key: str | None
    other: str | None
    created: int
    closed: int
    open: int
    median: float | None
    ninetieth: float | None


class PropertyNameRow(TypedDict):
    """The name of a type, a status or a category's value."""

    id: int
    name: str


class CameraNameRow(TypedDict):
    """The name of a camera."""

    camera_id: str
    camera_name: str
