"""The server's side of the command line: up, worker, migrate, provision, access."""

from collections.abc import Mapping
from datetime import datetime
from gettext import pgettext
from pathlib import Path
from typing import Annotated

import nats
import typer
import uvloop

from contracts.figures import duration
from contracts.subjects import WORKERS
from workers.common import logs
from workers.common.http_server import PortForbiddenError, PortInUseError
from workers.common.process_settings import Settings
from workers.local import run_worker, schema_and_grants, start_errors
from workers.local.access_cli import access
from workers.local.certificates.cli import show_certificate
from workers.local.cli_environment import (
    DEFAULT_DATA,
    Data,
    connect,
    read_settings,
    remedy,
    require_holder,
    settings_of,
)
from workers.local.console_output import Styled, capitalise, decimal, fail, language, say, tell, translate, write
from workers.local.data_directory import AlreadyRunningError, Home, Runtime
from workers.local.erasures.requirement import require_journal
from workers.local.supervision.notices import notice
from workers.local.up import STOPPED, Parts, Ports, Step
from workers.local.up import up as bring_up
from workers.migrations import upgrade
from workers.runtime.bus import jetstream_strict_mode_check, streams
from workers.runtime.process.preconditions import UnfitError, require_credentials

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document a line, for programs.")]
__all__ = ["access", "migrate", "provision", "up", "worker"]
_LAST_PORT = 65_535

access.command("certificate")(show_certificate)


def up(
    data: Data = DEFAULT_DATA,
    site: Annotated[str, typer.Option(help="The site's name, part of every subject.")] = "main",
    nats_port: Annotated[
        int | None, typer.Option(min=1, max=_LAST_PORT, help="Port of NATS; a free one by default.")
    ] = None,
    health_port: Annotated[
        int, typer.Option(min=0, max=_LAST_PORT, help="Port of the pages about health and figures; 0 takes a free one.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Run the whole system on this machine: NATS, PostgreSQL and all workers, until Ctrl-C.

    Example: incidents up --data /srv/incidents --nats-port 4222 --health-port 8080
    """
    read_settings()  # the workers get these variables, too
    announce = _announce_json if as_json else _Announcer(data)
    parts = Parts(migrate=_migrate_with, provision=_provision_with)
    try:
        Home(data.absolute()).make()
        logs.configure("up", data.absolute() / "logs", notice)
        uvloop.run(bring_up(data.absolute(), site, Ports(nats_port, health_port), announce, parts))
    except AlreadyRunningError as error:
        fail(str(error), status=2)
    except start_errors.KINDS as error:
        fail(start_errors.explain(error, data), status=2)


class _Announcer:
    """Prints the steps of `up` on a terminal."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __call__(self, step: Step) -> None:
        if step.name == STOPPED:
            tell(("✓", "green"), f" {say('stopped; it ran for {time}', time=duration(step.seconds, language()))}")
            return
        if step.restart_seconds is not None:
            name, seconds = translate(step.name), decimal(step.restart_seconds)
            restarted = say("{name} was started again in {seconds} s.", name=capitalise(name), seconds=seconds)
            tell(("✓", "green"), f" {datetime.now().astimezone():%H:%M:%S} {restarted}")
            return
        tell(("✓", "green"), f" {translate(step.name)} ", (say("{seconds} s", seconds=decimal(step.seconds)), "dim"))
        if step.runtime:
            tell(*_welcome(step.runtime, self._data))


def _welcome(runtime: Runtime, data: Path) -> list[Styled]:
    option = "" if data == DEFAULT_DATA else f" --data {data}"
    bag = pgettext("example", "'A bag was left at gate 4'")
    lines = (f"projects create --description {bag}", "projects list", "watch")
    return [
        f"\n  NATS      {runtime.nats_url}   ",
        (say("credentials in {folder}", folder=f"{data}/creds"), "dim"),
        f"\n  {say('health'):<9} {runtime.health_url}/ready\n\n  {say('In another terminal:')}\n",
        *((f"    incidents {line}{option}\n", "bold") for line in lines),
        f"\n  {say('Ctrl-C stops everything.')}\n",
    ]


def _announce_json(step: Step) -> None:
    runtime = vars(step.runtime) if step.runtime else None
    restart = {} if step.restart_seconds is None else {"restart_seconds": step.restart_seconds}
    write({"step": step.name, "seconds": step.seconds, "runtime": runtime, **restart})


def worker(
    name: Annotated[str, typer.Argument(metavar="WORKER", help=f"One of {', '.join(WORKERS)}.")],
) -> None:
    """Run one worker against the servers named by INCIDENTS_* variables, until SIGTERM.

    Example: INCIDENTS_NATS_URL=nats://bus:4222 incidents worker projects
    """
    if name not in WORKERS:
        fail(say("There is no worker {name}. Choose one of {known}.", name=name, known=", ".join(WORKERS)), status=2)
    require_holder(read_settings(), name)
    try:
        run_worker.run(name)
    except PortInUseError as error:
        fail(f"INCIDENTS_HEALTH_PORT: {translate(error)}", status=2)
    except PortForbiddenError as error:
        fail(f"INCIDENTS_HEALTH_HOST, INCIDENTS_HEALTH_PORT: {translate(error)}", status=2)
    except run_worker.LogFileError as error:
        fail(str(error), status=2)


def migrate() -> None:
    """Migrate the database to the schema of this version; safe to repeat and to run concurrently.

    With INCIDENTS_OWNER_DATABASE_URL it connects as the owner, and grants the role in INCIDENTS_DATABASE_URL, which
    workers use, the rights that they need. INCIDENTS_OWNER_LOG_DATABASE_URL does the same for the log server.

    Example: INCIDENTS_DATABASE_URL=postgresql://im@db/incident_manager incidents migrate
    """
    settings = read_settings()
    try:
        away = uvloop.run(schema_and_grants.prepare(settings))
    except UnfitError as error:
        fail(str(error), error.status)
    except schema_and_grants.RoleNotNamedError as error:
        fail(str(error), status=2)
    except (upgrade.NoRoleError, upgrade.NewerSchemaError) as error:
        fail(str(error))
    if away:
        tell((say("The log server has no tables yet; run it again. {why}", why=translate(away)), "yellow"), err=True)


async def _migrate_with(environment: Mapping[str, str]) -> None:
    await schema_and_grants.prepare(settings_of(environment))


def provision(as_json: AsJson = False) -> None:
    """Create the site's streams, or compare them and report differences.

    Existing streams are not changed, except that those of an earlier version get the form of this version. Nothing is
    made while the erasure journal of INCIDENTS_ERASURES is refused.

    Example: INCIDENTS_NATS_CREDS=trust/creds/provision.creds incidents provision
    """
    settings = read_settings()
    who = require_holder(settings, "provision", exactly=False)
    try:
        uvloop.run(require_journal(settings))
        result = uvloop.run(_provision(settings, who))
    except UnfitError as error:
        fail(str(error), error.status)
    except (OSError, nats.errors.Error) as error:
        cause = error.__cause__ or error
        fail(f"{settings.nats_url}: {translate(start_errors.reason_of(cause))}. {remedy(cause, who)}", status=3)
    except streams.NotProvisionedError as error:
        fail(str(error), status=2)
    except jetstream_strict_mode_check.NotStrictError as error:
        fail(f"{settings.nats_url}: {error}")
    if as_json:
        document = {
            "created": result.created,
            "updated": result.updated,
            "same": result.same,
            "differences": [difference._asdict() for difference in result.differences],
        }
        write(document)
    else:
        _show(result)
    if result.differences:
        raise typer.Exit(1)


def _show(result: streams.Provisioned) -> None:
    for what in result.created:
        tell(("+", "green"), " ", say("{what} created", what=translate(what)))
    for what in result.updated:
        tell(("~", "green"), " ", say("{what} was updated to the form of this version", what=translate(what)))
    same = len(result.same)
    words = "{count} was as it should be" if same == 1 else "{count} were as they should be"
    tell((say(words, count=same), "dim"))
    for difference in result.differences:
        words = "{what}: {setting} is {found}, expected {expected}"
        values = {
            "what": translate(difference.what),
            "setting": difference.setting,
            "found": _shown(difference.found),
            "expected": _shown(difference.expected),
        }
        tell(("≠", "red"), " ", say(words, **values))


def _shown(value: object) -> str:
    return say("yes" if value else "no") if isinstance(value, bool) else repr(value)


async def _provision(settings: Settings, who: str) -> streams.Provisioned:
    connection = await connect(settings, who)
    if not await jetstream_strict_mode_check.is_strict(connection, "STREAM.NAMES"):
        await connection.close()
        raise jetstream_strict_mode_check.NotStrictError
    try:
        return await streams.provision(connection, settings.site)
    finally:
        await connection.close()


async def _provision_with(environment: Mapping[str, str]) -> None:
    settings = settings_of(environment)
    await _provision(settings, require_credentials(settings.nats_creds, "provision"))
