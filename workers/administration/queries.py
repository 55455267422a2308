"""The queries about properties, settings, roles, the licence, dead letters and the caller's permissions."""

from pydantic import TypeAdapter

from contracts.administration_queries import (
    Category,
    DataField,
    DefinitionChange,
    DefinitionHistory,
    DefinitionKind,
    DefinitionQuery,
    GetMe,
    GetProperties,
    GetPropertyHistory,
    GetRoleHistory,
    GetRoles,
    GetSettingHistory,
    GetSettings,
    Me,
    Properties,
    Property,
    Role,
    Roles,
    Settings,
    Status,
)
from contracts.dead_letters import (
    DeadLetters,
    GetDeadLetter,
    LetterOpened,
    LetterSummary,
    ListDeadLetters,
    OpenedLetter,
)
from contracts.licence import GetLicence, Licence, LicenceState
from contracts.texts import reason
from workers.administration import domain, tables
from workers.administration.dead_letter_lookup import erasure_fields, event_fields, require_letter, require_letters
from workers.administration.row_types import (
    CategoryRow,
    DataFieldRow,
    DefinitionChangeRow,
    LicenceRow,
    PropertyRow,
    RoleNameRow,
    RoleWithMembersRow,
    SettingColumns,
)
from workers.administration.worker import worker
from workers.runtime.admission import licence_check
from workers.runtime.commands.dead_letter_reading import Letter
from workers.runtime.commands.letter_sealing.opening import open_letters
from workers.runtime.queries import result_pages
from workers.runtime.queries.query_dispatch import QueryContext
from workers.runtime.queries.result_pages import cursor, read_cursor
from workers.runtime.storage.identity_map import row_of, rows_of

_PLACE = TypeAdapter(tuple[int])
_NEWEST = (2**63 - 1,)
"""A place after every change."""


@worker.answers(GetProperties)
async def get_properties(_: GetProperties, context: QueryContext) -> Properties:
    """Return every defined property, including disabled ones: projects may still have their values (AMB-2)."""
    execute = context.connection.execute
    rows = rows_of(await execute(tables.PROPERTIES), PropertyRow)
    categories = rows_of(await execute(tables.CATEGORIES), CategoryRow)
    fields = rows_of(await execute(tables.DATA_FIELDS), DataFieldRow)
    listed: dict[tuple[str, int | None], list[Property]] = {}
    for row in rows:
        property_ = Property(id=row["id"], name=row["name"], description=row["description"])
        listed.setdefault((row["kind"], row["slot"]), []).append(property_)
    closing = {row["id"]: row["closing"] for row in rows}
    return Properties(
        types=listed.get(("type", None), []),
        statuses=[Status(**dict(status), closing=closing[status.id]) for status in listed.get(("status", None), [])],
        categories=[Category(**row, values=listed.get(("category-value", row["slot"]), [])) for row in categories],
        data_fields=[DataField.model_validate({**row}) for row in fields],
    )


@worker.answers(GetPropertyHistory)
async def get_property_history(query: GetPropertyHistory, context: QueryContext) -> DefinitionHistory:
    """Return the changes of properties of a kind, the newest first."""
    return await _history(query.kind, query, context)


@worker.answers(GetRoleHistory)
async def get_role_history(query: GetRoleHistory, context: QueryContext) -> DefinitionHistory:
    """Return the changes of roles, the newest first."""
    return await _history("role", query, context)


@worker.answers(GetSettingHistory)
async def get_setting_history(query: GetSettingHistory, context: QueryContext) -> DefinitionHistory:
    """Return the changes of settings, the newest first."""
    return await _history("setting", query, context)


async def _history(kind: DefinitionKind, query: DefinitionQuery, context: QueryContext) -> DefinitionHistory:
    (number,) = read_cursor(_PLACE, query.after) if query.after else _NEWEST
    parameters = {"kind": kind, "key": query.key, "number": number, "limit": query.limit + 1}

    def shown(row: DefinitionChangeRow) -> DefinitionChange:
        columns = {"kind": row["kind"], "key": row["key"], "at": row["at"], "by": row["by"]}
        return DefinitionChange.model_validate({**columns, "old": row["old"], "new": row["new"]})

    page = await result_pages.read(context.connection, tables.CHANGES, parameters, shown, query.limit)
    return DefinitionHistory(items=page.items, next=cursor(page.last["number"]) if page.last else None)


@worker.answers(GetSettings)
async def get_settings(_: GetSettings, context: QueryContext) -> Settings:
    """Return the site's settings."""
    (settings,) = rows_of(await context.connection.execute(tables.SETTINGS), SettingColumns)
    return Settings(**settings)


@worker.answers(GetRoles)
async def get_roles(_: GetRoles, context: QueryContext) -> Roles:
    """Return every role with its permissions and members."""
    rows = rows_of(await context.connection.execute(tables.ROLES), RoleWithMembersRow)
    return Roles(roles=[_role(row) for row in rows])


def _role(row: RoleWithMembersRow) -> Role:
    return Role.model_validate({**row, "permissions": domain.role_levels(row)}, strict=False)


@worker.answers(GetMe)
async def get_me(_: GetMe, context: QueryContext) -> Me:
    """Return the caller's roles and effective permissions, which need no permission."""
    rows = rows_of(await context.connection.execute(tables.ROLES_OF, {"principal": context.principal}), RoleNameRow)
    names = {row["role_id"]: row["name"] for row in rows}
    levels = domain.effective_levels(context.grants)
    may = domain.permitted_requests(context.grants)
    return Me(principal=context.principal, roles=[*names], role_names=names, permissions=levels, may=may)


@worker.answers(GetLicence)
async def get_licence(_: GetLicence, context: QueryContext) -> LicenceState:
    """Return the activated licence, or else the one in the site's account token."""
    row = row_of(await context.connection.execute(tables.LICENCE), LicenceRow)
    if row is None:
        included, reason = (
            context.licensing.included,
            licence_check.find_obstacle(context.licensing.included, context.now),
        )
        return LicenceState(valid=reason is None, reason=reason, licence=included, included=included is not None)
    columns = {"version": row["version"], "edition": row["edition"], "expires_at": row["expires_at"]}
    activated = Licence.model_validate(columns)
    reason = licence_check.find_obstacle(activated, context.now)
    return LicenceState(
        valid=reason is None,
        reason=reason,
        licence=activated,
        activated_by=row["activated_by"],
        activated_at=row["activated_at"],
    )


@worker.answers(ListDeadLetters)
async def list_dead_letters(query: ListDeadLetters, context: QueryContext) -> DeadLetters:
    """Return dead letters without their contents, the oldest first."""
    letters = await require_letters(context.letters).after(query.after, query.limit + 1)
    following = letters[query.limit - 1].number if len(letters) > query.limit else None
    shown = await open_letters(context.connection, letters[: query.limit])
    return DeadLetters(items=[_summary(letter, context.language) for letter in shown], next=following)


@worker.answers(GetDeadLetter)
async def get_dead_letter(query: GetDeadLetter, context: QueryContext) -> OpenedLetter:
    """Return a dead letter with its contents, and record who read it."""
    letter = await require_letter(context.letters, context.connection, query.letter)
    summary = _summary(letter, context.language)
    context.emit(LetterOpened(**event_fields(letter)), "-")
    content = {name: letter.content[name] for name in ("body", "body_base64", "body_bytes") if name in letter.content}
    return OpenedLetter(summary=summary, subject=letter.subject, headers=letter.headers, **content)


def _summary(letter: Letter, language: str) -> LetterSummary:
    why = letter.hindrance
    return LetterSummary(
        letter=letter.number,
        at=letter.at,
        worker=letter.worker,
        principal=letter.principal,
        what=letter.what,
        command_id=letter.command_id,
        reason=str(letter.content.get("reason", "")),
        replayable=why is None,
        hindrance=reason(why, language) if why else None,
        **erasure_fields(letter),
    )
