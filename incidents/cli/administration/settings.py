"""The commands of the site's settings, with a preview of what a shorter retention deletes."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from contracts.administration import ChangeSettings, SettingsChanged
from contracts.administration_queries import GetSettings
from contracts.figures import read_size, size
from contracts.retention import PreviewRetention
from contracts.texts import LANGUAGES
from incidents.cli.administration import report_design
from incidents.cli.arguments import Words, Yes, require_change
from incidents.cli.operations.retention_policies import Confirm, confirmed_deletions, with_number
from incidents.client import Client
from incidents.errors import Refused
from incidents.terminal.input.reading import make_message, read_number, read_zone
from incidents.terminal.input.vocabulary import read_word
from incidents.terminal.option_names import option_word
from incidents.terminal.options import command, group
from incidents.terminal.session import Session, UsageError
from incidents.terminal.tables import show
from incidents.terminal.text.words import name_of, value_of

_SETTING: Final = "incidents settings set --retention-days"

app = group("The site's settings, and the design of reports.")


@command(app, "show", "incidents settings show", "incidents settings show --json", table=True)
async def show_settings(session: Session) -> None:
    """Show the site's settings."""
    async with session.client() as client:
        settings = await client.ask(GetSettings())
    values = settings.model_dump(mode="json")
    rows = ((_name(session, name), _shown(session, name, value)) for name, value in values.items())
    session.show(settings, show.table(session.language, "Setting", "Value", rows=rows))


def _shown(session: Session, name: str, value: Any) -> object:
    match value:
        case list():
            return ", ".join(value)
        case int() if name == "log_archive_bytes":
            return show.Cell(size(value, session.language), value)
        case _:
            return value_of(session.language, name, value)


ChildSites = Annotated[
    Words,
    typer.Option(
        metavar="SITE",
        help="A child site; repeatable. Name all of them, because they replace the earlier ones; "
        "an empty name removes them.",
    ),
]
DetailsRequired = Annotated[
    bool | None,
    typer.Option(
        "--require-purpose/--optional-purpose",
        help="Whether an export must name its recipient, reference and legal basis.",
    ),
]
ReasonRequired = Annotated[
    bool | None,
    typer.Option(
        "--require-deletion-reason/--optional-deletion-reason",
        help="Whether a deletion by hand must say why.",
    ),
]
TwoPersonRelease = Annotated[
    bool | None,
    typer.Option(
        "--two-person-release/--one-person-release",
        help="Whether the release of a hold needs two persons.",
    ),
]
Timezone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="The time zone of reports and statistics, such as Europe/Zurich.")
]


LogSize = Annotated[
    str | None, typer.Option(metavar="SIZE", help="The size at which a log file is archived, such as 10 MB.")
]
RetentionDays = Annotated[int | None, typer.Option(metavar="DAYS", help="For how many days projects are kept.")]
Confidentiality = Annotated[
    str | None, typer.Option(metavar="TEXT", help="A line at the head of each page of reports.")
]
Signatories = Annotated[
    Words,
    typer.Option(
        metavar="NAME",
        help="Who signs reports; repeatable. Name all of them; an empty name removes them.",
    ),
]

UndoDays = Annotated[
    int | None,
    typer.Option(metavar="DAYS", help="For how many days a deleted project can be restored: 0, at once gone, to 90."),
]
ExpiryWarningDays = Annotated[
    int | None,
    typer.Option(metavar="DAYS", help="How many days before a project expires it is announced: 0, never, to 90."),
]
ActivityDays = Annotated[
    int | None,
    typer.Option(metavar="DAYS", help="For how many days the activity of projects is kept: 30 to 3650."),
]
LogDays = Annotated[
    int | None, typer.Option(metavar="DAYS", help="For how many days the log server keeps entries: 30 to 3650.")
]
WhyLonger = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why a log is kept for more than 1095 days.")
]


@command(
    app,
    "set",
    "incidents settings set --retention-days 90",
    "incidents settings set --report-title 'Harbour Security' --timezone Europe/Zurich",
    "incidents settings set --activity-days 1200 --reason 'claims may come for ten years'",
    sends=True,
)
async def set_settings(  # noqa: PLR0913 - each parameter is an option
    session: Session,
    *,
    retention_days: RetentionDays = None,
    report_title: Annotated[str | None, typer.Option(metavar="TEXT", help="The title of reports.")] = None,
    timezone: Timezone = None,
    language: Annotated[str | None, typer.Option(metavar="en|fr", help="The site's language.")] = None,
    log_archive_bytes: LogSize = None,
    child_site: ChildSites = None,
    export_details_required: DetailsRequired = None,
    deletion_reason_required: ReasonRequired = None,
    two_person_release: TwoPersonRelease = None,
    undo_days: UndoDays = None,
    expiry_warning_days: ExpiryWarningDays = None,
    confidentiality: Confidentiality = None,
    report_signatory: Signatories = None,
    activity_days: ActivityDays = None,
    log_days: LogDays = None,
    reason: WhyLonger = None,
    confirm: Confirm = None,
    yes: Yes = False,
) -> None:
    """Change settings; others stay unchanged. It asks for confirmation if projects would be deleted."""
    days = {"retention_days": retention_days, "activity_days": activity_days, "log_days": log_days}
    values: dict[str, Any] = {
        **days,
        "report_title": report_title,
        "timezone": timezone and read_zone(session, timezone).key,
        "language": language and read_word(session, "language", language, LANGUAGES, "--language"),
        "log_archive_bytes": _bytes(session, log_archive_bytes),
        "child_sites": _named(child_site),
        "export_details_required": export_details_required,
        "deletion_reason_required": deletion_reason_required,
        "two_person_release": two_person_release,
        "undo_days": undo_days,
        "expiry_warning_days": expiry_warning_days,
        "report_confidentiality": confidentiality,
        "report_signatories": _named(report_signatory),
    }
    await _change(session, _changing(session, values, reason, child_site, report_signatory), confirm, yes=yes)


async def _change(session: Session, changing: ChangeSettings, confirm: int | None, *, yes: bool) -> None:
    """Change settings, after a confirmation if a retention time would delete projects."""
    async with session.client() as client:
        if changing.retention_days is not None and confirm is None:
            confirm = await _confirmed(session, client, changing.retention_days, yes=yes)
        event = await _send_confirmed(session, client, with_number(changing, confirm), yes=yes)
    session.show(event, _summary(session, event))


async def _send_confirmed(session: Session, client: Client, changing: ChangeSettings, *, yes: bool) -> SettingsChanged:
    """Change settings; if in the new time zone projects have expired already, ask the person."""
    try:
        return await session.send(client, changing)
    except Refused as refused:
        due = refused.details.get("due")
        if changing.confirm is not None or changing.timezone is None or not isinstance(due, int):
            raise
    singular = "Change the time zone? The next sweep will then delete {count} project."
    plural = "Change the time zone? The next sweep will then delete {count} projects."
    if not yes and not session.confirm(session.count(due, singular, plural)):
        session.tell("Nothing was changed.")
        raise typer.Exit
    return await session.send(client, with_number(changing, due), "confirmed")  # the refused one has this run's id


def _summary(session: Session, event: SettingsChanged) -> str:
    """Return the sentence about what changed."""
    changed = ", ".join(_name(session, name) for name in event.changed)
    unchanged = session.say("Nothing was changed: the settings had these values already.")
    return session.say("Settings changed: {changed}", changed=changed) if changed else unchanged


def _changing(
    session: Session, values: Mapping[str, Any], reason: str | None, *lists: list[str] | None
) -> ChangeSettings:
    """Return the command that changes the settings that were given; lists may be given empty.

    Raises:
        UsageError: Nothing was given to change.
    """
    require_change(session, f"{_SETTING} 90", *values.values(), *lists)
    fields = {name: value for name, value in {**values, "reason": reason}.items() if value is not None}
    return make_message(session, ChangeSettings, fields)


def _named(names: list[str] | None) -> list[str] | None:
    """Return a new list of names; one empty name means none at all."""
    return None if names is None else [name for name in names if name]


def _bytes(session: Session, text: str | None) -> int | None:
    """Parse a size: as it is shown, or in bytes.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return None
    if (size_ := read_size(text)) is not None:
        return size_
    if (figures := read_number(session, text, "--log-archive-bytes", whole=True)).isdecimal():
        return int(figures)
    words = "{option}: {text} is not a size: write it as 10 MB, or in bytes"
    raise UsageError(session.say(words, option="--log-archive-bytes", text=text))


def _name(session: Session, setting: str) -> str:
    """Return the name of a setting: in English that of its option."""
    name = name_of(session.language, "field", setting)
    return option_word(setting) if name == setting else name


async def _confirmed(session: Session, client: Client, days: int, *, yes: bool) -> int | None:
    """Return the number of projects that a shorter retention time lets the next sweep delete, confirmed."""
    singular = "Set the retention time to {days}? The next sweep will then delete {count} project."
    plural = "Set the retention time to {days}? The next sweep will then delete {count} projects."
    time = session.count(days, "{count} day", "{count} days")
    preview = make_message(session, PreviewRetention, {"retention_days": days})
    return await confirmed_deletions(
        session, client, preview, lambda due: session.count(due, singular, plural, days=time), yes=yes
    )


report_design.register(app)
