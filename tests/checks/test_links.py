"""What the pages point at is there: files, folders, other pages and their headings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if page.name != "requirements.md"
)
_TREES = "benchmarks|contracts|deploy|docs|examples|incidents|requirements|tests|workers"
_PATH = re.compile(rf"`((?:{_TREES})/[\w./-]*)`")
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> Iterator[str]:
    """Yield the anchors of a page's headings, as forges make them."""
    for heading in re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_is_there(page: str) -> None:
    """A file or folder that a page names exists."""
    paths = {path.rstrip("/") for path in _PATH.findall((ROOT / page).read_text())}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """A link leads to a file of this repository, and to a heading that is in it."""
    broken = []
    for path, anchor in _LINK.findall((ROOT / page).read_text()):
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}")
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    """A reader who begins with the README comes to each page by links."""
    reached, ahead = set(), ["README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        for path, _ in _LINK.findall((ROOT / page).read_text()):
            target = ((ROOT / page).parent / path).resolve()
            target = target / "README.md" if target.is_dir() else target
            name = target.relative_to(ROOT).as_posix()
            ahead += [name] if target.suffix == ".md" and target.is_file() and name not in reached else []
    assert sorted({*PAGES, "docs/requirements.md"} - reached) == []


def test_every_page_is_in_the_menu_of_the_site() -> None:
    """The site's menu names each page of docs/; the decisions have an index of their own."""
    menu = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").glob("*.md")}
    assert sorted(page for page in {*pages, "decisions/README.md"} if f": {page}\n" not in menu) == []
