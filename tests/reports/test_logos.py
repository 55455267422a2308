"""The logo at the head of reports and bound files, and the trial in which a logo is drawn first."""

import re
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from pypdfium2 import raw

from tests.reports.binding_samples import Binder, entry
from tests.reports.picture_samples import CMYK, JPEG, png
from tests.reports.readers import text_of
from tests.reports.rendering_samples import Renderer, document, read
from workers.reports.binding.conformance import conformance_of
from workers.reports.design.logo_trial import job, picture_of
from workers.reports.design.sample_reports import full_report
from workers.reports.rendering.render_input import Logo

ALT = "Coat of arms of Neuville"
LIMITS = {"side_min": 16, "side_max": 2_000}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """One printer for all tests."""
    return Renderer()


def logo_of(image: bytes, width: int = 300, height: int = 100) -> Logo:
    """Make a logo of a picture."""
    return Logo(image, width, height, ALT)


def boxes(pdf: bytes) -> list[list[tuple[float, float, float, float]]]:
    """Return the boxes of the pictures of each page."""
    pages = (page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]) for page in pypdfium2.PdfDocument(pdf))
    return [[picture.get_bounds() for picture in page] for page in pages]


@pytest.mark.parametrize(
    "logo", [(png(), 300, 100), (png(transparent=True), 300, 100), (JPEG, 32, 16)], ids=["png", "transparent", "jpeg"]
)
def test_a_logo_is_at_the_head_of_the_first_page(renderer: Renderer, logo: tuple[bytes, int, int]) -> None:
    """A report has its logo once, above the title and within the margins."""
    pictures = boxes(renderer.render(document(logo=logo_of(*logo))).pdf)
    assert [len(page) for page in pictures] == [1] + [0] * (len(pictures) - 1)
    left, bottom, right, top = pictures[0][0]
    assert round(left) == 62
    assert round(top - bottom) == 51
    assert round(right - left) == round(51 * logo[1] / logo[2])
    assert bottom > 650


def test_a_wide_logo_is_as_wide_as_it_may_be(renderer: Renderer) -> None:
    """A logo keeps the proportions of its sides, however they are."""
    [[(left, bottom, right, top)], *_] = boxes(renderer.render(document(logo=logo_of(png(1000, 40), 1000, 40))).pdf)
    assert round(right - left) == 227
    assert round(top - bottom) == 9


def test_a_logo_is_described(renderer: Renderer) -> None:
    """Readers who do not see the logo are told what it shows; the file still claims both standards."""
    reader = read(renderer.render(document(logo=logo_of(png()))))
    metadata: Any = reader.root_object["/Metadata"].get_object()
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata.get_data()
    elements: list[Any] = [reader.get_object(number) for number in range(1, len(reader.xref[0]) + 1)]
    assert ALT in [element.get("/Alt") for element in elements if hasattr(element, "get")]


def test_the_same_logo_gives_the_same_bytes(renderer: Renderer) -> None:
    """A logo changes nothing about a report being the same bytes for the same input."""
    first, second = (renderer.render(document(logo=logo_of(png()))).sha256 for _ in range(2))
    assert first == second != renderer.render(document()).sha256


def test_a_bound_file_has_a_logo_once() -> None:
    """The front page and every report show the logo, and its file is stored once for all of them."""
    image = png(400, 400, transparent=True)
    logo = Logo(image, 400, 400, ALT)
    bound = Binder(logo).bind(entry(1), entry(2), entry(3))
    assert conformance_of(bound.pdf) == "PDF/A-3a"
    assert sum(map(len, boxes(bound.pdf))) == 4
    assert len(boxes(bound.pdf)[0]) == 1
    assert len(re.findall(rb"/Subtype/Image", bound.pdf)) == 2, "the picture and its mask"


@pytest.mark.parametrize(
    "image, refused",
    [
        (b"GIF89a", "logo_not_picture"),
        (b"<svg/>", "logo_not_picture"),
        (b"\xff\xd8\xff", "logo_not_picture"),
        (b"\xff\xd8\xff\xe0\xff\xff", "logo_not_picture"),
        (png()[:20], "logo_not_picture"),
        (png(15, 100), "logo_size"),
        (png(100, 2_001), "logo_size"),
        (png()[:-40], "logo_not_drawn"),
        (JPEG[:-100], "logo_not_drawn"),
        (CMYK, "logo_not_drawn"),
        (png(), None),
        (JPEG, None),
    ],
    ids=map(str, range(12)),
)
def test_a_logo_is_tried(image: bytes, refused: str | None) -> None:
    """A picture that no report can have is refused with its reason, before any report has it."""
    assert job(LIMITS, [image]).facts.get("refused") == refused


def test_the_size_of_a_picture_is_read_from_its_head() -> None:
    """Nothing is decoded to find out that a picture is too large."""
    assert picture_of(png(17, 23)) == ("png", 17, 23)
    assert picture_of(JPEG) == ("jpeg", 32, 16)


@pytest.mark.parametrize("alt", ["x", "xy", "a>b<c", "(]TJ", "\\(", "\u05e9\u05dc\u05d5\u05dd", "Écusson 🏛"])
def test_what_a_logo_shows_is_no_text_of_the_page(renderer: Renderer, alt: str) -> None:
    """The text layer, which puts words from right to left in order, leaves the description of a logo alone."""
    report = full_report()
    with_logo = renderer.render(replace(report, logo=Logo(png(), 300, 100, alt)))
    assert set(text_of(with_logo.pdf).split()) == set(text_of(renderer.render(report).pdf).split())
