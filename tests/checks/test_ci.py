"""CI: what it runs is what everybody runs, and what it finds it says."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.checks.tree import ROOT


@pytest.mark.parametrize("status", [0, 2])
def test_ci_is_make_test(tmp_path: Path, status: int) -> None:
    """CI runs `make test` in the root, from wherever it is called, and ends with its status."""
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "$PWD: make $*"\nexit {status}\n')
    make.chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert done.stdout == f"{ROOT}: make test\n"
