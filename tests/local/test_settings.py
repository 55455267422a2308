"""Settings of workers: whatever a variable holds, it is taken, or refused in one sentence before anything starts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from tests.checks.tree import ROOT
from tests.client.command_line import incidents
from workers.common.process_settings import Settings, bounds_of, unknown_variables, variable_of
from workers.local.cli_environment import read_settings

NOT_NUMBERS = ("", " ", "many", "nan", "inf", "-inf", "1e999", "9" * 4_000, "-1", "0x10", "1,5", "٣٣٣٣٣٣٣٣٣٣٣٣٣")
URLS = ("", " ", "http://h/x", "postgresql://h:port/x", "nats://", "postgresql+psycopg://h/x", "nats://h:99999")
BAD_TEXTS = {"site": ("", "A B", "x" * 33, "é", "*"), "health_host": ("",)}


def bad_values(field: str) -> Iterator[str]:
    """Yield values that a setting must refuse, by its kind."""
    if bounds := bounds_of(field):
        least, most = bounds
        yield from (*NOT_NUMBERS, f"{least - 1:.12g}", f"{most + 1:.12g}")
    elif field == "timestamp_url":
        yield from ("", "x", "ftp://localhost", "https://", "http://localhost:x")
    elif field.endswith("_url"):
        yield from URLS
    else:
        yield from BAD_TEXTS.get(field, ("",))


def test_every_number_has_its_bounds() -> None:
    """A setting that is a number has a smallest and a largest value, with its default between them."""
    numbers = {name: field for name, field in Settings.model_fields.items() if field.annotation in {int, float}}
    assert len(numbers) >= 17
    for name, field in numbers.items():
        bounds = bounds_of(name)
        assert bounds is not None, f"{name} needs Field(…, ge=, le=)"
        assert bounds[0] <= field.default <= bounds[1]


@pytest.mark.parametrize("field", Settings.model_fields)
def test_a_bad_value_is_refused_in_a_sentence(
    field: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the variable, the value, what is allowed and the way out; the status is that of mistakes."""
    variable, bounds = variable_of(field), bounds_of(field)
    for value in bad_values(field):
        monkeypatch.setenv(variable, value)
        with pytest.raises(typer.Exit) as ended:
            read_settings()
        output = capsys.readouterr().err
        assert ended.value.exit_code == 2
        assert re.fullmatch(rf"{variable} is .*: .*\.\n", output), output
        if value.strip() and not field.endswith("_url"):
            assert f"is {value.strip()[:40]}" in output
        if bounds and value:
            assert f"from {bounds[0]:.12g} to {bounds[1]:.12g}, or remove it" in output


def test_bounds_are_taken() -> None:
    """The smallest and the largest value of each number are allowed."""
    for at in (0, 1):
        variables = {name: f"{bounds[at]:.12g}" for name in Settings.model_fields if (bounds := bounds_of(name))}
        assert Settings(**variables).model_fields_set == set(variables)  # type: ignore[arg-type] # as text, as in an environment


async def test_a_secret_in_an_address_is_not_shown() -> None:
    """An invalid address is refused without its value, which may hold a password."""
    variables = {"INCIDENTS_DATABASE_URL": "postgres://im:hunter2@db/x", "INCIDENTS_NATS_URL": "http://im:hunter2@bus"}
    ended = await incidents("migrate", environment=variables)
    assert ended.status == 2
    assert len(ended.err.splitlines()) == 2
    assert "hunter2" not in ended.err


@pytest.mark.parametrize("line", ["worker projects", "migrate", "provision", "up --data d", "backup -o x --data d"])
async def test_every_command_of_the_server_looks_first(line: str, tmp_path: Path) -> None:
    """What reads the variables refuses all wrong ones at once, before it starts or connects to anything."""
    variables = {"INCIDENTS_FECTH": "5", "INCIDENTS_FETCH": "0", "INCIDENTS_DATABASE_URL": "postgresql://h/x"}
    ended = await incidents(*line.split(), folder=tmp_path, environment=variables)
    assert ended.status == 2
    assert ended.err.splitlines() == [
        "INCIDENTS_FECTH is not known: did you mean INCIDENTS_FETCH? Rename it, or remove it.",
        "INCIDENTS_FETCH is 0: use a whole number from 1 to 5000, or remove it to take 500.",
    ]
    assert list(tmp_path.iterdir()) == []


async def test_bad_values_are_refused_in_french() -> None:
    """The sentences are said in the reader's language."""
    variables = {"INCIDENTS_LOCK_SECONDS": "0", "INCIDENTS_SITE": "", "INCIDENTS_QUITE_NEW": "1"}
    ended = await incidents("migrate", "--lang", "fr", environment=variables)
    assert ended.err.replace("\u00a0", " ").splitlines() == [
        (
            "INCIDENTS_QUITE_NEW est inconnue : corrigez le nom de cette variable, ou supprimez-la. "
            "docs/configuration.md les énumère toutes."
        ),
        "INCIDENTS_SITE est vide : donnez une valeur à cette variable, ou supprimez-la.",
        (
            "INCIDENTS_LOCK_SECONDS vaut 0 : écrivez un nombre de 0.01 à 60, ou supprimez cette variable pour revenir "
            "à la valeur par défaut (2)."
        ),
    ]


def test_variables_of_others_are_no_mistakes() -> None:
    """Nobody minds what the command line, docker compose or Kubernetes sets beside a worker."""
    files = (ROOT / "docker-compose.yml", ROOT / "docker-compose.tls.yml", ROOT / "docs" / "configuration.md")
    names = {name for file in files for name in re.findall(r"\bINCIDENTS_[A-Z_]+\b", file.read_text())}
    assert unknown_variables(dict.fromkeys(names, "x")) == []
    linked = {
        "INCIDENTS_SERVICE_HOST": "10.0.0.9",
        "INCIDENTS_BUS_SERVICE_PORT_CLIENTS": "4222",
        "INCIDENTS_PORT": "tcp://10.0.0.9:4222",
        "INCIDENTS_PORT_4222_TCP_ADDR": "10.0.0.9",
    }
    assert unknown_variables(linked) == []
    assert unknown_variables({"INCIDENTS_HEALT_PORT": "80", "INCIDENTS_URL": "x"}) == [
        "INCIDENTS_HEALT_PORT",
        "INCIDENTS_URL",
    ]
