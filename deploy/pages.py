"""A hook of mkdocs that makes a site from the documents of the repository.

The README becomes the home page, and the other pages of the root are added. A link to a file that the site lacks,
such as a test, becomes its text. A broken link stays unchanged and fails the build.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
HOME = "README.md"
ROOT_PAGES = (HOME, "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<path>[^):#\s]+)(?P<anchor>#[^)\s]+)?\)")


def anchor_of(heading: str, separator: str) -> str:
    """Return the anchor of a heading, as repository hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", separator)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give headings the anchors that links in the repository use."""
    config.mdx_configs["toc"] = {**config.mdx_configs.get("toc", {}), "slugify": anchor_of}
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages of the root."""
    for name in ROOT_PAGES:
        files.append(File.generated(config, _site_path(name), abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_: Any) -> str:
    """Turn the links of a page into those of the site."""
    folder = ROOT if page.file.abs_src_path == str(ROOT / Path(page.file.src_uri).name) else ROOT / "docs"
    source = ROOT / HOME if page.file.src_uri == "index.md" else folder / page.file.src_uri

    def turned(link: re.Match[str]) -> str:
        target = (source.parent / link["path"]).resolve()
        if (target / HOME).is_file() and target != ROOT:
            target /= HOME
        if not target.exists():
            return link[0]
        path = _site_path(target.relative_to(ROOT).as_posix())
        if files.get_file_from_path(path) is None:
            return link["text"]
        relative = posixpath.relpath(path, posixpath.dirname(page.file.src_uri) or ".")
        return f"[{link['text']}]({relative}{link['anchor'] or ''})"

    return _LINK.sub(turned, markdown)


def _site_path(path: str) -> str:
    """Return the path of a repository file in the site."""
    return {HOME: "index.md", "LICENSE": "LICENSE.txt"}.get(path, path.removeprefix("docs/"))
