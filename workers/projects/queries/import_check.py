"""What an import would do."""

from sqlalchemy import Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.projects.imports import CheckImport, ImportChecked
from workers.projects import import_rules
from workers.projects.import_rules import Surroundings
from workers.projects.rows import TAKEN_NUMBERS
from workers.projects.tables import TOMBSTONES
from workers.projects.worker import worker
from workers.runtime.admission import licence
from workers.runtime.queries.answering import QueryContext

_THERE = text("SELECT id, created_at, created_by FROM projects.project WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
_REFERENCES = text("SELECT id, kind, slot FROM published.properties WHERE id = ANY(:references)").bindparams(
    bindparam("references", type_=ARRAY(Integer))
)


@worker.answers(CheckImport)
async def check_import(query: CheckImport, context: QueryContext) -> ImportChecked:
    """Judge projects as their import would: by what is here, by the licence, and by the same rules."""
    if reason := licence.judged(context.licence, context.now):
        raise licence.refusal(reason)
    execute, ids = context.connection.execute, [one.project_id for one in query.projects]
    known = {row["project_id"]: row for row in (await execute(TOMBSTONES, {"ids": ids})).mappings()}
    known |= {row["id"]: row for row in (await execute(_THERE, {"ids": ids})).mappings()}
    taken = await execute(TAKEN_NUMBERS, {"numbers": [one.number for one in query.projects if one.number]})
    named = {value for one in query.projects for value in (one.type_id, one.status_id) if value}
    properties = (await execute(_REFERENCES, {"references": sorted(named)})).mappings()
    references = {row["id"]: (row["kind"], row["slot"]) for row in properties}
    here = Surroundings(known, frozenset(taken.scalars()), references, context.now)
    judged = import_rules.judge(query.projects, here)
    return ImportChecked(fitting=judged.new, already_there=judged.there, refused=judged.refused)
