"""The options that fill the fields of messages, for refusals in the words that were typed."""

from collections.abc import Collection, Mapping
from typing import Final

_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "activities": ("activity",),
    "batch_id": ("resume",),
    "camera_id": ("camera",),
    "camera_ids": ("camera",),
    "camera_name": ("camera",),
    "cameras": ("camera",),
    "child_sites": ("child_site",),
    "created.from": ("since",),
    "created.to": ("until",),
    "created_by": ("created_by", "by"),
    "deletion_reason_required": ("require_deletion_reason",),
    "end_time": ("end",),
    "export_id": ("resume",),
    "export_details_required": ("require_purpose",),
    "counted_from": ("from",),
    "has_hold": ("held",),
    "group_by": ("by",),
    "kinds": ("restricted",),
    "legal_basis": ("basis",),
    "media_expires_at": ("kept_until",),
    "number": ("number", "project"),
    "numbers": ("number",),
    "part_id": ("part",),
    "project_id": ("project",),
    "project_ids": ("project",),
    "property_id": ("type", "status", "category"),
    "recipient": ("to",),
    "references": ("reference",),
    "report_confidentiality": ("confidentiality",),
    "report_id": ("batch", "resume"),
    "report_signatories": ("report_signatory",),
    "requested.from": ("since",),
    "requested.to": ("until",),
    "retention_days": ("retention_days", "days"),
    "search": ("search", "words"),
    "sequences": ("camera",),
    "start_time": ("start",),
    "start_time.from": ("started_since",),
    "start_time.to": ("started_until",),
    "status_id": ("status",),
    "status_ids": ("status",),
    "summary_id": ("resume",),
    "template": ("standard_form",),
    "type_id": ("type",),
    "type_ids": ("type",),
    "updated.from": ("updated_since",),
    "updated.to": ("updated_until",),
    "within_days": ("within",),
}
"""The words of options by the fields that they fill, where the two differ; a field may have others elsewhere."""


def option_of(field: str, options: Collection[str]) -> str:
    """Return which of the options fills a field; empty if there is none, or if it takes another unit."""
    names = [part for part in field.split(".") if not part.isdecimal()] or [""]
    last = names[-1]
    words = _OPTIONS.get(".".join(names[-2:])) or _OPTIONS.get(last) or (last,)
    known = (f"--{word.replace('_', '-')}" for word in words)
    return next((option for option in known if option in options), "")


def option_word(field: str) -> str:
    """Return the word by which a field is typed as an option."""
    return _OPTIONS.get(field, (field,))[0].replace("_", "-")
