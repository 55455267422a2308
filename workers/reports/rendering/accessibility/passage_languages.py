"""The languages of passages in other scripts than that of the report, so that a voice can read them (PDF/UA-1).

A script tells a language or a few, which some letters tell apart. A neighbour's voice reads a passage better than one
that does not know its letters. Scripts without such a language, and Latin letters, stay in the language of the report.
"""

import re
from collections.abc import Mapping

LANGUAGE = "\x1d"
"""The start of a passage in a language; its code follows. Users cannot write it: control characters are spelled out."""

CODE_END = "\x1c"
"""The end of the code, which is empty for the language of the report."""

_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
# Each script with the language that most people write in it.
_SCRIPTS: Mapping[str, tuple[str, str]] = {
    "hebr": ("he", "\u0591-\u05f4\ufb1d-\ufb4f"),
    "arab": ("ar", "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc"),
    "syrc": ("syr", "\u0700-\u074f\u0860-\u086f"),
    "thaa": ("dv", "\u0780-\u07bf"),
    "nkoo": ("nqo", "\u07c0-\u07ff"),
    "cyrl": ("ru", "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"),
    "armn": ("hy", "\u0531-\u058f\ufb13-\ufb17"),
    "geor": ("ka", "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f"),
    "kana": ("ja", "\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f"),
    "hang": ("ko", "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"),
    "hani": (
        "zh",
        "\u2e80-\u2fdf\u3005-\u3007\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    ),
    "thai": ("th", "\u0e01-\u0e5b"),
    "laoo": ("lo", "\u0e81-\u0eff"),
    "khmr": ("km", "\u1780-\u17ff\u19e0-\u19ff"),
    "mymr": ("my", "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"),
    "tibt": ("bo", "\u0f00-\u0fff"),
    "deva": ("hi", "\u0900-\u0963\u0966-\u097f\ua8e0-\ua8ff"),
    "beng": ("bn", "\u0980-\u09ff"),
    "guru": ("pa", "\u0a00-\u0a7f"),
    "gujr": ("gu", "\u0a80-\u0aff"),
    "orya": ("or", "\u0b00-\u0b7f"),
    "taml": ("ta", "\u0b80-\u0bff"),
    "telu": ("te", "\u0c00-\u0c7f"),
    "knda": ("kn", "\u0c80-\u0cff"),
    "mlym": ("ml", "\u0d00-\u0d7f"),
    "sinh": ("si", "\u0d80-\u0dff"),
    "ethi": ("am", "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f"),
    "mong": ("mn", "\u1800-\u18af"),
    "cher": ("chr", "\u13a0-\u13ff\uab70-\uabbf"),
}
# Letters that one language of a script has and its usual language has not. The first row that applies decides.
_TELLING = tuple(
    (script, language, re.compile(f"[{letters}]"))
    for script, language, letters in (
        ("hani", "ja", _SCRIPTS["kana"][1]),
        ("hani", "ko", _SCRIPTS["hang"][1]),
        ("hebr", "yi", "\u05f0-\u05f2\ufb1f"),
        ("arab", "ur", "\u0679\u0688\u0691\u06ba\u06c1\u06d2"),
        ("arab", "ps", "\u067c\u0689\u0693\u0696\u069a\u06bc"),
        ("arab", "ckb", "\u0695\u06b5\u06ce"),
        ("arab", "ug", "\u06c7\u06c8\u06cb"),
        ("arab", "fa", "\u067e\u0686\u0698\u06a9\u06af\u06cc"),
        ("cyrl", "uk", "\u0404\u0407\u0454\u0457\u0490\u0491"),
        ("cyrl", "be", "\u040e\u045e"),
        ("cyrl", "mk", "\u0403\u0405\u040c\u0453\u0455\u045c"),
        ("cyrl", "sr", "\u0402\u0408-\u040b\u040f\u0452\u0458-\u045b\u045f"),
        ("cyrl", "kk", "\u04b0\u04b1"),
        ("deva", "mr", "\u0933"),
        ("beng", "as", "\u09f0\u09f1"),
    )
)
_USUAL = {"grek": "el", **{script: language for script, (language, _) in _SCRIPTS.items()}}
_ALL = _GREEK + "".join(letters for _, letters in _SCRIPTS.values())
_OTHER = re.compile(f"[{_ALL}]")
_WORDS = re.compile(
    "|".join(
        (
            r"\[U\+[0-9A-F]{4,6}\]",  # a character that is spelled out
            # A Greek letter alone is a symbol, unless a word follows.
            rf"(?P<grek>(?:[{_GREEK}] )?[{_GREEK}][{_GREEK}\u0300-\u036f]+)",
            *(f"(?P<{script}>[{letters}]+)" for script, (_, letters) in _SCRIPTS.items()),
            rf"[^\W\d_{_ALL}]+",
        )
    )
)

_MARK = re.compile(f"{LANGUAGE}[a-z]*{CODE_END}")


def has_passages(text: str) -> bool:
    """Tell whether a text has letters of a script that tells a language."""
    return _OTHER.search(text) is not None


def mark_passages(text: str) -> str:
    """Mark the start of each passage in another language; what is no letter belongs to the passage before it."""
    if not has_passages(text):
        return text
    by_letters = {script: language for script, language, letters in reversed(_TELLING) if letters.search(text)}
    languages = {**_USUAL, **by_letters}
    return "\n".join(_mark_line(line, languages) for line in text.split("\n"))


def _mark_line(line: str, languages: Mapping[str, str]) -> str:
    current = ""

    def mark(word: re.Match[str]) -> str:
        nonlocal current
        language = languages[word.lastgroup] if word.lastgroup else ""
        if language == current:
            return word[0]
        current = language
        return f"{LANGUAGE}{language}{CODE_END}{word[0]}"

    return _WORDS.sub(mark, line)


def without_passages(text: str) -> str:
    """Return a text without the marks of passages."""
    return _MARK.sub("", text)
