"""Texts of any kind and length stay in their columns, judged by the boxes of what is drawn."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reports.readers import inked_glyphs, outside, pages_of
from tests.reports.rendering_samples import CALL, SEQUENCE, START, Renderer, comment, document, project
from workers.reports.rendering.render_input import DataValue, ReportDocument

# One or more of every class of UAX #14 that people type: letters, digits, brackets, dashes, quotes, spaces that
# break and spaces that do not, joiners, marks, signs of other scripts, and what has to be spelled out.
CLASSES = (
    "aMWm0\u2167@ /.,:;!?-\u2010\u2011\u2013\u2014()[]{}«»\"'“”„…%€$°\u00a0\u202f\u2007\u2060\u200b\u00ad\u0301\u0325"
    "\u200d\u034f\u05d0\u0628\u0660\u0600\u4e2d\u3042\u30a1\uac00\u0e01\u0eaa\U0001f600\U0001f1eb\ufffc\u2028Щщ|\\~_"
)
LONG = [
    "\u00a0".join(["parole"] * 33),
    "\u202f".join(["parole"] * 33),
    *(sign * 400 for sign in "/.—([{«]"),
    *(f"{sign} " * 200 for sign in "/.—([{«]!»"),
    "m" * 24,
    "\u2167" * 10,
    "\U0001f600" * 200,
    "e\u0301\u0302" * 200,
    "00000000-0000-0000-0000-000000000000",
    "https://example.org/" + "a/b?c=d&" * 40,
    "\u05e9\u05dc\u00a0" * 60,
    "4" * 300,
    "\u0e01" * 300,  # letters of scripts without spaces, in which the typesetter finds no words
    "\u1000" * 300,
    "\u1780\u17be" * 150,
    "\u4e2d\u3002" * 150,
    "\u0915\u094d" * 150,  # one conjunct
    "\u0b95\u0bcc" * 150,  # broad letters
    "\ufdfd" * 8,
    "\U00012219" * 60,
    "\U0001f1eb\U0001f1f7" * 100,
    "\U0001f469\u200d" * 100,
]
# Words beside dashes, brackets and quotation marks, as the names of types have them.
WORDS = {"accident", "travail", "prestataire", "nettoyage", "externalisé", "remplaçant"}
NAMES = (
    "accident travail – prestataire (nettoyage) – « externalisé » remplaçant",
    "prestataire (nettoyage) [externalisé], accident – travail (remplaçant)",
    "remplaçant «\u00a0externalisé\u00a0», (nettoyage) – accident\u00a0; travail – «\u00a0prestataire\u00a0»",
)
MARKS = frozenset("\u0301\u0325")
MARK_POINTS = 10.0
# Grey is what labels are set in; they share their lines with values.
GREY = 60
LABELS = 62.4 + 470.5 * 0.36
DETAILS, FOOTER = 660.0, 62.0
"""Below the notes and above the footer, which are grey as well."""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def everywhere(text: str) -> ReportDocument:
    """Make a document that says one text in every place that holds what people typed, as long as the place allows."""
    name = text[:200]
    by = {"created_by": name, "edited_by": name, "edited_at": START}
    call = CALL.model_copy(update={**by, "party": name, "number": name, "reference": name, "notes": text})
    camera = {"camera_name": name, "camera_id": name, "site": name, "added_by": name}
    details = project(
        description=text,
        comments=[comment(text, **by)],
        calls=[call],
        sequences=[SEQUENCE.model_copy(update=camera)],
        created_by=name,
        updated_by=name,
    )
    return document(
        title=text[:500],
        show_user_names=True,
        project=details,
        type_name=name,
        status_name=name,
        categories=((name, name),),
        data=(DataValue(label=name, kind="text", value=text),),
        missing=(name,),
    )


@pytest.mark.parametrize("text", LONG)
def test_a_long_text_stays_on_its_page(renderer: Renderer, text: str) -> None:
    """Wherever it is, a text without a place to end a line is cut at the end of its column."""
    assert outside(renderer.render(everywhere(text)).pdf) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_line_does_not_end_within_a_word(renderer: Renderer, name: str) -> None:
    """A dash, a bracket or a quotation mark beside a space leaves a place between the words to end a line."""
    for repeated in (name, f"{name}, " * 2):
        printed = "\n".join(pages_of(renderer.render(everywhere(repeated)).pdf))
        parts = {part.casefold() for part in re.findall(r"[^\W\d_]{3,}\b(?!…)", printed)}
        assert [part for part in parts - WORDS if any(part in word for word in WORDS)] == []
        assert parts >= WORDS


@pytest.mark.parametrize("text", LONG)
def test_a_long_label_stays_in_its_column(renderer: Renderer, text: str) -> None:
    """A label does not run into its value."""
    labels = document(
        title="",
        project=project(description="", comments=[], calls=[], sequences=[]),
        categories=((text[:200], "1"),),
        data=(DataValue(label=text[:200], kind="text", value="1"),),
    )
    grey = [
        glyph
        for glyph in inked_glyphs(renderer.render(labels).pdf)
        if glyph.grey > GREY and FOOTER < glyph.bottom < DETAILS
    ]
    assert len(grey) > len(labels.data)
    assert [glyph for glyph in grey if glyph.right > LABELS] == []


@given(parts=st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(1, 60)), min_size=1, max_size=12))
@example(parts=[("\u2028", 60)])
@example(parts=[("\u05d0", 43), ("-", 48), ("\u0301", 35)])
@example(parts=[("«", 30), ("\u00ad", 8), ("\u0301", 15), ("«", 30)])
@example(parts=[("a", 1), ("\U0001f600", 15), ("W", 5), ("@", 1), ("\u0eaa", 21)])
@settings(max_examples=15, deadline=None)
def test_any_text_stays_on_its_page(renderer: Renderer, parts: list[tuple[str, int]]) -> None:
    """No sequence of signs of any class leaves the margins, in any place.

    A mark may lean over: at the start of a text it has no letter, and from right to left it hangs beside a dash.
    """
    text = "".join(sign * times for sign, times in parts)
    lean = MARK_POINTS if set(text) & MARKS else 0.0
    assert outside(renderer.render(everywhere(text)).pdf, lean) == []
