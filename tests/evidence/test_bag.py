"""A package is a bag that explains itself: its files, its manifests, its signature, its page."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.evidence import bag
from contracts.evidence.documents import PackagedActivity, PackagedHistory, PackagedProject
from contracts.permissions import EVERYTHING, Grants, Level, Node
from contracts.printable import printable
from tests.evidence.sample import (
    COMMENT,
    LABEL,
    NASTY,
    NOON,
    PACKAGE,
    PASSWORD,
    SEQUENCE,
    export,
    files,
    package,
    project,
    unpacked,
)
from tests.evidence.second_reader import run_openssh, verifies
from workers.common.signing_key import SigningKey
from workers.projects.packages import readme
from workers.projects.packages.choice import Choice

KEY = SigningKey.generate("incident-manager-main")


TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "a", "bdi"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
"""What the pages of a package are made of."""


class Page(HTMLParser):
    """A page as a browser reads it: its tags, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def bag_of(**changed: Any) -> dict[str, bytes]:
    """Return the files of a package by their names."""
    return {str(name): data for name, data in files(export(**changed), KEY, encrypted=False).items()}


def test_a_package_is_a_bag() -> None:
    """The declaration, the payload, the manifests and the description are as RFC 8493 wants them."""
    bagged = bag_of()
    assert next(iter(bagged)) == "README.txt"
    assert bagged["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    payload = {name: data for name, data in bagged.items() if name.startswith("data/")}
    listed = bag.read_manifest(bagged["manifest-sha256.txt"].decode())
    assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in payload.items()}
    tags = bag.read_manifest(bagged["tagmanifest-sha256.txt"].decode())
    assert bagged.keys() - payload.keys() - tags.keys() == {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"}
    info = bag.read_info(bagged["bag-info.txt"].decode())
    assert info["Payload-Oxum"] == f"{sum(map(len, payload.values()))}.{len(payload)}"
    assert info["Source-Organization"] == "Harbour Security"
    assert info["Bagging-Date"] == "2026-03-01"
    purpose = (info["Recipient"], info["Reference"], info["Legal-Basis"])
    assert purpose == ("Police of the canton", "PV 4/2026", "Art. 265 CPP")


def differences(files: dict[str, bytes]) -> list[bag.Difference]:
    """Compare the files of a bag with its manifests."""
    return bag.differences(bag.digests(files), files)


def test_a_bag_differs_where_its_files_do() -> None:
    """Each file that is changed, missing or extra is named, whichever it is."""
    bagged = bag_of()
    assert differences(bagged) == []
    for name in bagged.keys() - {"tagmanifest-sha256.txt.sig"}:
        changes = differences({**bagged, name: bagged[name] + b" "})
        assert changes, name
        assert changes[0].name == name or name == "tagmanifest-sha256.txt"
        assert differences({each: data for each, data in bagged.items() if each != name}), name
    assert differences({**bagged, "data/x": b""}) == [bag.Difference("data/x", "extra")]


def test_the_signature_is_verified_by_others() -> None:
    """Another library verifies the signature of the tag manifest, which covers every byte of the package."""
    bagged = bag_of()
    line, signature = bagged["signing-key.pub"].decode(), bagged["tagmanifest-sha256.txt.sig"].decode()
    assert line == KEY.public_line
    assert verifies(line, signature, "incident-manager-package", bagged["tagmanifest-sha256.txt"])
    assert not verifies(line, signature, "incident-manager-package", bagged["manifest-sha256.txt"])


def test_the_lines_of_the_readme_work(tmp_path: Path) -> None:
    """The lines that README.txt gives for common tools are run as they are, as far as this machine has the tools."""
    bagged = unpacked(package(KEY))
    for name, data in bagged.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    lines = [line.strip() for line in bagged["README.txt"].decode().splitlines() if line.startswith("    ")]
    assert lines[0] == "incidents verify FILE.zip --key KEY"
    assert len(lines) == 5
    for line in lines[1:]:
        if shutil.which(line.split()[0]) and (run_openssh(tmp_path) or "ssh-keygen" not in line):
            subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "data" / "index.html").write_bytes(b"forged")
    if shutil.which("sha256sum"):
        assert subprocess.run(["/bin/sh", "-c", lines[1]], cwd=tmp_path, check=False, capture_output=True).returncode


@pytest.mark.parametrize("language, key", [("en", "--key KEY"), ("fr", "--key CLÉ")])
def test_a_command_in_the_readme_stays_on_its_line(language: str, key: str) -> None:
    """What is to be copied from a sentence is not broken, and French has its accents."""
    content = unpacked(package(KEY, language=language))["README.txt"].decode()
    commands = (key, "shasum -a 256", "Get-FileHash FI", "ssh-keygen -lf signing-key.pub")
    assert [command for command in commands if command not in content] == []
    assert "~" not in content


def test_documents_fit_their_contracts() -> None:
    """The documents parse as the contracts say, and the schema in the package describes its project."""
    bagged = bag_of()
    document = PackagedProject.model_validate_json(bagged["data/project.json"])
    fields = {field.field: (field.label, field.label_now, field.name, field.name_now) for field in document.fields}
    assert fields == {
        "type_id": (None, None, "Theft", "Robbery"),
        "status_id": (None, None, None, None),
        "category_1": ("Location", "Place", "Gate", "Robbery"),
        "text_1": ("Plate", None, None, None),
    }
    assert document.package.timezone == "Europe/Zurich"
    PackagedHistory.model_validate_json(bagged["data/history.json"])
    PackagedActivity.model_validate_json(bagged["data/activity.json"])
    schema = json.loads(bagged["data/project.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(bagged["data/project.json"]), schema)


def test_the_same_export_makes_the_same_bytes() -> None:
    """Without a password, the same input makes the same file, byte by byte."""
    assert package(KEY) == package(KEY)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_asks_for_nothing_and_runs_nothing(language: str) -> None:
    """The page has no script and no address, leads only to the report beside it, and its policy forbids the rest."""
    text = bag_of(language=language)["data/index.html"].decode()
    page = Page(text)
    assert {tag for tag, _ in page.tags} <= TAGS
    names = {name for _, attributes in page.tags for name in attributes}
    assert names <= {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "href"}
    targets = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert targets == ["report.pdf"]
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|https?:", text)


def test_the_page_shows_what_people_wrote() -> None:
    """Every text is on the page as a text, whatever it is made of; characters that nobody sees are shown."""
    text = Page(bag_of()["data/index.html"].decode()).text
    assert "</bdi><script>alert(1)</script>&amp;" in text
    assert "[U+202E]" in text
    assert "[U+001B]" in text
    assert text.count("'quoted' \"twice\" =1+1") == 3
    assert NASTY not in text
    assert "Theft (renamed since: Robbery)" in text
    assert "Location (renamed since: Place)Gate (renamed since: Robbery)" in text
    assert "2026-03-01 13:00:00 +01:00" in text


def test_the_page_speaks_french() -> None:
    """A package in French is French on both of its pages."""
    bagged = bag_of(language="fr")
    text = Page(bagged["data/index.html"].decode()).text
    assert [
        word for word in ("Projet d'incident 12", "Base juridique", "01/03/2026 13:00:00 +01:00") if word not in text
    ] == []
    assert "Vérification" in bagged["README.txt"].decode()


def test_every_text_is_in_both_languages() -> None:
    """Both pages have each of their texts in English and French, with the same values."""
    for name in ("readme", "page"):
        english, french = readme.wording(name, "en"), readme.wording(name, "fr")
        for key, sentence in english.items():
            assert set(re.findall(r"{\w+}", sentence)) == set(re.findall(r"{\w+}", french[key]))
            assert not re.search(r" [:;?!]", french[key]), key


def test_what_is_hidden_is_in_no_file() -> None:
    """Without user names and without a section, no file has them, and the page says what is missing and why."""
    grants = Grants({node: Level.VIEW for node in Node if node not in {Node.CALLS, Node.CATEGORIES}})
    bagged = bag_of(choice=Choice.of([], grants))
    everything = b"".join(data for name, data in bagged.items() if name.startswith("data/"))
    assert [word for word in (b"olivia", b"oscar", b"117", b"AB 123", b"Location") if word in everything] == []
    assert (
        "Not included, because whoever made the copy may not see it: categories and incident data, calls, report."
        in bagged["data/index.html"].decode()
    )
    alone = bag_of(choice=Choice.of(["comments"], EVERYTHING))
    assert not {"data/history.json", "data/activity.json", "data/sequences.csv"} & alone.keys()


def test_the_unencrypted_page_says_nothing_of_the_project() -> None:
    """README.txt and the names of the files are readable without the password, and reveal nothing about the project."""
    with zipfile.ZipFile(io.BytesIO(package(KEY, PASSWORD))) as archive:
        plain = [entry.filename for entry in archive.infolist() if not entry.flag_bits & 1]
        text = archive.read(plain[0]).decode()
    assert plain == [f"package-{PACKAGE}/README.txt"]
    assert [word for word in ("project 12", "INC", "gate 4", "Police", "olivia", "PV 4") if word in text] == []
    assert "7-Zip" in text
    assert KEY.fingerprint in text.replace("\r\n", " ")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak", "Europe/Zurich", "Not/A_Zone"])
@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00", "1890-01-01T00:00:00Z"]
)
def test_any_time_is_shown_in_any_zone(zone: str, at: str) -> None:
    """No time and no zone stops an export: the first and last ones of the calendar are shown, too."""
    late = {**project(), "start_time": at}
    text = bag_of(project=late, timezone=zone)["data/index.html"].decode()
    assert re.search(r"Start</bdi></th><td><bdi>\d+-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d</bdi>", text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=80))
def test_any_text_stays_a_text(text: str) -> None:
    """Whatever somebody wrote, a browser reads it as the same text, and the page keeps its form."""
    plain, page = Page(page_with("x")), Page(page_with(text))
    assert page.tags == plain.tags
    assert printable(text) in page.text


def page_with(text: str) -> str:
    """Return a page whose comment, camera and type have this text."""
    comment, camera = {**COMMENT, "text": text}, {**SEQUENCE, "camera_name": text or "x"}
    labels = {"category_1": {**LABEL, "label": text or "x", "value": text or "x"}}
    project_with = {**project(), "comments": [comment], "sequences": [camera], "labels": labels}
    return bag_of(project=project_with)["data/index.html"].decode()


def test_activities_are_described_for_people() -> None:
    """An activity has the digest of what was handed over, and the names of changed fields, and no internal id."""
    details = {"package": {"sha256": "ab" * 32}, "recipient": "Insurer", "comment_id": "01a2"}
    changed = {"changed": {"category_1": {"old": 1, "new": 2}, "description": {}}}
    entries = [
        {"at": NOON, "actor": "oscar", "activity": activity, "revision": None, "details": each}
        for activity, each in (("projects.exported", details), ("projects.updated", changed))
    ]
    text = Page(bag_of(activity=entries)["data/index.html"].decode()).text
    assert [word for word in ("ab" * 32, "For: Insurer", "Changed: Location, Description") if word not in text] == []
    assert "01a2" not in text
