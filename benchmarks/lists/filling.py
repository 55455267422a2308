"""Fill a database with projects of five years, three comments each, by COPY."""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

import psycopg

from workers.projects.row_types import SearchRow
from workers.projects.search.index import TextRow, search_row

NEWEST = datetime(2026, 6, 1, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)
COMMENTS = 3
PEOPLE = [f"operator-{number}" for number in range(200)]
CAMERAS = [f"camera-{number}" for number in range(500)]
TYPES, STATUSES, VALUES = range(1, 21), range(21, 26), range(101, 151)
_SYLLABLE = (
    "b bl br c ch cl cr d dr f fl fr g gl gr h j l m n p pl pr qu r s sp st t tr v",
    "a a e e e i i o u é ai an au en eu in oi on ou",
    "- - - - - c l m n nt que r rt s s t t tre x",
)
_PARTS = [part.replace("-", "").split(" ") for part in _SYLLABLE]
"""The beginnings, vowels and ends of roughly French syllables; many end with their vowel."""

_CHUNK_PROJECTS = 5_000
_COLUMNS = {
    "project": "id, number, revision, type_id, status_id, description, start_time, end_time, category_1, text_1, "
    "created_by, created_at, updated_by, updated_at, imported, retention_exempt",
    "comment": "project_id, comment_id, text, created_by, created_at",
    "call": "project_id, call_id, direction, at, party, number, reference, notes, created_by, created_at",
    "sequence": 'project_id, sequence_id, camera_id, camera_name, "start", "end", added_by, added_at',
    "camera": "project_id, camera_id, created_at",
    "search": "project_id, created_at, words, grams, described",
}


class Language:
    """Twenty thousand words, few of them frequent and most rare, as in natural language."""

    def __init__(self, size: int = 20_000) -> None:
        chance = random.Random(7)
        self.words = list(dict.fromkeys(_word(chance) for _ in range(size * 2)))[:size]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))

    def text(self, chance: random.Random, length: int) -> str:
        """Return some words."""
        return " ".join(chance.choices(self.words, cum_weights=self._weights, k=length))


def _word(chance: random.Random) -> str:
    """Return some syllables, each with a beginning, a vowel and often an end."""
    return "".join(chance.choice(part) for part in _PARTS * chance.randint(1, 4))


def fill(url: str, count: int) -> None:
    """Write the projects without indexes, and create the indexes afterwards."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("SET session_replication_role = replica; SET maintenance_work_mem = '1GB'")
        database.execute("SET synchronous_commit = off")
        indexes = database.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid::regclass::text LIKE 'projects.%' AND NOT indisunique"
        ).fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}".encode())
        remaining = projects(count)
        while chunk := list(islice(remaining, _CHUNK_PROJECTS)):
            for table, columns in _COLUMNS.items():
                lines = "".join(line for project in chunk for line in project[table])
                with database.cursor().copy(f"COPY projects.{table} ({columns}) FROM STDIN".encode()) as copy:
                    copy.write(lines)
        for _, definition in indexes:
            database.execute(definition.encode())
        database.execute("VACUUM ANALYZE")


def projects(count: int) -> Iterator[dict[str, list[str]]]:
    """Yield projects, the oldest first, as lines for COPY by table."""
    chance, language = random.Random(count), Language()
    for number in range(1, count + 1):
        created = NEWEST - YEARS * (1 - number / count)
        yield _project(chance, language, number, created)


def _project(chance: random.Random, language: Language, number: int, created: datetime) -> dict[str, list[str]]:
    project_id = _id(chance, created)
    description = language.text(chance, 12)
    comments = [language.text(chance, 10) for _ in range(COMMENTS)]
    party, reference = chance.choice(["Police", "Pompiers", "Urgences"]), f"R{chance.randrange(10**7)}"
    phone = f"+41 {chance.choice((22, 31, 44))} {chance.randrange(1000):03} {chance.randrange(10**4):04}"
    plate = f"{chance.choice(('ZH', 'GE', 'VD'))}-{chance.randrange(10**6)}" if number % 4 == 0 else None
    called = number % 5 == 0
    cameras = chance.sample(CAMERAS, 1 + number % 2)
    by, at = chance.choice(PEOPLE), created + timedelta(hours=chance.expovariate(0.02))
    start = created - timedelta(hours=chance.expovariate(0.2))
    category = chance.choice(VALUES) if number % 3 == 0 else None
    kind, status = min(int(chance.expovariate(0.3)) + 1, 20), chance.choice(STATUSES)
    end = start + timedelta(minutes=30)
    texts: TextRow = {
        "project_id": project_id,
        "created_at": created,
        "type_id": kind,
        "description": description,
        "reference": None,
        "text_1": plate,
        "text_2": None,
        "text_3": None,
        "comments": "\x1f".join(comments),
        "calls": f"{party}\x1f{phone}\x1f{reference}" if called else "",
        "cameras": "\x1f".join(f"{name_of(camera, language)}\x1f{camera}" for camera in cameras),
    }
    columns = (project_id, number, 5, kind, status, description, start, end, category, plate)
    return {
        "project": [_line(*columns, by, created, by, at, "f", "f")],
        "comment": [_line(project_id, _id(chance, created), text, by, created) for text in comments],
        "call": [_line(project_id, project_id, "made", created, party, phone, reference, "", by, created)] * called,
        "sequence": [
            _line(project_id, _id(chance, created), camera, name_of(camera, language), start, end, by, created)
            for camera in cameras
        ],
        "camera": [_line(project_id, camera, created) for camera in cameras],
        "search": [_line(project_id, created, *_search_columns(search_row(texts)))],
    }


def name_of(camera: str, language: Language) -> str:
    """Return the name of a camera: three words and its number."""
    number = int(camera.rpartition("-")[2])
    return f"{' '.join(language.words[number + at * 500] for at in range(3))} {number}"


def _id(chance: random.Random, at: datetime) -> UUID:
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60 | chance.getrandbits(60))


def _search_columns(search: SearchRow) -> tuple[str, str, str]:
    return search["words"].replace("\n", "\\n"), _array(search["grams"]), search["described"]


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def _line(*values: Any) -> str:
    return "\t".join("\\N" if value is None else str(value) for value in values) + "\n"
