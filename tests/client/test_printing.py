"""The screen cleans whatever it is given, in whatever it stands, and takes nothing for markup."""

import io
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from contracts.printable import is_invisible
from incidents.terminal.printing import Screen, format_json, json_text
from incidents.terminal.tables import show
from incidents.terminal.tables.refusals import refusal_panel
from tests.client.hostile import HOSTILE, raw_characters

WIDTH = 80
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


def render(*renderables: RenderableType) -> str:
    """Print on a terminal of eighty columns, and return what was sent."""
    screen = Screen(width=WIDTH, file=io.StringIO())
    screen.print(*renderables, sep="\n")
    file = screen.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def places(text: str) -> list[RenderableType]:
    """Put a text wherever the command line puts one."""
    return [
        text,
        Text(text, style="bold"),
        Rule(text),
        Panel(Text(text), title=Text(text)),
        show.table("en", "Name", "Number", rows=[(text, Text(text)), (1, text)], title=text),
        show.one_line(text),
        show.paragraph(text),
        refusal_panel({"code": text, "message": text, "details": {"fields": [{"field": text, "reason": text}]}}),
        json_text({text: text}),
    ]


@settings(max_examples=20, deadline=None)
@given(ANY_TEXT)
def test_whatever_is_printed_is_clean_and_fits(text: str) -> None:
    """No text sends an unseen character from any place, and no line is wider than the terminal."""
    for place in places(text):
        output = render(place)
        assert not {character for character in output if is_invisible(character)} - {"\u200c", "\u200d"}
        assert all(Text(line).cell_len <= WIDTH for line in output.split("\n"))


def test_nothing_is_taken_for_markup() -> None:
    """What looks like a style, a link or an emoji's name is printed as it was written."""
    text = "[red]a[/red] [link=http://x]b[/link] :smile: [/]"
    for place in places(text):
        assert "[red]a[/red]" in render(place)
        assert ":smile:" in render(place)
    assert raw_characters(render(*places(HOSTILE))) == set()


def test_a_cell_shows_where_a_line_ended_and_a_paragraph_ends_it() -> None:
    """A text of two lines stays on one in a table, with a sign between them, and on two in a paragraph."""
    assert "one↵two" in render(show.table("en", "Name", rows=[("one\r\ntwo",)]))
    assert render(show.paragraph("one\r\ntwo")) == "one\ntwo\n"


@given(st.dictionaries(st.text(max_size=5), ANY_TEXT | st.integers() | st.none(), max_size=4))
def test_json_stays_what_it_is(document: dict[str, Any]) -> None:
    """One line of ASCII controls' escapes and of nothing that a terminal acts on."""
    text = format_json(document)
    assert "\n" not in text
    assert not any(is_invisible(character) for character in text)
