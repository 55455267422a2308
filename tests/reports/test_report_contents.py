"""What a report says besides the incident: recordings, the hold, earlier wordings, other files, its origin."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.projects.queries import Hold
from tests.reports.rendering_samples import AUTHOR, EDITOR, SEQUENCE, START, Renderer, comment, document, project, words
from workers.reports.rendering.render_input import CommentChange, ProjectFile

NOW = START + timedelta(days=1)
HOLD = Hold(held_by=EDITOR, held_at=START, reason="The police asked for it.")
EARLIER = CommentChange(comment_id=UUID(int=2), at=START + timedelta(hours=1), by=EDITOR, text="It was upright.")
DELETED = CommentChange(comment_id=UUID(int=9), at=START + timedelta(hours=2), by=EDITOR, text=None)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def text_of(renderer: Renderer, **changes: Any) -> str:
    """Render a document, and return its text."""
    return words(renderer.render(document(**changes)))


@pytest.mark.parametrize(
    "expires_at, state",
    [
        (None, "Retention not stated End"),
        (NOW + timedelta(days=2), "Available until 13/02/2022 09:33:33 +01:00"),
        (NOW + timedelta(hours=1), "Expires within a day: 11/02/2022 10:33:33 +01:00"),
        (NOW, "No longer available since 11/02/2022 09:33:33 +01:00"),
    ],
)
def test_a_recording_has_its_state_and_length(renderer: Renderer, expires_at: datetime | None, state: str) -> None:
    """A sequence says how long it is and whether its recording existed when the report was made."""
    sequence = SEQUENCE.model_copy(update={"media_expires_at": expires_at})
    text = text_of(renderer, project=project(sequences=[sequence]))
    after = text.partition("10 min ")[2].replace("About this report", "End")
    assert after.startswith(state)


def test_a_hold_says_why_and_since_when(renderer: Renderer) -> None:
    """A project under hold says so in its report, and who placed the hold where names are shown."""
    held = project(hold=HOLD)
    hidden = text_of(renderer, project=held)
    assert "Legal hold Reason The police asked for it. In force since 10/02/2022 09:33:33 +01:00" in hidden
    assert "Placed by" not in hidden
    assert f"Placed by {EDITOR}" in text_of(renderer, project=held, show_user_names=True)
    assert "Legal hold" not in text_of(renderer)


def test_an_edited_comment_shows_what_it_said_before(renderer: Renderer) -> None:
    """Below a comment is its earlier wording, and until when it was the comment's."""
    text = text_of(renderer, comment_changes=(EARLIER,))
    assert "L'échelle n'était pas calée. Wording until 10/02/2022 10:33:33 +01:00 It was upright." in text
    named = text_of(renderer, comment_changes=(EARLIER,), show_user_names=True)
    assert f"Wording until 10/02/2022 10:33:33 +01:00, changed by {EDITOR} It was upright." in named


@pytest.mark.parametrize("comments", [[], [comment("Here.")]])
def test_deleted_comments_are_counted(renderer: Renderer, comments: list[Any]) -> None:
    """A report says how many comments were deleted and when, but not what they said."""
    text = text_of(renderer, project=project(comments=comments), comment_changes=(EARLIER, DELETED))
    assert "Deleted comments: 1 10/02/2022 11:33:33 +01:00" in text
    assert ("Comments No comment. Deleted" in text) == (not comments)


def test_wordings_that_are_too_many_are_counted(renderer: Renderer) -> None:
    """A report that leaves out earlier wordings says how many."""
    assert "Earlier wordings that are not listed 7" in text_of(renderer, unlisted_wordings=7)


def test_other_files_of_the_project_are_listed(renderer: Renderer) -> None:
    """Earlier reports and exports are listed, and who made them where names are shown."""
    files: dict[str, Any] = {
        "earlier_reports": (ProjectFile(id=UUID(int=7), at=START, by=AUTHOR),),
        "exports": (ProjectFile(id=UUID(int=8), at=START, by=AUTHOR),),
    }
    text = text_of(renderer, **files)
    assert f"Earlier reports Generated Identifier 10/02/2022 09:33:33 +01:00 {UUID(int=7)}" in text
    assert f"Exports Exported Identifier 10/02/2022 09:33:33 +01:00 {UUID(int=8)}" in text
    assert text_of(renderer, **files, show_user_names=True).count(f"+01:00 by {AUTHOR} 00000000") == 2


def test_a_report_says_where_it_comes_from(renderer: Renderer) -> None:
    """A report names its site and the software, and its author where names are shown."""
    origin: dict[str, Any] = {"author": "olivia", "site": "main", "software": "Incident Manager 1.2.3"}
    text = text_of(renderer, **origin, generated_at=datetime(2022, 2, 11, 8, tzinfo=UTC))
    assert "Generated 11/02/2022 09:00:00 +01:00 Site main Software Incident Manager 1.2.3" in text
    assert "olivia" not in text
    assert "09:33:33 +01:00 by olivia" in text_of(renderer, **origin, show_user_names=True)
