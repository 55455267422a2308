"""What a package says of itself: in its language, in one time zone, and with the fields in their natural order."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from workers.common.signing_key import SigningKey
from workers.projects.packages import bagging
from workers.projects.packages.choice import Choice
from workers.projects.packages.page import page_words
from workers.projects.packages.page_cells import Cells


def package_files(language: str, *, timezone: str = "Europe/Paris") -> dict[str, str]:
    """Return the texts around the projects of a package."""
    contents = bagging.Contents(
        package_id=UUID(int=7),
        site="main",
        organisation="",
        timezone=timezone,
        language=language,
        exported_at=datetime(2026, 11, 28, 5, 9, 45, tzinfo=UTC),
        exported_by="ann",
        choice=Choice([], []),
        purpose={"recipient": None, "reference": None, "legal_basis": None},
        copies=[bagging.Copy(folder="", facts={"number": 4, "revision": 18})],
    )
    key = SigningKey.generate("main")
    package = bagging.opening_files(contents, key) | bagging.closing_files(contents, key, {})
    return {name: data.decode() for name, data in package.items()}


@pytest.mark.parametrize(
    "language, words",
    [("en", "Incident project 4, revision 18"), ("fr", "Projet d'incident 4, révision 18")],
)
def test_the_description_is_in_the_language_of_the_package(language: str, words: str) -> None:
    """The bag's description is read by people, too."""
    assert f"External-Description: {words}\n" in package_files(language)["bag-info.txt"]


@pytest.mark.parametrize(
    "language, timezone, words",
    [
        ("fr", "Europe/Paris", "le 28/11/2026 à 06:09:45 +01:00."),
        ("en", "America/New_York", "on 2026-11-28 at 00:09:45 -05:00."),
        ("en", "Nowhere/Else", "on 2026-11-28 at 05:09:45 +00:00."),
    ],
)
def test_the_page_before_opening_has_the_time_of_the_others(language: str, timezone: str, words: str) -> None:
    """README.txt says when the package was made in the time zone of index.html, with the offset."""
    text = next(text for name, text in package_files(language, timezone=timezone).items() if "README" in name)
    assert words in " ".join(text.split())
    assert "UTC" not in text


def test_fields_are_in_their_natural_order() -> None:
    """The database keeps the shorter names first; people read the start before the end."""
    cells = Cells.of(page_words("fr"), "UTC", "fr")
    at, later = "2026-11-28T05:00:00Z", "2026-11-28T06:00:00Z"
    for stored, order in (
        ({"end": later, "start": at, "camera_id": "cam-10"}, ("camera_id", "start", "end")),
        ({"end_time": later, "reference": "A", "start_time": at}, ("reference", "start_time", "end_time")),
        ({"at": at, "party": "Police", "direction": "incoming"}, ("direction", "at", "party")),
    ):
        labels = [line.split("\u00a0:")[0] for line in cells.plain("new", stored, {}).splitlines()]
        assert labels == [cells.label(name) for name in order]
