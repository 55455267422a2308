"""Finding personal data in projects: their texts, those of their parts, their history, draft lists and exports."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import BindParameter

from contracts.permissions import Level, Node
from contracts.personal_data import FindInProjects, Occurrence, Occurrences, TextStore
from contracts.projects.commands import node_of_field
from workers.projects.worker import worker
from workers.runtime.queries.personal_data import NO_ID, Row, Source, StoredText, columns, find, strings
from workers.runtime.queries.query_dispatch import QueryContext

_MAIN: Final = ("description", "reference")
_DATA: Final = tuple(f"{kind}_{slot}" for kind in ("text", "integer", "decimal") for slot in (1, 2, 3))
_CAMERA: Final = ("camera_id", "camera_name", "site")
_DISCLOSURE: Final = ("recipient", "reference", "legal_basis", "access_reason")
_PARTS: Final = {"comment": Node.COMMENTS, "call": Node.CALLS, "sequence": Node.SEQUENCES, "project": Node.MAIN_DETAILS}
_NUMBERED: Final = frozenset({TextStore.COMMENT, TextStore.CALL, TextStore.SEQUENCE, TextStore.HISTORY})
_IDS = bindparam("ids", type_=ARRAY(Uuid))


def _after(second: Any) -> tuple[BindParameter[Any], BindParameter[Any]]:
    return bindparam("after_1", type_=Uuid), bindparam("after_2", type_=second)


def _of_part(table: str, id_name: str, columns_: str) -> TextClause:
    """Return the statement that reads the texts of a part of projects; in a part of a project, its id is the key."""
    return text(
        f"""
        SELECT project_id AS key_1, {id_name} AS key_2, project_id, {id_name} AS part_id, revision, {columns_}
        FROM projects.{table} WHERE (project_id, {id_name}) > (:after_1, :after_2) ORDER BY project_id, {id_name}
        """  # noqa: S608 - the names are constants
    ).bindparams(*_after(Uuid))


_PROJECTS: Final = text(
    """
    SELECT id AS key_1, 0 AS key_2, id AS project_id, revision, created_at AS at, created_by AS by, description,
        reference, text_1, text_2, text_3, integer_1::text, integer_2::text, integer_3::text,
        decimal_1::text, decimal_2::text, decimal_3::text, CASE WHEN imported THEN created_by END AS created_by
    FROM projects.project WHERE id > :after_1 AND :after_2 = 0 ORDER BY id
    """
).bindparams(*_after(Integer))
_HISTORY: Final = text(
    """
    SELECT project_id AS key_1, revision AS key_2, project_id, revision, at, by, changes
    FROM projects.change_set WHERE (project_id, revision) > (:after_1, :after_2) ORDER BY project_id, revision
    """
).bindparams(*_after(Integer))
_DRAFTS: Final = text(
    """
    SELECT principal AS key_1, sequence_id AS key_2, sequence_id AS part_id, drafted_at AS at, principal AS by,
        camera_id, camera_name, site
    FROM projects.draft WHERE (principal, sequence_id) > (:after_1, :after_2) ORDER BY principal, sequence_id
    """
).bindparams(bindparam("after_2", type_=Uuid))
_EXPORTS: Final = text(
    """
    SELECT package_id AS key_1, 0 AS key_2, package_id::text AS thing, taken_at AS at, principal AS by,
        recipient, reference, legal_basis, access_reason
    FROM projects.export WHERE package_id > :after_1 AND :after_2 = 0 ORDER BY package_id
    """
).bindparams(*_after(Integer))
_REDACTIONS: Final = text(
    """
    SELECT project_id AS key_1, revision AS key_2, project_id, revision, at, by, reason
    FROM projects.redaction WHERE (project_id, revision) > (:after_1, :after_2) ORDER BY project_id, revision
    """
).bindparams(*_after(Integer))

_RESTRICTIONS: Final = text(
    """
    SELECT project_id AS key_1, 0 AS key_2, project_id, deleted_at AS at, deleted_by AS by, reason
    FROM projects.tombstone WHERE restricted AND project_id > :after_1 AND :after_2 = 0 ORDER BY project_id
    """
).bindparams(*_after(Integer))

# The texts of a project that is set aside are found, because they are stored; who may see restricted ones reads them.
NUMBERS: Final = text(
    """
    SELECT p.id, p.number, p.set_aside AND NOT coalesce(t.restricted AND :sees_restricted, false) AS is_hidden
    FROM projects.project p LEFT JOIN projects.tombstone t ON t.project_id = p.id WHERE p.id = ANY(:ids)
    """
).bindparams(_IDS)
# In the order in which `projects.get` lists them.
PART_NUMBERS: Final = text(
    """
    SELECT comment_id AS part_id, row_number() OVER (
        PARTITION BY project_id ORDER BY revision, place, created_at, comment_id
    ) AS part FROM projects.comment WHERE project_id = ANY(:ids)
    UNION ALL SELECT call_id, row_number() OVER (
        PARTITION BY project_id ORDER BY at, revision, place, created_at, call_id
    ) FROM projects.call WHERE project_id = ANY(:ids)
    UNION ALL SELECT sequence_id, row_number() OVER (
        PARTITION BY project_id ORDER BY "start", revision, place, added_at, sequence_id
    ) FROM projects.sequence WHERE project_id = ANY(:ids)
    """
).bindparams(_IDS)


def _project_texts(row: Row) -> Iterator[StoredText]:
    yield from columns(Node.MAIN_DETAILS, *_MAIN)(row)
    yield from columns(Node.CATEGORIES, *_DATA)(row)
    yield from columns(Node.PROJECTS, "created_by")(row)


def _changed_texts(row: Row) -> Iterator[StoredText]:
    """Yield the earlier and later texts of each change; the field is followed by the part's id, if there is one."""
    for change in row["changes"]:
        name = change["field"]
        node = _PARTS.get(name) or node_of_field(name)
        for value in (change.get("old"), change.get("new")):
            for path, each in strings(name, value):
                yield StoredText(f"{path} {change.get('part_id') or ''}".strip(), each, node)


_SOURCES: Final = (
    Source(TextStore.PROJECT, _PROJECTS, (NO_ID, 0), _project_texts),
    Source(
        TextStore.COMMENT,
        _of_part("comment", "comment_id", "created_at AS at, created_by AS by, text"),
        (NO_ID, NO_ID),
        columns(Node.COMMENTS, "text"),
    ),
    Source(
        TextStore.CALL,
        _of_part("call", "call_id", "created_at AS at, created_by AS by, party, number, reference, notes"),
        (NO_ID, NO_ID),
        columns(Node.CALLS, "party", "number", "reference", "notes"),
    ),
    Source(
        TextStore.SEQUENCE,
        _of_part("sequence", "sequence_id", "added_at AS at, added_by AS by, camera_id, camera_name, site"),
        (NO_ID, NO_ID),
        columns(Node.SEQUENCES, *_CAMERA),
    ),
    Source(TextStore.HISTORY, _HISTORY, (NO_ID, 0), _changed_texts),
    Source(TextStore.DRAFT, _DRAFTS, ("", NO_ID), columns(Node.SEQUENCES, *_CAMERA)),
    Source(TextStore.EXPORT, _EXPORTS, (NO_ID, 0), columns(Node.EXPORT, *_DISCLOSURE)),
    Source(TextStore.REDACTION, _REDACTIONS, (NO_ID, 0), columns(Node.RETENTION, "reason")),
    Source(TextStore.RESTRICTION, _RESTRICTIONS, (NO_ID, 0), columns(Node.RESTRICTED, "reason")),
)


@worker.answers(FindInProjects)
async def find_in_projects(query: FindInProjects, context: QueryContext) -> Occurrences:
    """Return the texts of projects that have the words, with the numbers of their projects and parts."""
    page = await find(query, context, _SOURCES)
    ids = sorted({item.project_id for item in page.items if item.project_id})
    sees_restricted = context.grants.allow(Node.RESTRICTED, Level.VIEW)
    named = (await context.connection.execute(NUMBERS, {"ids": ids, "sees_restricted": sees_restricted})).all()
    numbers: dict[UUID, int] = {row.id: row.number for row in named}
    hidden = {row.id for row in named if row.is_hidden}
    counted = await context.connection.execute(PART_NUMBERS, {"ids": ids})
    parts: dict[UUID, int] = {row.part_id: row.part for row in counted}
    items = [_numbered(item, numbers, parts) for item in page.items]
    items = [
        item.model_copy(update={"excerpt": None, "text": None}) if item.project_id in hidden else item for item in items
    ]
    return page.model_copy(update={"items": items})


def _numbered(item: Occurrence, numbers: dict[UUID, int], parts: dict[UUID, int]) -> Occurrence:
    field, _, part_id = item.field.partition(" ")
    id_ = UUID(part_id) if part_id else item.part_id
    known = {"field": field, "part_id": id_, "project_number": numbers.get(item.project_id or NO_ID)}
    return item.model_copy(update={**known, "part": parts.get(id_ or NO_ID) if item.store in _NUMBERED else None})
