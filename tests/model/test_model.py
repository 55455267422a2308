"""The product agrees with a model of it that was written from the published interface alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine
from tests.model.system import System, running_system

RUNS = int(os.environ.get("MODEL_RUNS", "12"))
STEPS = int(os.environ.get("MODEL_STEPS", "25"))
"""These are the same steps every time; with MODEL_RUNS set, every time brings other ones."""

PROFILE = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    derandomize="MODEL_RUNS" not in os.environ,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.fixture
def system(tmp_path: Path, databases: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A site with an administrator, an operator and a clerk; events do not wait for company, since every step waits.

    Every refusal leaves an event here: nobody is refused by the thousand.
    """
    monkeypatch.setattr("workers.runtime.commands.audit_flood_control.RECORDED_PER_MINUTE_MAX", 1_000_000)
    monkeypatch.setattr("workers.runtime.queries.refusal_log_limit.LOGGED_PER_MINUTE_MAX", 1_000_000)
    with running_system(tmp_path, databases) as opened:
        yield opened


@pytest.mark.timeout(400 + RUNS * STEPS)
def test_the_product_agrees_with_the_model(system: System) -> None:
    """Whatever several people do, one by one or at once, each outcome and each reading is the model's."""

    class Staged(Machine):
        """The machine, on this test's site."""

        def __init__(self) -> None:
            """Begin there."""
            super().__init__(system)

    run_state_machine_as_test(Staged, settings=PROFILE)
