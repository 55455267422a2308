"""What is shown while the demonstration plays: one line for each step, with the time it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.text import Text

from client.terminal.session import Session


class Stage:
    """Shows steps as they begin and end."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def scene(self, words: str, **values: object) -> None:
        """Begin a part of the play."""
        if not self.session.json:
            self.session.out.print()
            self.session.out.rule(self.session.say(words, **values), align="left")

    @contextmanager
    def step(self, words: str, **values: object) -> Iterator["Step"]:
        """Show what is being done, then a tick and the time it took; a cross if it failed."""
        step, begun = Step(), time.perf_counter()
        label = self.session.say(words, **values)
        live = self.session.out.is_terminal and not self.session.json
        try:
            with self.session.out.status(label) if live else nullcontext():
                yield step
        except BaseException:
            self._ended(Text("✗", style="bold red"), label, step, begun)
            raise
        self._ended(Text("✓", style="bold green"), label, step, begun)

    def _ended(self, mark: Text, label: str, step: "Step", begun: float) -> None:
        seconds = time.perf_counter() - begun
        rate = f"{step.count / seconds:,.0f}/s" if step.count > 1 else ""
        said = {"step": label, "seconds": round(seconds, 3), "done": mark.plain == "✓", "note": step.note}
        line = Text.assemble(mark, " ", f"{label:<64}", (f"{seconds:7.2f} s  {rate:>8}", "dim"), f"  {step.note}")
        self.session.show(said, line)


class Step:
    """What a step has to say when it ends: how many commands it sent, and a note."""

    def __init__(self) -> None:
        self.count = 0
        self.note = ""
