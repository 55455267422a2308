"""Finding personal data in dead letters, definitions, settings and roles."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final

from pydantic_core import from_json
from sqlalchemy import BigInteger, Integer, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.permissions import Node
from contracts.personal_data import FindInAdministration, Occurrences, TextStore
from workers.administration import domain
from workers.administration.dead_letter_lookup import require_letters
from workers.administration.worker import worker
from workers.runtime.commands.dead_letter_reading import DeadLetterStream, Letter
from workers.runtime.commands.letter_sealing.opening import open_letters
from workers.runtime.queries.personal_data import Key, Row, Source, StoredText, find_in, strings
from workers.runtime.queries.query_dispatch import QueryContext

_AFTER: Final = (bindparam("after_1", type_=BigInteger), bindparam("after_2", type_=Integer))
_LETTERS_PER_FETCH: Final = 20
_NO_STATEMENT: Final = text("")
_DEFINITIONS: Final = text(
    """
    SELECT id AS key_1, 0 AS key_2, kind || ' ' || key AS thing, name, description FROM (
        SELECT id, kind, CAST(id AS text) AS key, name, description FROM administration.property
        UNION ALL SELECT id, 'category', CAST(slot AS text), name, description FROM administration.category
        UNION ALL SELECT id, 'data-field', kind || '_' || slot, name, description FROM administration.data_field
    ) AS defined WHERE id > :after_1 AND :after_2 = 0 ORDER BY id
    """
).bindparams(*_AFTER)
_CHANGES: Final = text(
    """
    SELECT number AS key_1, 0 AS key_2, kind || ' ' || key AS thing, at, by, kind, old, new
    FROM administration.definition_change WHERE number > :after_1 AND :after_2 = 0 ORDER BY number
    """
).bindparams(*_AFTER)
_SETTINGS: Final = text(
    """
    SELECT 1 AS key_1, 0 AS key_2, report_title, report_confidentiality, report_signatories
    FROM administration.settings WHERE :after_1 < 1 AND :after_2 = 0
    """
).bindparams(*_AFTER)
_ROLES: Final = text(
    """
    SELECT role_id AS key_1, principal AS key_2, role_id AS thing, name, principal FROM (
        SELECT role_id, '' AS principal, name FROM administration.role
        UNION ALL SELECT role_id, principal, '' FROM administration.member
    ) AS each WHERE (role_id, principal) > (:after_1, :after_2) ORDER BY role_id, principal
    """
)
_KINDS: Final = {"setting": Node.SETTINGS, "role": Node.ROLES}


def _fields(node: Node, *names: str) -> Callable[[Row], Iterator[StoredText]]:
    def texts(row: Row) -> Iterator[StoredText]:
        for name in names:
            for path, value in strings(name, row[name]):
                yield StoredText(path, value, node)

    return texts


def _changed_texts(row: Row) -> Iterator[StoredText]:
    return _fields(_KINDS.get(row["kind"], Node.PROPERTIES), "old", "new")(row)


_SOURCES: Final = (
    Source(TextStore.DEAD_LETTER, _NO_STATEMENT, (0, 0), _fields(Node.DEAD_LETTERS, "subject", "headers", "body")),
    Source(TextStore.DEFINITION, _DEFINITIONS, (0, 0), _fields(Node.PROPERTIES, "name", "description")),
    Source(TextStore.DEFINITION_HISTORY, _CHANGES, (0, 0), _changed_texts),
    Source(
        TextStore.SETTINGS,
        _SETTINGS,
        (0, 0),
        _fields(Node.SETTINGS, "report_title", "report_confidentiality", "report_signatories"),
    ),
    Source(TextStore.ROLE, _ROLES, ("", ""), _fields(Node.ROLES, "name", "principal")),
)


@worker.answers(FindInAdministration)
async def find_in_administration(query: FindInAdministration, context: QueryContext) -> Occurrences:
    """Return the texts of dead letters, definitions, settings and roles that have the words."""
    letters = require_letters(context.letters)

    def rows(source: Source, after: Key) -> AsyncGenerator[Row, None]:
        if source.store is TextStore.DEAD_LETTER:
            return _letters(letters, context.connection, after[0])
        return source.rows(context.connection, after)

    return await find_in(query, context, _SOURCES, rows)


async def _letters(stream: DeadLetterStream, connection: AsyncConnection, number: int) -> AsyncGenerator[Row, None]:
    while letters := await stream.after(number, _LETTERS_PER_FETCH):
        number = letters[-1].number
        for letter in await open_letters(connection, letters):
            yield _row_of(letter)


def _row_of(letter: Letter) -> Row:
    return {
        "key_1": letter.number,
        "key_2": 0,
        "thing": str(letter.number),
        "at": letter.at,
        "by": domain.sender_of(letter.principal),
        "subject": letter.subject,
        "headers": letter.headers,
        "body": _body_of(letter),
    }


def _body_of(letter: Letter) -> object:
    """Return the body as the values that it has, or as a text if it is no JSON."""
    try:
        return from_json(letter.body)
    except ValueError:
        return letter.body.decode(errors="replace")
