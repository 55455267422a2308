"""What is shown of texts that command terminals or deceive readers."""

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.printable import is_invisible, on_one_line, printable, printable_json

DANGEROUS = [chr(number) for number in range(32) if chr(number) not in "\n\t"]
DANGEROUS += [chr(number) for number in range(127, 160)]
DANGEROUS += list(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200e\u200f\u200b\u2028\u2029\ufeff\xad"
)
DANGEROUS += [chr(number) for number in range(0xE0000, 0xE0080) if unicodedata.category(chr(number)) == "Cf"]
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize("letter", DANGEROUS, ids=lambda letter: f"U+{ord(letter):04X}")
def test_what_is_dangerous_is_shown_by_its_number(letter: str) -> None:
    """Every control, every override and isolate, every tag and every unseen character is seen, and none is dropped."""
    assert printable(f"a{letter}b") == f"a[U+{ord(letter):04X}]b"


def test_no_character_of_unicode_gets_through() -> None:
    """Of all characters, those that are controls, formats, separators of lines or lone surrogates are unseen."""
    through = {
        chr(number)
        for number in range(sys.maxunicode + 1)
        if unicodedata.category(chr(number)) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and printable(chr(number)) == chr(number)
    }
    assert through == {"\n", "\t", *"\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"}


@given(ANY_TEXT)
@example("pass\u200dword")
@example("\u202e\r\n")
def test_whatever_is_written_is_safe_and_stays_so(text: str) -> None:
    """Any text is safe after it was cleaned once, and cleaning it again changes nothing."""
    output = printable(text)
    assert not {character for character in output if is_invisible(character)} - {"\u200c", "\u200d"}
    assert printable(output) == output
    assert "\n" not in on_one_line(text)


@given(ANY_TEXT)
def test_json_says_the_same(text: str) -> None:
    """JSON with its unseen characters escaped is read as what was written."""
    output = printable_json({"text": text})
    assert json.loads(output) == {"text": text}
    assert not any(is_invisible(character) for character in output)


def test_texts_of_every_script_stay_as_they_are() -> None:
    """Joiners that a script or an emoji needs stay, and so do letters with marks; between plain letters none stays."""
    for text in ("Été, naïve, straße", "می‌خواهم", "क्‍ष", "שלום", "中文", "👨‍👩‍👧", "2\N{NO-BREAK SPACE}h"):
        assert printable(text) == text
    assert printable("pass\u200dword") == "pass[U+200D]word"
    assert on_one_line("one\r\ntwo\tthree") == "one↵two three"
