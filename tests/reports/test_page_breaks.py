"""Where pages end, and what is at the same place on each of them."""

import pypdfium2
import pytest

from tests.reports.binding_samples import Binder, entry
from tests.reports.readers import outside, pages_of
from tests.reports.register_samples import RegisterPrinter, disclosure, register
from tests.reports.rendering_samples import Renderer, document
from tests.reports.summary_samples import SummaryPrinter, summary

LINE = "For the police only"


@pytest.fixture(scope="module")
def registers() -> RegisterPrinter:
    """Keep one printer for all tests of this file, as a child process does."""
    return RegisterPrinter()


def page_with(pages: list[str], text: str) -> int:
    """Return the number of the only page that has a text."""
    [number] = [number for number, page in enumerate(pages) if text in page]
    return number


def test_a_row_of_a_register_is_on_one_page(registers: RegisterPrinter) -> None:
    """No page ends within an entry, so that nobody looks for the rest of it."""
    keys = [[f"age1{number:08}{key:04}" for key in range(number % 5)] for number in range(60)]
    entries = [disclosure(number, age_keys=keys[number]) for number in range(60)]
    pages = pages_of(registers.print(register(0, entries=entries)).pdf)
    assert len(pages) > 4
    for number, listed in enumerate(keys):
        for key in listed:
            assert page_with(pages, f"Reference: PV {number}\n") == page_with(pages, f"{key[:12]}…{key[-4:]}")


def test_an_entry_of_more_than_a_page_is_printed(registers: RegisterPrinter) -> None:
    """An entry whose texts are as long as they may be has several pages, and nothing of it is outside of them."""
    longest = disclosure(
        1, recipient="W" * 200, reference="W" * 200, legal_basis="W " * 500, age_keys=["age1" * 15] * 20
    )
    pdf = registers.print(register(0, entries=[longest] * 3)).pdf
    assert sum(page.count("age1age1age1…age1") for page in pages_of(pdf)) == 3 * 20
    assert "Legal basis" in "".join(pages_of(pdf))


@pytest.mark.parametrize("count", range(1, 24))
def test_the_end_of_a_register_is_not_alone(registers: RegisterPrinter, count: int) -> None:
    """What a register says about itself is on the page of its end."""
    pages = pages_of(registers.print(register(count)).pdf)
    assert page_with(pages, "About this register") == page_with(pages, "End of the register") == len(pages) - 1


@pytest.mark.parametrize("words", [0, 40, 80, 120, 160])
def test_the_days_of_a_summary_are_on_one_page(words: int) -> None:
    """Two columns of days are read one after the other: the second one does not begin before the first one ends."""
    pages = [
        page.replace("\u00a0", " ") for page in pages_of(SummaryPrinter().print(summary(title="Ville " * words)).pdf)
    ]
    assert len({page_with(pages, day) for day in ("Thu 1 Oct", "Fri 16 Oct", "Sat 17 Oct", "Sat 31 Oct")}) == 1


def test_the_line_of_the_organisation_is_at_the_same_height() -> None:
    """On the first page as on the others, in every document."""
    files = (
        Renderer().render(document(confidentiality=LINE)).pdf,
        Binder().bind(entry(1), confidentiality=LINE).pdf,
        SummaryPrinter().print(summary(), confidentiality=LINE).pdf,
        RegisterPrinter().print(register(20), confidentiality=LINE).pdf,
    )
    for pdf in files:
        heights = [_height(page) for page in pypdfium2.PdfDocument(pdf)]
        assert len(set(heights[:2])) == 1, heights
        assert None not in heights[:2]
    assert not outside(files[0])


def _height(page: pypdfium2.PdfPage) -> float | None:
    """Return how far the line of the organisation is from the upper end of its page."""
    text = page.get_textpage()
    place = text.search(LINE).get_next()
    return round(page.get_height() - text.get_charbox(place[0])[1], 1) if place else None
