"""What the pages say can be typed: every command, option, target, service and module of every page exists."""

import importlib.util
import re
import shlex
from itertools import pairwise

import pytest

from tests.checks.test_deploy import services
from tests.checks.tree import ROOT, require_none
from tests.checks.typed_lines import lines, unknown

OURS = sorted({(page, line) for page, line in lines() if line.startswith("incidents ")})
OTHERS = sorted({(page, line) for page, line in lines() if not line.startswith("incidents ")})
DRAWN = {"client", "cluster", "name:", "listen:", "routes:"}
"""First words of drawings and of configuration."""

RUN_ELSEWHERE = {
    "export": "tests/local/test_by_hand.py",
    "nats-server": "tests/local/test_by_hand.py",
    "umask": "tests/local/test_backup.py",
    "mkdir": "tests/local/test_by_hand.py",
    "tar": "tests/local/test_by_hand.py",
    "echo": "tests/checks/test_compose.py",
    "curl": "tests/local/test_pages_typed.py",
    ".": "tests/local/test_pages_typed.py",
    "install": "tests/checks/test_compose.py",
    "sudo": "tests/checks/test_compose.py",
    "for": "tests/checks/test_compose.py",
    **dict.fromkeys(("set", "head", "tail", "openssl"), "tests/evidence/test_pdf_page.py"),
    "sha256sum": "tests/evidence/test_bag.py",
    "ssh-keygen": "tests/evidence/test_bag.py",
    **dict.fromkeys(("age", "age-keygen"), "tests/evidence/test_encrypted_bags.py"),
}
"""Which test runs the lines of other programs."""


@pytest.mark.parametrize("page,line", OURS)
def test_every_line_can_be_typed(page: str, line: str) -> None:
    """The commands and options that a page shows exist."""
    assert unknown(line) == [], page


def test_every_other_line_is_proven() -> None:
    """What is no command of ours is checked by its names, or run by the test that is named."""
    require_none("Say how it is proven.", [f"{page}: {line}" for page, line in OTHERS if not _is_proven(line)])
    require_none("There is no such test.", [path for path in RUN_ELSEWHERE.values() if not (ROOT / path).is_file()])


def _is_proven(line: str) -> bool:
    words = shlex.split(line, comments=True)
    if words[0] in DRAWN or words[0] in RUN_ELSEWHERE:
        return True
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text()
        names = [word.partition("=")[0] for word in words[1:]]
        return all(f"$({name})" in makefile or re.search(rf"^{name}:", makefile, re.MULTILINE) for name in names)
    if words[0].endswith("python") and words[1] == "-m":
        return importlib.util.find_spec(words[2]) is not None
    return words[:2] == ["docker", "compose"] and _is_composed(words[2:])


def _is_composed(words: list[str]) -> bool:
    """Tell whether the services, profiles and files that a line of docker compose names are there."""
    known, profiles = services(), {name for service in services().values() for name in service.get("profiles", [])}
    while words and words[0].startswith("--"):
        option, value, *words = words
        if not (value in profiles if option == "--profile" else (ROOT / value).is_file()):
            return False
    verb, *rest = words
    scaled = [word.partition("=")[0] for before, word in pairwise(rest) if before == "--scale"]
    target = next((word for word in rest if not word.startswith("-") and "=" not in word), None)
    if verb in {"run", "exec"}:
        if target == "incidents" and unknown(shlex.join(rest[rest.index(target) :])):
            return False
        scaled.append(str(target))
    return verb in {"up", "run", "exec", "build", "down", "ps", "logs", "config"} and set(scaled) <= known.keys()
