"""Configuration: every variable and every setting is on its page, and the page names no other."""

import re

from contracts.administration import ChangeSettings
from tests.checks.tree import ROOT, sources
from workers.common.process_settings import Settings

PAGE = (ROOT / "docs" / "configuration.md").read_text()
VARIABLE = re.compile(r"\bINCIDENTS_[A-Z_]+\b")


def rows(heading: str) -> dict[str, str]:
    """The first two cells of each row of the table below a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = ([cell.strip(" `") for cell in line.split("|")] for line in section.splitlines() if line.startswith("| `"))
    return {name: default for _, name, default, *_ in cells}


def test_every_field_of_the_settings_is_told() -> None:
    """A worker's variables are all on the page, and so are their defaults."""
    documented = rows("Variables of a worker")
    defaults = {f"INCIDENTS_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    shown = {
        name: "none" if default is None else f"{default:g}" if isinstance(default, float) else str(default)
        for name, default in defaults.items()
    }
    assert documented == shown


def test_no_variable_is_told_that_nobody_reads() -> None:
    """A variable on the page is read somewhere, and what is read is on the page."""
    read = {name for source in sources("incidents", "workers") for name in VARIABLE.findall(source.text)}
    read |= {f"INCIDENTS_{name.upper()}" for name in Settings.model_fields}
    assert set(VARIABLE.findall(PAGE)) == read


def test_every_setting_of_the_site_is_told() -> None:
    """What administrators can change while everything runs is on the page."""
    assert rows("Settings of the site").keys() == ChangeSettings.model_fields.keys()
