"""Trying a design that a command has asked for, and concluding the command."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, get_args

from contracts.errors import Code, Refusal
from contracts.permissions import Level
from contracts.report_design import LOGO_SIDE_MAX, LOGO_SIDE_MIN, LogoSet, SetLogo, SetTemplate, TemplateSet
from contracts.values import Language
from workers.common import sandboxed_jobs
from workers.common.sandboxed_jobs import ChildError
from workers.reports import design_tables, domain
from workers.reports.design.sample_reports import empty_report, full_front, full_report
from workers.reports.design.template_rendering import TemplateError, print_front_with, render_with
from workers.reports.rendering.render_input import Template
from workers.reports.row_types import DesignRequestRow, DesignRow
from workers.runtime.commands.deferred_commands import DeferredCommand, Step
from workers.runtime.storage.identity_map import row_of, rows_of

LOGO, TEMPLATE = "logo", "template"
"""The kinds of designs."""

_LOGO_JOB = "workers.reports.design.logo_trial:job"


async def try_next_design(step: Step, principal: str, *, give_up: bool = False) -> bool:
    """Try the design that a principal has waited for longest; return whether one waited that nobody else is trying."""
    claim = await step.connection.execute(design_tables.CLAIM_REQUEST, {"principal": principal})
    request = row_of(claim, DesignRequestRow)
    if request is None:
        return False
    kind: type[SetLogo | SetTemplate] = SetTemplate if request["kind"] == TEMPLATE else SetLogo
    command = DeferredCommand(
        kind, request["command_id"], principal, "-", request["refusal_language"], request["trace"]
    )
    if give_up:
        await step.give_up(command, request["letter"])
    else:
        try:
            await _accept(step, command, request)
        except Refusal as refusal:
            await step.conclude(command, refusal)
    named = {"command_id": str(request["command_id"]), "principal": principal}
    await step.connection.execute(design_tables.DROP_REQUEST, named)
    return True


async def _accept(step: Step, command: DeferredCommand, request: DesignRequestRow) -> None:
    """Put a design into force, if its author still may and if it can be drawn."""
    context = await step.context(request["principal"])
    if missing := command.kind.model_construct().missing(context.grants[request["principal"]]):
        raise Refusal(Code.NOT_AVAILABLE, nodes=missing, level=Level.MANAGE.name.lower())
    is_template = request["kind"] == TEMPLATE
    new: DesignRow = {
        "kind": request["kind"],
        "number": 1,
        "content": request["content"],
        "sha256": hashlib.sha256(request["content"]).hexdigest(),
        "facts": {**request["facts"], **await (_try_template if is_template else _try_logo)(request["content"])},
        "set_by": request["principal"],
        "set_at": context.now,
    }
    old = row_of(await step.connection.execute(design_tables.OF_KIND, {"kind": new["kind"]}), DesignRow)
    if old and (old["content"], old["facts"]) == (new["content"], new["facts"]):
        await step.conclude(command, event_of(old), is_unchanged=True)
    else:
        [stored] = rows_of(await step.connection.execute(design_tables.SET_DESIGN, new), DesignRow)
        await step.conclude(command, event_of(stored))


async def _try_logo(image: bytes) -> dict[str, Any]:
    """Return the format and the size of a logo.

    Raises:
        Refusal: It is no picture, too small or too large, or cannot be drawn.
    """
    try:
        reply = await sandboxed_jobs.call(_LOGO_JOB, {"side_min": LOGO_SIDE_MIN, "side_max": LOGO_SIDE_MAX}, [image])
    except ChildError:
        raise domain.refused_logo("logo_not_drawn") from None
    facts: dict[str, Any] = {name: reply.facts[name] for name in ("format", "width", "height") if name in reply.facts}
    if kind := reply.facts.get("refused"):
        raise domain.refused_logo(kind, facts)
    return facts


async def _try_template(source: bytes) -> dict[str, Any]:
    """Print sample reports with a template, alone and bound, and its front page; return whether it has one.

    Raises:
        Refusal: One cannot be made.
    """
    template = Template(source, 0, "0" * 64, "system", datetime.now(UTC))
    samples = ((full_report(), True), (empty_report(), True), (full_report("fr"), False))
    try:
        for document, stands_alone in samples:
            await render_with(template, document, stands_alone=stands_alone)
        fronts = [await print_front_with(template, *_front(language)) for language in get_args(Language)]
    except TemplateError as error:
        raise domain.refused_template(error.failure, error.detail) from None
    return {"has_front_page": None not in fronts}


def _front(language: Language) -> tuple[dict[str, Any], list[bytes]]:
    facts, entries = full_front(language)
    return facts, [json.dumps(entries).encode()]


def event_of(row: DesignRow) -> LogoSet | TemplateSet:
    """Return the event of an accepted logo or template."""
    common: dict[str, Any] = {"number": row["number"], "sha256": row["sha256"], "bytes": len(row["content"] or b"")}
    if row["kind"] == TEMPLATE:
        return TemplateSet(**common)
    return LogoSet(**common, **row["facts"])
