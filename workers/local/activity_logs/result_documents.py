"""What a verification found out about a log, for programs."""

from typing import Any

from workers.local.activity_logs.stamps import StampedState
from workers.local.activity_logs.verification import Result
from workers.local.activity_logs.witness_answers import Witnessed


def document_of(result: Result) -> dict[str, Any]:
    """Return what was found out about a log, as JSON has it."""
    return {
        "log": result.store,
        "entries": result.verified.size,
        "proven": result.verified.signed,
        "checkpoints": result.checkpoints,
        "unsigned_checkpoints": result.unsigned_notes,
        "dropped": result.dropped.end if result.dropped else 0,
        "dropped_before": result.dropped.before.isoformat() if result.dropped else None,
        "other_statements": result.other_statements,
        "from_before": result.unnumbered.before,
        "inserted": result.unnumbered.since,
        "first": result.first,
        "witnessed": _witnessed_document(result.witnessed),
        "stamped": _stamped_document(result.stamped),
        "other_stamps": result.other_stamps,
        "discrepancies": [discrepancy._asdict() for discrepancy in result.verified.discrepancies],
        "intact": result.is_intact,
    }


def _witnessed_document(witnessed: Witnessed | None) -> dict[str, Any] | None:
    if witnessed is None:
        return None
    last = witnessed.last
    return {
        "entries": last.checkpoint.size if last else 0,
        "witness": last.witness if last else None,
        "at": last.at.isoformat() if last else None,
        "answers": [answer._asdict() for answer in witnessed.answers],
    }


def _stamped_document(stamped: StampedState | None) -> dict[str, Any] | None:
    if stamped is None:
        return None
    return {"entries": stamped.checkpoint.size, "at": stamped.at.isoformat(), "authority": stamped.authority}
