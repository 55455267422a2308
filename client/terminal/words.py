"""What the command line says itself; french.json holds the French, by the English words."""

import json
from functools import cache
from importlib import resources

from contracts.printable import on_one_line


def say(language: str, words: str, **values: object) -> str:
    """Say something in `en` or `fr`, with the values that its {names} stand for."""
    translated = _french().get(words, words) if language == "fr" else words
    told = {name: one if isinstance(one, int | float) else on_one_line(str(one)) for name, one in values.items()}
    return translated.format(**told) if told else translated


def count(language: str, number: int, one: str, many: str, **values: object) -> str:
    """Say how many there are: `one` for a single one, which in French none is, too; `{count}` stands for the number."""
    is_single = number in {0, 1} if language == "fr" else number == 1
    return say(language, one if is_single else many, count=number, **values)


@cache
def _french() -> dict[str, str]:
    text = resources.files("client.terminal").joinpath("french.json").read_text("utf-8")
    return {str(english): str(french) for english, french in json.loads(text).items()}
