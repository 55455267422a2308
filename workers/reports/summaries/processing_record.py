"""Reading what the configuration of the site says of the processing, for its record."""

from typing import Final, TypedDict

from sqlalchemy import text

from contracts.permissions import ADMINISTRATORS, Level, Node
from contracts.record_data import RecordData
from workers.reports import tables
from workers.reports.row_types import CategoryRow, DataFieldRow, SettingsRow, SummaryRow
from workers.reports.summaries.reading import Reading, facts_of_file, letterhead_of
from workers.reports.summary_layout.record.sections import Configuration, Measures, Policy, Role, sections
from workers.reports.summary_layout.rendering import Letterhead
from workers.runtime.storage.identity_map import rows_of

PARTS: Final = {
    "settings": (Node.SETTINGS,),
    "policies": (Node.RETENTION,),
    "properties": (Node.PROPERTIES, Node.PROJECTS),
    "roles": (Node.ROLES,),
}
"""The parts of the configuration, each with the nodes of which one lets its author see it."""

_MEASURES = text(
    """
    SELECT retention_days, activity_days, log_days, export_details_required, deletion_reason_required,
        two_person_release
    FROM published.settings
    """
)
_POLICIES = text(
    """
    SELECT coalesce(p.name, y.property_id::text) AS name, y.days, y.years, y.exempt, y.counted_from
    FROM published.retention_policies y LEFT JOIN published.properties p ON p.id = y.property_id ORDER BY y.policy_id
    """
)
_NAMES = text("SELECT name FROM published.properties WHERE kind = :kind ORDER BY id")
_ROLES = text("SELECT role_id, name, permissions FROM published.roles ORDER BY role_id")


class _RoleRow(TypedDict):
    """A row of the published view of roles."""

    role_id: str
    name: str
    permissions: dict[str, str]


async def collect_record(asked_for: SummaryRow, reading: Reading) -> tuple[RecordData, Letterhead]:
    """Read what the author of a record may see now, and what the organisation has on its papers."""
    [settings] = rows_of(await reading.connection.execute(tables.SETTINGS), SettingsRow)
    configuration = await _read(reading)
    missing = [name for name in PARTS if getattr(configuration, name) is None]
    data = RecordData(
        **facts_of_file(asked_for, reading, settings),
        missing=missing,
        sections=sections(configuration, asked_for["language"]),
    )
    return data, await letterhead_of(reading, settings)


async def _read(reading: Reading) -> Configuration:
    execute = reading.connection.execute
    seen = {name for name, nodes in PARTS.items() if any(reading.grants.allow(node, Level.VIEW) for node in nodes)}
    properties: dict[str, list[str]] | None = None
    if "properties" in seen:
        categories = rows_of(await execute(tables.CATEGORIES), CategoryRow)
        fields = rows_of(await execute(tables.DATA_FIELDS), DataFieldRow)
        properties = {
            "types": list((await execute(_NAMES, {"kind": "type"})).scalars()),
            "statuses": list((await execute(_NAMES, {"kind": "status"})).scalars()),
            "categories": [row["name"] for row in categories if row["enabled"]],
            "data_fields": [row["name"] for row in fields if row["enabled"]],
        }
    return Configuration(
        settings=rows_of(await execute(_MEASURES), Measures)[0] if "settings" in seen else None,
        policies=rows_of(await execute(_POLICIES), Policy) if "policies" in seen else None,
        properties=properties,
        roles=[_role(row) for row in rows_of(await execute(_ROLES), _RoleRow)] if "roles" in seen else None,
    )


def _role(row: _RoleRow) -> Role:
    if row["role_id"] == ADMINISTRATORS:
        return Role(row["name"], [*Node])
    return Role(row["name"], [node for node in Node if row["permissions"].get(node, "none") != "none"])
