"""Empty paths in a typed line: Python reads one as the current directory, and nobody means that."""

import sys
from collections.abc import Callable
from typing import Any, Final

from incidents.terminal.input.line_errors import MistakeError
from incidents.terminal.text.language import choose_language
from incidents.terminal.text.words import say

_WORDS: Final = {
    "FILE": "{option} is empty: name a file. Perhaps a variable in the line has no value.",
    "DIR": "{option} is empty: name a directory. Perhaps a variable in the line has no value.",
    "FILE|DIR": "{option} is empty: name a file or a directory. Perhaps a variable in the line has no value.",
    "FILE|SHA256:…": (
        "{option} is empty: name the file of a key, or its fingerprint (SHA256:…). "
        "Perhaps a variable in the line has no value."
    ),
}
"""The sentences by what the help calls the value."""


def refuse_empty_paths(command: Any) -> None:
    """Let a command and all below it refuse an empty path, whichever option or argument it was typed for."""
    for parameter in command.params:
        words = _WORDS.get(parameter.metavar or "")
        if words or parameter.type_descriptor.is_path:
            vars(parameter)["process_value"] = _checked(parameter, words or _WORDS["FILE"])
    for each in getattr(command, "commands", {}).values():
        refuse_empty_paths(each)


def _checked(parameter: Any, words: str) -> Callable[[Any, Any], Any]:
    """Return what takes the value of a parameter as it was typed."""
    process = parameter.process_value

    def process_checked(context: Any, value: Any) -> Any:
        if not context.resilient_parsing and (value == "" or (isinstance(value, list | tuple) and "" in value)):
            options = [each for each in parameter.opts if each.startswith("--")]
            named = options[0] if options else parameter.display_name_raw
            raise MistakeError(say(choose_language(sys.argv[1:]), words, option=named))
        return process(context, value)

    return process_checked
