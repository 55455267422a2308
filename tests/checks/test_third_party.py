"""Third-party terms: the file that is shipped names what is installed, as it is installed."""

from importlib.metadata import distribution

import pytest

from deploy import third_party
from tests.checks.test_dependencies import locked


def test_every_runtime_dependency_is_named() -> None:
    """Whatever is locked for running is in the file, with its version (DOC-01)."""
    table = third_party.PAGE.read_text(encoding="utf-8").partition("\nInside these")[0]
    lines = dict(line.split()[:2] for line in table.splitlines() if "://" in line)
    windows_alone = {"colorama"}
    assert lines == {name: version for name, version in locked("runtime").items() if name not in windows_alone}


def test_the_file_is_fresh() -> None:
    """The file says what deploy/third_party.py would write now; run it after the lock has changed."""
    assert third_party.page() == third_party.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", third_party.locked())
def test_every_package_has_terms(name: str) -> None:
    """A package has a licence by name, and brings its text along."""
    package = distribution(name)
    assert third_party.licence(package)
    assert third_party.terms(package)
    assert third_party.project(package).startswith("https://")
