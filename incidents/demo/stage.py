"""The output of the demonstration: one line per step, with its duration."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from rich.rule import Rule
from rich.text import Text

from contracts.figures import quantity
from incidents.terminal.session import Session
from incidents.terminal.text.words import number

_DONE: Final = "✓"
_FAILED: Final = "✗"
_RULE_WIDTH_MAX: Final = 80
"""The most columns of a rule: a pipe or a file has no width of its own."""


class Stage:
    """Shows the steps as they begin and end."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def scene(self, words: str, **values: object) -> None:
        """Begin a scene."""
        if not self.session.json:
            self.session.out.print()
            out = self.session.out
            out.print(Rule(self.session.say(words, **values), align="left"), width=min(out.width, _RULE_WIDTH_MAX))

    @contextmanager
    def step(self, words: str, **values: object) -> Iterator["Step"]:
        """Show a step, then a tick and its duration, or a cross if it failed."""
        step, begun = Step(), time.perf_counter()
        label = self.session.say(words, **values)
        live = self.session.out.is_terminal and not self.session.json
        mark = Text(_FAILED, style="bold red")
        try:
            with self.session.out.status(Text(label)) if live else nullcontext():
                yield step
            mark = Text(_DONE, style="bold green")
        finally:
            self._ended(mark, label, step, begun)

    def _ended(self, mark: Text, label: str, step: "Step", begun: float) -> None:
        seconds = time.perf_counter() - begun
        rate = f"{step.count / seconds:,.0f}/s" if step.count > 1 else ""
        document = {
            "step": label,
            "done": mark.plain == _DONE,
            "seconds": round(seconds, 3),
            "commands": step.count,
            "note": step.note,
        }
        language = self.session.language
        took = (f"{quantity(number(f'{seconds:.2f}', language), 's', language):>8} {rate:>7}  ", "dim")
        self.session.show(document, Text.assemble(mark, took, label, (f"  {step.note}", "dim")))


class Step:
    """The result of a step: the number of its commands, and a note."""

    def __init__(self) -> None:
        self.count = 0
        self.note = ""
