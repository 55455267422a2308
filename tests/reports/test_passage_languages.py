"""In which language a voice reads each passage of a report: its own where its script tells one (PDF/UA-1)."""

import io
from collections import Counter
from typing import Any

import pytest
from pypdf import PdfReader

from tests.reports.binding_samples import Binder, entry, left_out
from tests.reports.readers import text_of
from tests.reports.rendering_samples import Renderer, comment, described, document, project, squeezed
from tests.reports.script_samples import OTHERS, SENTENCES
from tests.reports.spoken import languages_of, passages
from tests.reports.summary_samples import SummaryPrinter, group, grouping, summary
from tests.reports.test_columns import everywhere
from workers.reports.rendering.accessibility.passage_languages import mark_passages

SPOKEN = {
    "chinese": "zh",
    "japanese": "ja",
    "korean": "ko",
    "thai": "th",
    "lao": "lo",
    "khmer": "km",
    "burmese": "my",
    "hindi": "hi",
    "bengali": "bn",
    "tamil": "ta",
    "telugu": "te",
    "kannada": "kn",
    "malayalam": "ml",
    "gujarati": "gu",
    "punjabi": "pa",
    "odia": "or",
    "sinhala": "si",
    "amharic": "am",
    "armenian": "hy",
    "georgian": "ka",
    "arabic": "ar",
    "persian": "fa",
    "urdu": "ur",
    "vowelled arabic": "ar",
    "syriac": "syr",
    "thaana": "dv",
    "nko": "nqo",
    "hebrew": "he",
    "tibetan": "bo",
    "mongolian": "mn",
    "cherokee": "chr",
}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def letters(text: str) -> Counter[str]:
    """Count the letters and marks of a text."""
    return Counter(squeezed(text))


@pytest.mark.parametrize(
    "text, language",
    [*((SENTENCES[script], code) for script, code in SPOKEN.items()), *((OTHERS[c], c) for c in OTHERS)],
)
def test_a_sentence_is_spoken_in_its_language(renderer: Renderer, text: str, language: str) -> None:
    """The whole sentence with its digits and signs has its language, and all labels have that of the report."""
    spoken = passages(renderer.render(described(text)).pdf)
    assert {code for code, _ in spoken} == {"en", language}
    whole = "".join(words for code, words in spoken if code == language)
    assert sum((letters(text) - letters(whole)).values()) <= len(text) / 10, "readers may lose a few signs"
    around = "".join(words for code, words in spoken if code == "en")
    assert "Description" in around
    assert not any(sign.isalpha() and sign in whole for sign in squeezed(around))


def test_a_passage_ends_where_another_script_begins(renderer: Renderer) -> None:
    """In a mixed line each passage has its language; letters of the Latin script have that of the report."""
    pdf = renderer.render(described("Notiz: 在仓库 3 end, Привет world, Ελλάδα; 5 Ω")).pdf
    spoken = [(code, squeezed(text)) for code, text in passages(pdf)]
    start = next(place for place, (_, text) in enumerate(spoken) if text.endswith("Notiz:"))
    expected = [("zh", "在仓库3"), ("en", "end,"), ("ru", "Привет"), ("en", "world,"), ("el", "Ελλάδα;5Ω")]
    assert spoken[start + 1 : start + 6] == expected


@pytest.mark.parametrize("text", ["Valve 5 Ω, 10 μm, Δt = 3 s", "Tschüß, Łódź, œuvre", "3 😀 §"])
def test_signs_tell_no_language(renderer: Renderer, text: str) -> None:
    """A Greek letter in a formula, Latin letters with marks, and signs are spoken as the report is."""
    assert {code for code, _ in passages(renderer.render(described(text)).pdf)} == {"en"}


def test_too_many_passages_cost_no_report(renderer: Renderer) -> None:
    """A text that changes its script thousands of times stays in the language of the report; the others do not."""
    details = project(description="Gate Ворота " * 3_000, comments=[comment("Сумка")], calls=[], sequences=[])
    pdf = renderer.render(document(project=details)).pdf
    assert languages_of(pdf, "Gate Ворота Gate") == {"en"}
    assert languages_of(pdf, "Сумка") == {"ru"}


def test_each_text_has_a_language_of_its_own() -> None:
    """Only kana of the same text make ideographs Japanese, and letters of Urdu tell nothing about other texts."""
    texts = ("在仓库入口处", "倉庫の入口", SENTENCES["arabic"], SENTENCES["urdu"])
    marked = [mark_passages(text)[1:3] for text in texts]
    assert marked == ["zh", "ja", "ar", "ur"]


def test_the_report_keeps_its_language(renderer: Renderer) -> None:
    """Even if the first text of the file is in another one, readers and archives take the report for what it is."""
    reader = PdfReader(io.BytesIO(renderer.render(document("fr", title="بلدية نوفيل")).pdf))
    root: Any = reader.root_object
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert root["/Lang"] == "fr"
    assert metadata.dc_language == ["fr"]


def test_every_text_of_a_report_has_its_language(renderer: Renderer) -> None:
    """Titles, labels, names, comments, calls and sequences, in whatever cell they are."""
    spoken = passages(renderer.render(everywhere("Привет")).pdf)
    counts = Counter(code for code, text in spoken for _ in range(text.count("Привет")))
    assert counts["ru"] >= 15
    assert set(counts) == {"ru"}


def test_pages_before_the_reports_have_languages() -> None:
    """Title, types and descriptions of a bound file, also those that are cut at the end of their line."""
    long = "Привет мир и вам всем " * 9
    bound = Binder().bind(entry(1, long, type="Сумка"), left_out("deleted", 7, "Кража"), title="Город")
    assert languages_of(bound.pdf, "Город") == languages_of(bound.pdf, "Сумка") == {"ru"}
    assert languages_of(bound.pdf, "Кража") == languages_of(bound.pdf, "Привет мир и вам всем Привет") == {"ru"}
    assert languages_of(bound.pdf, "Contents") == {"en"}
    assert str(bound.reader().root_object["/Lang"]) == "en"
    assert bound.conformance == "PDF/A-3a"


def test_a_description_is_cut_beside_any_mark() -> None:
    """Wherever the line of a mixed description ends, the contents are typeset as they are."""
    bound = Binder().bind(*(entry(place, "x" * place + " Ворота Gate ворот at" * 5) for place in range(1, 25)))
    text = text_of(bound.pdf)
    assert "[U+" not in text
    assert text.count("…") == 24
    assert languages_of(bound.pdf, "Ворота") == {"ru"}


def test_summaries_have_languages() -> None:
    """The names of types and places, and the name of the organisation."""
    types = grouping(group("Кража", 80, 60, closed=70), group("Fire", 40, 50, closed=20))
    pdf = SummaryPrinter().print(summary(groupings=[types], organisation="Город")).pdf
    assert languages_of(pdf, "Кража") == languages_of(pdf, "Город") == {"ru"}
    assert languages_of(pdf, "Fire") == {"en"}
    assert str(PdfReader(io.BytesIO(pdf)).root_object["/Lang"]) == "en"
