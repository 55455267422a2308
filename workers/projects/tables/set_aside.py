"""The statements about projects that are set aside; no others see them."""

from typing import Final

from sqlalchemy import DateTime, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

SET_ASIDE = text("SELECT projects.set_aside(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
BRING_BACK = text("SELECT projects.bring_back(:project_id)")

# The row is locked against the erasure at the end of the undo window.
LOCK_TOMBSTONE = text("SELECT * FROM projects.tombstone WHERE project_id = :project_id FOR UPDATE")
DROP_TOMBSTONE = text("DELETE FROM projects.tombstone WHERE project_id = :project_id")

ERASE = text(
    "SELECT erased_number AS number, was_expired AS expired, now() AS at FROM projects.erase_set_aside(:at_most)"
)

# Within one transaction, which nobody else sees.
REVEAL = text(
    """
    UPDATE projects.project p SET set_aside = false FROM projects.tombstone t
    WHERE p.id = :project_id AND p.set_aside AND t.project_id = p.id AND t.restricted RETURNING p.id
    """
)
HIDE_AGAIN = text("UPDATE projects.project SET set_aside = true WHERE id = :project_id")

HIDDEN = text("SELECT id FROM projects.project WHERE id = ANY(:ids) AND set_aside").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)

KIND: Final = "CASE WHEN restricted THEN 'restricted' WHEN expired THEN 'expired' ELSE 'deleted' END"
LISTED = text(
    f"""
    SELECT project_id, number, {KIND} AS kind, deleted_at AS at, deleted_by AS by, erase_after AS restorable_until,
        CASE WHEN restricted AND :shows_reasons THEN reason END AS reason
    FROM projects.tombstone
    WHERE (restricted OR erase_after > now()) AND (cardinality(:kinds) = 0 OR {KIND} = ANY(:kinds))
        AND (deleted_at, project_id) < (:at, :id)
    ORDER BY deleted_at DESC, project_id DESC LIMIT :limit
    """  # noqa: S608 - the expression is a constant
).bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("id", type_=Uuid),
)
