"""The site of the documents: it is built from the pages, and what is broken in them fails it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import incidents
from tests.checks.tree import ROOT, require_none

PARTS = ("docs", "deploy", "incidents", "contracts")
_TAG = re.compile(r"<[^>]+>")


def built(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder as `make docs` does."""
    line = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)]
    return subprocess.run(line, cwd=source, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once."""
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    """Every page of docs/ and those of the root have a page of the site; the home page is the README."""
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    names = [page.with_name("index.md") if page.name == "README.md" else page for page in pages]
    require_none(
        "It is not in the site.", [str(name) for name in names if not (site / name.with_suffix(".html")).is_file()]
    )
    assert (site / "asyncapi.yaml").read_bytes() == (ROOT / "docs/asyncapi.yaml").read_bytes()
    assert 'href="CONTRIBUTING.html"' in (site / "index.html").read_text()


def test_the_reference_has_what_the_client_exports(site: Path) -> None:
    """Each name that the client library exports is in the reference, with its docstring."""
    page = (site / "library.html").read_text()
    words = " ".join(_TAG.sub("", page).split())
    require_none(
        "Name it in docs/library.md.", [name for name in incidents.__all__ if f'id="incidents.{name}"' not in page]
    )
    assert "Send a command and return its event" in words


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    """A page of the site needs no other host: it can be read where there is no network."""
    loaded = re.compile(r"<(?:script|img)[^>]+src=\"(?:https?:)?//|<link[^>]+href=\"(?:https?:)?//")
    require_none(
        "It would be fetched.", [page.name for page in site.rglob("*.html") if loaded.search(page.read_text())]
    )


@pytest.mark.parametrize("link", ["(nowhere.md)", "(wire.md#nowhere)", "(../nowhere.md)", "(../CHANGELOG.md#nowhere)"])
def test_a_broken_link_fails_the_build(tmp_path: Path, link: str) -> None:
    """A link to a page or a heading that is not there is named, and there is no site."""
    source = tmp_path / "source"
    source.mkdir()
    for name in PARTS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*ROOT.glob("*.md"), ROOT / "mkdocs.yml", ROOT / "LICENSE"):
        shutil.copy(path, source)
    page = source / "docs/examples.md"
    page.write_text(f"{page.read_text()}\n[broken]{link}\n")
    done = built(source, tmp_path / "site")
    assert done.returncode == 1, done.stderr
    assert "nowhere" in done.stderr, done.stderr
