"""The command that proves which text stood in a project."""

import os
from gettext import pgettext
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from workers.local.activity_logs.text_proofs import Kind, NoHashError, Question, TextProof, prove
from workers.local.cli_environment import DATABASE_VARIABLE, DEFAULT_DATA, AsJson, Data, read_settings, require_runtime
from workers.local.console_output import fail, say, tell, write
from workers.runtime.process.preconditions import UnfitError

_OTHER: Final = 1
_USAGE: Final = 2
_FIELDS: Final = (
    *("description", "reference", "text_1", "text_2", "text_3"),
    *("comment", "party", "number", "notes"),
)
_REASONS: Final[dict[Kind, str]] = {
    "unknown": "there is no project {project}",
    "not-recorded": "the log has no entry of revision {revision} of this project",
    "no-hash": (
        "the log has no hash of {field} in revision {revision}; revisions of which it has one: {revisions}. It has "
        "none of what earlier versions recorded, nor where no rule of retention keeps projects for 183 days"
    ),
    "forgotten": (
        "the salt of this hash was deleted with the project, by a redaction or by a shorter retention: nobody can tell "
        "any more which text it was"
    ),
}

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The number or the id of the project.")]
Revision = Annotated[int, typer.Argument(metavar="REVISION", min=1, help="The revision that wrote the text.")]
FieldName = Annotated[
    str,
    typer.Argument(
        metavar="FIELD",
        help="description, reference, text_1 to text_3, comment, or party, telephone or notes of a call.",
    ),
]
TextFile = Annotated[Path, typer.Argument(metavar="FILE", help="A file with the text, in UTF-8.")]


def prove_text(
    project: Project,
    revision: Revision,
    field: FieldName,
    file: TextFile,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Prove whether a text stood in a project, by the hash that the activity log has of it.

    The log has a salted hash of each wording, in an entry that nobody can change unnoticed. The salt dies with the
    project and with a redaction of the text; afterwards nobody can tell. `incidents projects history` names the
    revisions. The exit status is 1 if it was another text, or if the entry was changed.

    With servers of your own, set INCIDENTS_DATABASE_URL.

    Example: incidents audit prove-text 12 4 description statement.txt
    """
    try:
        wording = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        fail(say("{path} cannot be read: {reason}", path=file, reason=say(reason)), _USAGE)
    question = Question(project, revision, _read_field(field))
    try:
        proof = uvloop.run(prove(_database_url(data), question, wording))
    except NoHashError as error:
        revisions = ", ".join(map(str, error.revisions)) or pgettext("feminine", "none")
        fail(say(_REASONS[error.kind], **_named(question), revisions=revisions), _USAGE)
    except UnfitError as error:
        fail(str(error), error.status)
    _show(question, proof, as_json=as_json)
    if not (proof.is_same and proof.is_intact):
        raise typer.Exit(_OTHER)


def _read_field(text: str) -> str:
    """Return a field, typed as it is shown or as the wire calls it."""
    fields = {name: field for field in _FIELDS for name in (field, _shown(field))}
    if (typed := text.strip().casefold()) not in fields:
        known = ", ".join(map(_shown, _FIELDS))
        fail(say("There is no text {text}. Choose one of {known}.", text=text, known=known), _USAGE)
    return fields[typed]


def _named(question: Question) -> dict[str, Any]:
    """Return the parts of a question for a sentence, with the field as it is shown."""
    return {**question._asdict(), "field": _shown(question.field)}


def _shown(field: str) -> str:
    return say("Telephone").casefold() if field == "number" else pgettext("field", field)


def _database_url(data: Path) -> str:
    return read_settings().database_url if DATABASE_VARIABLE in os.environ else require_runtime(data).database_url


def _show(question: Question, proof: TextProof, *, as_json: bool) -> None:
    if as_json:
        document = {**question._asdict(), **proof._asdict(), "project_id": str(proof.project_id)}
        write({**document, "at": proof.at.isoformat()})
        return
    at = f"{proof.at:%Y-%m-%d %H:%M} UTC"
    if proof.is_same:
        words = "this text is {field} of project {project} since revision {revision}: {actor} wrote it on {at}"
        tell(("✓", "green"), " ", say(words, **_named(question), actor=proof.actor, at=at))
    else:
        words = "this text is not {field} of project {project} in revision {revision}, which {actor} wrote on {at}"
        tell(("✗", "red"), " ", say(words, **_named(question), actor=proof.actor, at=at))
    if proof.is_intact:
        words = "  entry {index} of the activity log is as it was recorded; `incidents audit verify` proves the log"
        tell((say(words, index=proof.log_index), "dim"))
    else:
        words = "  entry {index} of the activity log was changed since it was recorded, and proves nothing"
        tell((say(words, index=proof.log_index), "red"))
