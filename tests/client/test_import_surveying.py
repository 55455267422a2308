"""What a file says as a whole: its encoding, its header, the order of its dates, and what its numbers are."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.projects.imports import ImportedProject
from incidents.importing.decoding import Encoding, UnknownEncodingError, detect, lines, named_encoding
from incidents.importing.mapping import Mapping
from incidents.importing.reading import Source
from incidents.importing.surveying import UnusableFileError, survey
from incidents.importing.translating import Findings, InvalidRowError, Translator

FRENCH = "Numéro;Créé par;Date de création;Type;Description\r\n" + "".join(
    f"{n};Agnès;{n % 28 + 1:02}/11/2025 14:{n % 60:02};;Vol à l'étalage près de l'entrée n° {n}\r\n"
    for n in range(1, 60)
)
PARIS = Mapping(timezone="Europe/Paris", defaults={"created_by": "records"})


def read(content: bytes, mapping: Mapping, encoding: Encoding | None = None) -> tuple[Findings, list[ImportedProject]]:
    """Look through CSV and make projects of its rows."""
    source = Source(io.BytesIO(content), "csv", encoding, mapping.knows)
    findings = survey(source, mapping)
    translator = Translator(mapping, "main", findings)
    return findings, [translator.project(row.values) for row in source.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman", "cp850"])
def test_the_encoding_is_found_out(encoding: str) -> None:
    """A French file of any spreadsheet program is read as it was written, and its encoding is named (RET-05)."""
    content = FRENCH.encode(encoding)
    _, projects = read(content, PARIS)
    assert projects[5].description == "Vol à l'étalage près de l'entrée n° 6"
    assert projects[5].created_by == "Agnès"
    assert f"{projects[5].created_at:%Y-%m-%d %H:%M}" == "2025-11-07 13:06"
    assert detect(io.BytesIO(content)).name.startswith(encoding.removesuffix("-sig").removesuffix("-le"))


def test_a_named_encoding_decides() -> None:
    """What somebody names is used, whatever the bytes look like; what is no encoding is reported."""
    content = "a;é\n".encode("cp1252")
    assert [line.text for line in lines(io.BytesIO(content), named_encoding("cp1252", io.BytesIO(content)))] == [
        "a;é\n"
    ]
    assert named_encoding("UTF-16", io.BytesIO("é".encode("utf-16"))) == Encoding("utf-16-le", 2)
    for wrong in ("nope", "base64", "rot13", "a\0", "idna", "undefined"):
        with pytest.raises(UnknownEncodingError):
            named_encoding(wrong, io.BytesIO(content))


@given(st.binary(max_size=200))
def test_any_bytes_have_lines(content: bytes) -> None:
    """No bytes stop the reading of a file, whatever it is made of."""
    source = Source(io.BytesIO(content), "csv", None, Mapping().knows)
    assert all(row.line >= 1 for row in source.rows())


@pytest.mark.parametrize(
    "dates, order, first",
    [
        (("03/04/2025", "24/04/2025"), "dmy", "2025-04-03"),
        (("03/04/2025", "04/24/2025"), "mdy", "2025-03-04"),
        (("3.4.2025", "2025-04-24"), "dmy", "2025-04-03"),
        (("2025/04/03 10:00:00+00", "2025-04-24T10:00Z"), "dmy", "2025-04-03"),
        (("3/4/2025 1:05 PM", "4/24/2025 12:00 AM"), "mdy", "2025-03-04"),
        (("04/04/2025", "05/05/2025"), "dmy", "2025-04-04"),
    ],
)
def test_the_order_of_dates_is_that_of_the_file(dates: tuple[str, str], order: str, first: str) -> None:
    """Days or months stand first as those dates show that can be read in one way alone."""
    content = "number,created_at\n" + "".join(f"{n},{date}\n" for n, date in enumerate(dates, 1))
    findings, projects = read(content.encode(), Mapping(timezone="UTC", defaults={"created_by": "ann"}))
    assert findings.order == order
    assert f"{projects[0].created_at:%Y-%m-%d}" == first


@pytest.mark.parametrize("dates", [("03/04/2025", "05/06/2025"), ("24/04/2025", "04/24/2025")])
def test_dates_that_may_be_either_are_not_guessed(dates: tuple[str, str]) -> None:
    """Where no date shows whether days stand first, or two contradict each other, somebody has to say it."""
    content = "number,created_at\n" + "".join(f"{n},{date}\n" for n, date in enumerate(dates, 1))
    why = "no date shows" if dates[0] == "03/04/2025" else '"24/04/2025", "04/24/2025"'
    with pytest.raises(UnusableFileError, match=f"{why}.*--dates"):
        read(content.encode(), PARIS)


@pytest.mark.parametrize(
    "numbers, are_texts",
    [
        (("2020-001", "7"), True),
        (("INC0000060",), True),
        (("1", "2", "18,003", "1.8E+04", '"=""18006"""', "'18007", "-9", "+9", "18 004", "x", ""), False),
        (("A-1", *map(str, range(11))), False),
    ],
)
def test_numbers_are_texts_where_some_are(numbers: tuple[str, ...], are_texts: bool) -> None:
    """A number of letters and marks is another system's; one as a spreadsheet changes it, or one in many, is none."""
    content = "number;created_by;created_at\n" + "".join(f"{number};ann;2025-01-01T00:00:00Z\n" for number in numbers)
    source = Source(io.BytesIO(content.encode()), "csv", None, Mapping().knows)
    assert survey(source, Mapping()).numbers_are_texts is are_texts


@pytest.mark.parametrize(
    "header, fields, refusal",
    [
        ("number,created_at,description,description", {}, '"description"'),
        ("number,created_at,description,Description", {}, '"description", "Description"'),
        (
            "number,created_at,Short,Long",
            {"columns": {"Short": "description", "Long": "description"}},
            '"Short", "Long"',
        ),
        ("number,created_at,Text,description", {"columns": {"Text": "description"}}, '"Text", "description"'),
        ("Nr,No,created_at", {}, '"Nr", "No"'),
        ('number,created_at,"de\nscription"', {}, '"de scription"'),
        ("number,opened,text", {"columns": {"text": "description"}, "defaults": {}}, '"created_by"'),
        ("what,when", {}, '"number_or_reference", "created_at"'),
        ("", {}, "empty"),
    ],
)
def test_what_would_lose_a_text_is_refused(header: str, fields: dict[str, Any], refusal: str) -> None:
    """A file of which a column would be lost, or no row could fit, is refused at once, with its columns."""
    content = f"{header}\n1,2025-01-01T00:00:00Z,a,b\n" if header else ""
    with pytest.raises(UnusableFileError, match=refusal):
        read(content.encode(), Mapping(**{"defaults": {"created_by": "ann"}, **fields}))


def test_times_belong_to_the_dates_without_any() -> None:
    """Another column of dates with times of their own does not keep a column of times from being joined."""
    mapping = Mapping(defaults={"created_by": "ann"}, timezone="UTC", dates="dmy")
    header = "Numéro;Date de création;Heure;Début"
    _, [project] = read(f"{header}\n7;24/11/2025;14:05;23/11/2025 09:00\n".encode(), mapping)
    assert f"{project.created_at:%Y-%m-%d %H:%M}" == "2025-11-24 14:05"
    with pytest.raises(UnusableFileError, match="not clear which dates the times"):
        read(f"{header}\n7;24/11/2025;14:05;23/11/2025\n".encode(), mapping)
    without = mapping.model_copy(update={"columns": {"Heure": None}})
    _, [project] = read(f"{header}\n7;24/11/2025;14:05;23/11/2025\n".encode(), without)
    assert f"{project.created_at:%H:%M}" == "00:00"


@pytest.mark.parametrize(
    "header, row, first",
    [
        ("Numéro;Date de création;Heure de création", "24/11/2025;14:05", "14:05:00"),
        ("Numéro;Date de création;Heure de création", "2025-11-24;14h05", "14:05:00"),
        ("Numéro;Date opened;Time opened", "2025-11-24;2:05 pm", "14:05:00"),
        ("Numéro;Date opened;Time", "2025-11-24;2:05:09", "02:05:09"),
        ("Numéro;Date opened;Durée", "2025-11-24;02:05", "00:00:00"),
        ("Numéro;Date opened;Heure", "2025-11-24;", "00:00:00"),
        ("Numéro;Date opened;Heure", "24/11/2025 9h07;", "09:07:00"),
        ("Numéro;Date opened;Heure", "24/11/2025 14:05;2:05 pm", "14:05:00"),
    ],
)
def test_a_column_of_times_is_known_by_its_cells(header: str, row: str, first: str) -> None:
    """A time of day belongs to the date of the same heading; a date with a time keeps it, and a duration is no time."""
    mapping = Mapping(defaults={"created_by": "ann"}, timezone="UTC", dates="dmy")
    others = "".join(f"{number};25/11/2025;14:{number}\n" for number in range(10, 20))
    _, projects = read(f"{header}\n7;{row}\n{others}".encode(), mapping)
    assert f"{projects[0].created_at:%Y-%m-%d %H:%M:%S}" == f"2025-11-24 {first}"


@pytest.mark.parametrize("header", ["Date de création;Appel", "Date de création;Heure de début", "Jour;Creation time"])
def test_times_without_a_date_of_their_own_are_refused_at_once(header: str) -> None:
    """Times that may belong to another date are not lost, and not given to the wrong one."""
    mapping = Mapping(defaults={"created_by": "ann"}, timezone="UTC", dates="dmy")
    with pytest.raises(UnusableFileError, match="not clear which dates the times"):
        read(f"Numéro;{header}\n7;24/11/2025;14:05\n8;24/11/2025;15:05\n".encode(), mapping)


def test_two_times_that_contradict_each_other_cost_their_row() -> None:
    """A date with another time than its column of times is refused with both."""
    mapping = Mapping(defaults={"created_by": "ann"}, timezone="UTC", dates="dmy")
    rows = "7;24/11/2025 09:00;14:05\n8;24/11/2025;14:05\n9;24/11/2025;14:06\n"
    with pytest.raises(InvalidRowError, match="created_at: not_a_time"):
        read(f"Numéro;Date de création;Heure\n{rows}".encode(), mapping)


def test_a_column_can_be_left_out_and_joined() -> None:
    """The mapping leaves a column out that would fill a field, and joins several into one time."""
    mapping = Mapping(
        columns={"Type": None, "Nr": "reference"},
        joined={"created_at": ["Day", "Clock"]},
        timezone="UTC",
        defaults={"created_by": "ann"},
    )
    _, [project] = read(b"Nr,Day,Clock,Type\n7,24/11/2025,14h30,Theft\n", mapping)
    assert project.reference == "7"
    assert project.number is None
    assert project.type_id is None
    assert f"{project.created_at:%Y-%m-%d %H:%M}" == "2025-11-24 14:30"


def test_an_id_follows_from_the_number_alone() -> None:
    """The id of a row stays what it is when anything else in it is corrected, or its number is told as a reference."""
    head = b"%s,created_by,created_at,description\n7,ann,2025-01-01T00:00:00Z,%s\n"
    row_ids = [
        read(head % (name, text), Mapping())[1][0] for name in (b"number", b"reference") for text in (b"a", b"b")
    ]
    assert len({each_id.project_id for each_id in row_ids}) == 1


def test_empty_rows_above_the_header_are_counted() -> None:
    """A register with a title, an empty row and its header says all that was left out."""
    content = "Register 2026;;\n;;\nnumber;created_by;created_at\n;;\n1;ann;2025-01-01T00:00:00Z\n"
    source = Source(io.BytesIO(content.encode()), "csv", None, Mapping().knows)
    assert len([*source.rows()]) == 1
    assert source.header is not None
    assert source.header.titles == 1
    assert source.empty == 2


@pytest.mark.parametrize("content", [b'[{"number": 1}]', b'\n[\n  {"number": 1}\n]\n', b'{\n  "number": 1\n}\n'])
def test_json_as_a_whole_is_refused_at_once(content: bytes) -> None:
    """A list, or an object over several lines, is refused as a whole, and the refusal says how to write rows."""
    with pytest.raises(UnusableFileError, match="an object on a line of its own"):
        survey(Source(io.BytesIO(content), "ndjson"), Mapping())
