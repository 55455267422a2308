import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.values import Language
from tests.reports.readers import pages_of
from tests.reports.rendering_samples import (
    AUTHOR,
    EDITOR,
    SEQUENCE,
    Renderer,
    comment,
    described,
    document,
    project,
    read,
    squeezed,
    words,
)

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """Keep one renderer for all tests of this file, as a worker does."""
    return Renderer()


def leaves(held: Any, visited: set[int]) -> Iterator[str]:
    """Every text, name and stream in a PDF, decompressed."""
    held = held.get_object() if hasattr(held, "get_object") else held
    if id(held) in visited:
        return
    visited.add(id(held))
    if hasattr(held, "get_data"):
        yield held.get_data().decode("latin-1")
    if isinstance(held, dict):
        for name, value in held.items():
            yield str(name)
            yield from leaves(value, visited)
    elif isinstance(held, list):
        for value in held:
            yield from leaves(value, visited)
    else:
        yield str(held)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_report_says_all_that_the_project_says(renderer: Renderer, language: Language) -> None:
    """Every text of a project is in its report, under the report's own words in the language asked for."""
    rendered = [line for page in pages_of(renderer.render(document(language)).pdf) for line in page.splitlines()]
    expected = (GOLDEN / f"report.{language}.txt").read_text(encoding="utf-8").splitlines()
    assert expected == [line.strip() for line in rendered]


@pytest.mark.parametrize("language, label", [("en", "Reference"), ("fr", "Référence")])
def test_another_systems_number_is_in_the_report(renderer: Renderer, language: Language, label: str) -> None:
    """A project that has a number in another system says it among its main details."""
    text = words(renderer.render(document(language, project=project(reference="INC0000060"))))
    assert f"{label} INC0000060" in " ".join(text.split())


@pytest.mark.parametrize("language, subtitle", [("en", "Incident report"), ("fr", "Rapport d'incident")])
@pytest.mark.parametrize("title", ["", "Ville de Neuville"])
def test_the_subtitle_is_always_there(renderer: Renderer, language: Language, subtitle: str, title: str) -> None:
    """The subtitle is below the administrator's title, and alone where there is none (REP-02)."""
    assert words(renderer.render(document(language, title=title))).startswith(f"{title} {subtitle}".strip())


def test_hidden_names_are_nowhere(renderer: Renderer) -> None:
    """Unless they are asked for, no user name is in the file: no page, metadata or stream has one."""
    rendered = renderer.render(document(show_user_names=False))
    root = read(rendered).trailer
    everything = [words(rendered), rendered.pdf.decode("latin-1"), *leaves(root, set())]
    assert not [text for text in everything for name in (AUTHOR, EDITOR) if name in text]
    assert "User names are hidden in this report." in words(rendered)


def test_shown_names_are_with_what_they_did(renderer: Renderer) -> None:
    """When names are asked for, each deed names who did it."""
    text = words(renderer.render(document(show_user_names=True)))
    assert f"10/02/2022 09:33:33 +01:00 by {AUTHOR} (edited 10/02/2022 10:33:33 +01:00 by {EDITOR})" in text
    assert f"added 10/02/2022 09:33:33 +01:00 by {EDITOR}" in text
    assert "hidden" not in text


@pytest.mark.parametrize(
    "language, phrase",
    [
        (
            "en",
            "The report was generated but does not include all information. Not included: Comments, Calls.",
        ),
        (
            "fr",
            (
                "Le rapport a été généré mais il n'inclut pas toutes les informations. "
                "Non inclus : Commentaires, Appels."
            ),
        ),
    ],
)
def test_what_is_missing_is_said(renderer: Renderer, language: Language, phrase: str) -> None:
    """An incomplete report says so on its first page and names what it lacks."""
    lacking = project(comments=None, calls=None)
    rendered = renderer.render(document(language, project=lacking, missing=("comments", "calls")))
    assert phrase in " ".join(pages_of(rendered.pdf)[0].split())


def test_a_complete_report_has_no_notice(renderer: Renderer) -> None:
    """A report that lacks nothing does not say otherwise, and its empty sections say that they are empty."""
    text = words(renderer.render(described("")))
    assert "does not include" not in text
    assert all(f"No {part}." in text for part in ("description", "category", "comment", "call", "sequence"))


def test_what_the_reader_may_not_see_is_said(renderer: Renderer) -> None:
    """A withheld section is not called empty."""
    text = words(renderer.render(document(project=project(comments=None, withheld=["comments"]))))
    assert "Comments This section is not available to the person who generated the report." in text


def test_the_zone_is_named_on_each_page_and_known(renderer: Renderer) -> None:
    """Times are those of the site's zone, named on each page; a zone that nobody knows becomes UTC, named too."""
    paris = pages_of(renderer.render(document()).pdf)
    nowhere = words(renderer.render(document(timezone="Nowhere/Else")))
    assert len(paris) == len([page for page in paris if "Time zone: Europe/Paris" in page]) == 2
    assert "time zone UTC," in nowhere
    assert "Start 10/02/2022 08:33:33 +00:00" in nowhere


def test_each_time_has_its_offset(renderer: Renderer) -> None:
    """Every time has its offset from UTC, also of the hour that the clocks show twice."""
    twice = project(
        start_time=datetime(2022, 10, 30, 0, 30, tzinfo=UTC), end_time=datetime(2022, 10, 30, 1, 30, tzinfo=UTC)
    )
    text = words(renderer.render(document(project=twice)))
    assert "Start 30/10/2022 02:30:00 +02:00" in text
    assert "End 30/10/2022 02:30:00 +01:00" in text
    times = re.findall(r"\d\d:\d\d:\d\d.{7}", text)
    assert [time for time in times if not re.fullmatch(r".{8} [+-]\d\d:\d\d", time)] == []


def test_the_file_is_made_for_archives(renderer: Renderer) -> None:
    """A report is PDF/A-3a: tagged, in a named language, with title, output intent and all fonts inside."""
    reader = read(renderer.render(document("fr")))
    root: Any = reader.root_object
    fonts: Any = reader.pages[0]["/Resources"]
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfaid:part>3<.*pdfaid:conformance>A<", xmp, re.DOTALL)
    assert root["/MarkInfo"]["/Marked"]
    assert root["/OutputIntents"]
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title == "Rapport d'incident – Incident n°\u00a01042 – Ville de Neuville"
    assert reader.metadata.author is None
    for font in fonts["/Font"].values():
        inner = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert inner.keys() & {"/FontFile2", "/FontFile3"}


def test_the_same_document_gives_the_same_bytes(renderer: Renderer) -> None:
    """A report depends on its document alone: not on the process, or what was rendered before."""
    first = renderer.render(document())
    renderer.render(described("\u4e2d\u0301 \u05e9\u064b"))
    assert [first] * 2 == [renderer.render(document()), Renderer().render(document())]


@pytest.mark.parametrize("paragraphs", [1, 40, 400])
def test_pages_are_counted(renderer: Renderer, paragraphs: int) -> None:
    """The number of pages is the file's own, and every page says which of how many it is."""
    rendered = renderer.render(document(project=project(comments=[comment("Ronde.")] * paragraphs)))
    texts = [squeezed(page) for page in pages_of(rendered.pdf)]
    assert rendered.pages == len(texts)
    assert all(f"Page{number}/{len(texts)}" in text for number, text in enumerate(texts, start=1))


def test_a_long_table_repeats_its_head(renderer: Renderer) -> None:
    """Every page that a table of sequences runs over names its columns."""
    many = project(sequences=[SEQUENCE] * 60, comments=[], calls=[])
    texts = pages_of(renderer.render(document(project=many)).pdf)
    assert len([text for text in texts if "Salle de stockage" in text]) >= 3
    assert all(
        "Camera Start End Duration Recording" in " ".join(text.split()) for text in texts if "Salle de stockage" in text
    )
