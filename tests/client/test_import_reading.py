"""Reading files of projects: a row that cannot be read costs only itself."""

import io
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.projects.imports import ImportedProject
from incidents.importing.mapping import COMMON_NAMES, FIELDS, Mapping, field_named
from incidents.importing.reading import Row, Source
from incidents.importing.sending import Checker, Tally, chunks
from incidents.importing.translating import InvalidRowError, Translator
from incidents.terminal.tables.refusals import field_place
from tests.checks.tree import ROOT

AT = "2009-05-17T08:30:00Z"


def csv_rows(text: str | bytes) -> list[Row]:
    """Read CSV."""
    return list(Source(io.BytesIO(text.encode() if isinstance(text, str) else text), "csv").rows())


def test_a_record_may_stand_on_several_lines() -> None:
    """Quoted cells hold line ends, delimiters and quotation marks."""
    rows = csv_rows('\ufeffnumber;description\r\n7;"two\r\nlines; ""quoted"""\r\n\r\n8;x\r\n')
    assert rows == [
        Row(2, {"number": "7", "description": 'two\r\nlines; "quoted"'}),
        Row(5, {"number": "8", "description": "x"}),
    ]


def test_an_open_quotation_mark_costs_its_own_line() -> None:
    """What follows a quotation mark that nobody closed is not swallowed by it."""
    rows = csv_rows('number,description\n1,"open\n2,fine\n3,too,many\n4,"closed"\n5,few\n6\n')
    assert [(row.line, row.kind) for row in rows] == [
        (2, "csv_invalid"),
        (3, ""),
        (4, "csv_columns"),
        (5, ""),
        (6, ""),
        (7, "csv_columns"),
    ]


def test_a_file_of_an_old_mac_has_line_feeds_in_its_cells() -> None:
    """Where lines end in CR, an LF is part of its cell; where they end in LF, a CR ends none."""
    mac = 'number,description\r1,"first\nsecond\nthird"\r2,short\r'
    assert [(row.line, row.values["description"]) for row in csv_rows(mac)] == [
        (2, "first\nsecond\nthird"),
        (3, "short"),
    ]
    stray = csv_rows("number,description\n1,a\rb\rc\n2,short\n")
    assert [row.values["description"] for row in stray] == ["a\rb\rc", "short"]


def test_a_zero_byte_costs_its_own_row() -> None:
    """A zero byte makes no UTF-16 of a file, in which no column would have a name."""
    rows = csv_rows("number,description\n1,zero \0 byte\n2,short\n")
    assert [row.values["description"] for row in rows] == ["zero \0 byte", "short"]


def test_bytes_that_are_no_text_cost_their_own_line() -> None:
    """A line in another encoding is refused, and the others are read."""
    assert [row.kind for row in csv_rows("number\n1\né\n".encode() + b"\xe9\n2\n")] == ["", "", "not_utf8", ""]
    lines = '{"number": 1, "description": "é"}\n'.encode() + b'\xe9\nno json\n[1]\n\n{"number": 2}\n'
    rows = list(Source(io.BytesIO(lines), "ndjson").rows())
    assert [(row.line, row.kind) for row in rows] == [
        (1, ""),
        (2, "not_utf8"),
        (3, "json_invalid"),
        (4, "model_type"),
        (6, ""),
    ]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=20))
def test_no_row_is_lost(texts: list[str]) -> None:
    """Every row that Python's own writer of JSON makes comes back as it was, in order."""
    content = "".join(json.dumps({"description": text}) + "\n" for text in texts).encode()
    rows = list(Source(io.BytesIO(content), "ndjson").rows())
    assert [row.values["description"] for row in rows] == texts


def translated(mapping: Mapping, row: dict[str, Any], site: str = "main") -> ImportedProject:
    """Make a project of a row."""
    return Translator(mapping, site).project(row)


MAPPING = Mapping(
    columns={"Nr": "number", "Opened": "created_at", "Type": "type_id"},
    types={"Theft": 3},
    defaults={"created_by": "legacy", "retention_exempt": True},
    time_format="%d/%m/%Y %H:%M:%S",
    timezone="Europe/Zurich",
)


def test_a_mapping_renames_columns_names_and_times() -> None:
    """Columns, names of types, local times and what every row shares are given by the mapping (RET-05)."""
    row = {"Nr": "12", "Opened": "10/02/2022 09:33:33", "Type": "Theft", "Colour": "red"}
    project = translated(MAPPING, row)
    assert project.number == 12
    assert project.type_id == 3
    assert project.created_by == "legacy"
    assert project.created_at.isoformat() == "2022-02-10T08:33:33+00:00"
    assert project.retention_exempt is True


@pytest.mark.parametrize(
    "column, value, field, kind",
    [
        ("Type", "Arson", "type_id", "unknown_name"),
        ("Nr", "twelve", "number", "int_type"),
        ("Nr", "9" * 5000, "number", "int_type"),
        ("Nr", "", "number", "missing"),
        ("Opened", "yesterday", "created_at", "not_a_time"),
        ("retention_exempt", "perhaps", "retention_exempt", "yes_or_no"),
        ("description", "a\x00b", "description", "string_pattern_mismatch"),
        ("description", "\ud800", "", "not_utf8"),
    ],
)
def test_a_row_that_does_not_fit_is_named(column: str, value: Any, field: str, kind: str) -> None:
    """What does not fit is reported by its field and the reason."""
    row = {"Nr": "12", "Opened": "10/02/2022 09:33:33", column: value}
    with pytest.raises(InvalidRowError) as refusal:
        translated(MAPPING, row)
    assert [(fault.field, fault.kind) for fault in refusal.value.faults] == [(field, kind)]


def test_a_project_without_an_id_has_the_same_one_every_time() -> None:
    """The id follows from site, source and number, so that importing again finds what is there."""
    row = {"number": 12, "created_by": "ann", "created_at": AT}
    ids = {
        (site, source): translated(Mapping(source=source), row, site).project_id
        for site in ("a", "b")
        for source in ("x", "y")
    }
    assert len(set(ids.values())) == 4
    assert translated(Mapping(source="x"), row, "a").project_id == ids["a", "x"]


def test_a_name_is_the_same_from_every_system() -> None:
    """A Mac decomposes accents: the project, its type and its columns are those of the composed name."""
    mapping = Mapping.model_validate({"columns": {"Référence n°": "reference"}, "types": {"Blessé": 3}})
    header, row = "Référence n°,created_by,created_at,type", f"DÉP-12,ann,{AT},Blessé"
    projects: list[ImportedProject] = []
    for form in ("NFC", "NFD"):
        (read,) = csv_rows(unicodedata.normalize(form, f"{header}\n{row}\n"))
        projects.append(translated(mapping, read.values))
        (read,) = Source(io.BytesIO(json.dumps(read.values).encode()), "ndjson").rows()
        projects.append(translated(mapping, read.values))
    assert len({project.project_id for project in projects}) == 1
    assert [(project.reference, project.type_id) for project in projects] == [("DÉP-12", 3)] * 4


def test_a_number_keeps_its_zeros_as_a_reference() -> None:
    """The number here has no leading zeros; as it was written it is kept, unless the row has a reference."""
    row = {"number": "000123", "created_by": "ann", "created_at": AT}
    padded, other, plain = (translated(Mapping(), row | more) for more in ({}, {"reference": "A"}, {"number": "123"}))
    assert [(each.number, each.reference) for each in (padded, other, plain)] == [
        (123, "000123"),
        (123, "A"),
        (123, None),
    ]
    assert padded.project_id == plain.project_id


@pytest.mark.parametrize("text", ["2026-01-31 14:30-15:30", "2026-01-31 10:00-10:20", "31/01/2026 14:30-23:00"])
def test_a_span_of_time_is_not_a_time_with_an_offset(text: str) -> None:
    """The end of a span would move the time by as many hours."""
    with pytest.raises(InvalidRowError) as refusal:
        translated(Mapping(), {"number": "12", "created_by": "ann", "created_at": text})
    assert [(fault.field, fault.kind) for fault in refusal.value.faults] == [("created_at", "not_a_time")]


def test_chunks_fit_their_body_and_lose_nothing() -> None:
    """A command holds as many projects as its body and the limit of 500 allow, in the file's order."""
    long = [{"number": n, "created_by": "é" * (n % 150 + 1), "created_at": AT} for n in range(1, 1500)]
    lines = "".join(
        json.dumps(project) + "\n" for project in [*long, {**long[0], "description": "😀" * 9_999}, long[3]]
    )
    tally = Tally()
    rows = Checker(Translator(Mapping(), "main"), tally).valid_rows(Source(io.BytesIO(lines.encode()), "ndjson"))
    cut = list(chunks(rows))
    assert [row.project.number for chunk in cut for row in chunk] == [project["number"] for project in long]
    assert max(sum(row.size + 1 for row in chunk) for chunk in cut) < 64 * 1024
    assert {(row.line, fault.kind) for row in tally.refused for fault in row.faults} == {
        (1500, "twice_in_file"),
        (1501, "twice_in_file"),
    }


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_field_is_typed_as_a_refusal_names_it(language: str) -> None:
    """`--column` and `--default` take the names that people read, as well as those of the wire."""
    named = {field: field_named(field_place(field, language)) for field in FIELDS}
    assert named == {field: field for field in FIELDS}


@pytest.mark.parametrize("name", ["Creation date", "Creation time", "Created on", "Date opened", "Date d'ouverture"])
def test_usual_headings_of_the_creation_are_known(name: str) -> None:
    """Other systems name it in many ways, and ours in a refusal."""
    assert field_named(name) == "created_at"


@pytest.mark.parametrize(
    "headings",
    ["Number Reference Created Type Status Description Start End By", "Numéro Créé Début Fin Auteur", "Création"],
)
def test_a_list_that_was_saved_here_needs_no_mapping(headings: str) -> None:
    """The headings of `projects list --csv`, and the name of a field in a refusal, are usual names."""
    filled = Mapping().fields_of(headings.split())
    assert "created_at" in filled.values()
    assert len(filled) >= len(headings.split()) - 1


def test_the_page_has_all_usual_names() -> None:
    """docs/importing.md lists every name of a column that is recognised, by field."""
    rows = re.findall(r"^\| `(\w+)` \| (`.+`) \|$", (ROOT / "docs" / "importing.md").read_text(), flags=re.MULTILINE)
    assert {field: tuple(names[1:-1].split("`, `")) for field, names in rows} == COMMON_NAMES


def test_a_mapping_names_fields_that_are_there(tmp_path: Path) -> None:
    """A mapping to a field or a zone that does not exist is reported before anything is read."""
    for wrong in ({"columns": {"a": "colour"}}, {"timezone": "Mars"}, {"colour": 1}):
        with pytest.raises(ValueError, match=r"colour|Mars"):
            Mapping.model_validate(wrong)
