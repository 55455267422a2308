"""Configuration: every variable and every setting is on its page, and the page names no other."""

import re

from contracts.administration import ChangeSettings
from tests.checks.tree import ROOT, sources
from workers.common.process_settings import Settings, bounds_of, variable_of

PAGE = (ROOT / "docs" / "configuration.md").read_text()
VARIABLE = re.compile(r"\bINCIDENTS_[A-Z_]+\b(?<!_)")


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of each row of the table below a heading, by the first one."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = ([cell.strip(" `") for cell in line.split("|")] for line in section.splitlines() if line.startswith("| `"))
    return {name: others for _, name, *others in cells}


def test_every_field_of_the_settings_is_told() -> None:
    """A worker's variables are all on the page, and so are their defaults."""
    defaults = {variable_of(name): field.default for name, field in Settings.model_fields.items()}
    shown = {name: "none" if default is None else plain(default) for name, default in defaults.items()}
    assert {name: default for name, (default, *_) in rows("Variables of a worker").items()} == shown


def test_the_bounds_of_every_number_are_told() -> None:
    """The page names the values that a worker accepts, and none that it refuses."""
    documented = {name: values for name, (_, values, *_) in rows("Variables of a worker").items()}
    for field in Settings.model_fields:
        if bounds := bounds_of(field):
            assert documented[variable_of(field)] == " to ".join(map(plain, bounds))


def plain(value: object) -> str:
    """Return a value as it is typed."""
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)


def test_no_variable_is_told_that_nobody_reads() -> None:
    """A variable on the page is read somewhere, and what is read is on the page."""
    read = {name for source in sources("incidents", "workers") for name in VARIABLE.findall(source.text)}
    read |= {variable_of(name) for name in Settings.model_fields}
    read |= {name for file in ROOT.glob("docker-compose*.yml") for name in VARIABLE.findall(file.read_text())}
    assert set(VARIABLE.findall(PAGE)) == read


def test_the_variables_of_the_containers_are_told() -> None:
    """What docker compose fills in is on the page, with the same default."""
    files = "".join(file.read_text() for file in ROOT.glob("docker-compose*.yml"))
    filled = dict(re.findall(r"\$\{(INCIDENTS_[A-Z_]+):(?:-([^}]*)|\?[^}]*)\}", files))
    assert {name: default for name, (default, *_) in rows("Variables of the containers").items()} == {
        name: default or "none" for name, default in filled.items()
    }


def test_every_setting_of_the_site_is_told() -> None:
    """What administrators can change while everything runs is on the page."""
    assert rows("Settings of the site").keys() == ChangeSettings.model_fields.keys() - {"confirm", "reason"}


def test_a_time_that_a_variable_sets_is_told_with_the_variable() -> None:
    """Nobody reads that letters lose their content after seven days on a site that has another setting."""
    paths = [
        *(page for page in (ROOT / "docs").glob("*.md")),
        *(ROOT / "incidents" / "cli").rglob("*.py"),
        ROOT / "incidents/locale/fr/LC_MESSAGES/incidents.po",
    ]
    paragraphs = [(path.name, text) for path in paths for text in re.split(r"\n\n|\n(?=[-|] )", path.read_text())]
    fixed = re.compile(r"\b(after|for|après|pendant)\s+(seven|7|sept)\s+(days|jours)\b")
    letters = re.compile(r"dead letter|in a letter|une lettre|lettres? mortes?", re.IGNORECASE)
    assert [each for each in paragraphs if letters.search(each[1]) and fixed.search(each[1])] == []
