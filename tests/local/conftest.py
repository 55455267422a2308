from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.support import Running, Up


@pytest.fixture
def up() -> Iterator[Up]:
    """Start `up` processes, and kill what the test leaves of them."""
    started: list[Running] = []

    def start(directory: Path, **environment: str) -> Running:
        started.append(Running(directory, environment))
        return started[-1]

    yield start
    for running in started:
        running.process.terminate()
        running.process.wait()
