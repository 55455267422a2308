"""What people mistype, and what is in the way where they type it: a sentence says so before anything is lost."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from incidents.cli import build
from incidents.terminal.tables.refusals import refusal_panel
from tests.client.command_line import incidents
from tests.client.conftest import Bus, Peer
from tests.client.interactive import Terminal, run_on_terminal
from tests.client.test_commands import PROJECT, RunLine, run_line
from tests.support import eventually

__all__ = ["run_line"]


@pytest.mark.parametrize(
    "line", [("projects", "list", "--limit", "1000"), ("projects", "list", "--typo"), ("projects", "lst")]
)
async def test_machines_are_told_their_mistakes_on_stdout(line: tuple[str, ...]) -> None:
    """With --json what cannot be understood is one document on stdout, too, with status 2."""
    ended = await incidents(*line, "--json")
    assert ended.status == 2
    assert ended.err == ""
    assert (ended.json["error"]["code"], ended.json["error"]["message"]) == ("usage", ended.json["error"]["message"])


async def test_machines_get_help_and_status_0() -> None:
    """--json changes nothing of --help."""
    ended = await incidents("projects", "list", "--json", "--help")
    assert ended.status == 0
    assert "--follow" in ended.out


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000], ids=len)
async def test_a_number_that_is_too_long_is_no_fault(peer: Peer, run_line: RunLine, number: str) -> None:
    """A number that no project can have is refused in a sentence, since nothing has it as its reference either."""
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None, "total": None}).encode()
    ended = await run_line("projects", "show", number)
    assert ended.status in {1, 2}
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "line",
    [
        ("report", "12", "-o"),
        ("projects", "export", "12", "--force", "-o"),
        ("import", "rows.csv", "--errors"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("name, why", [("no/such{ending}", "make no first"), (".", "is a directory")])
async def test_nothing_is_made_that_cannot_be_kept(
    peer: Peer, run_line: RunLine, tmp_path: Path, line: tuple[str, ...], name: str, why: str
) -> None:
    """A file that cannot be written is reported before anything is sent, with the way out."""
    (tmp_path / "rows.csv").write_text("number,created_by,created_at\n1,ann,2025-01-01T00:00:00Z\n")
    ending = {"report": ".pdf", "projects": ".zip", "import": ".csv"}[line[0]]
    ended = await run_line(*line, name.format(ending=ending))
    assert ended.status == 2
    assert peer.commands == []
    assert peer.queries == []
    assert why in ended.err.replace("\n", " ")


async def test_a_value_is_refused_with_those_that_are_allowed(run_line: RunLine) -> None:
    """Where only some values fit, the refusal names them."""
    ended = await run_line("stats", "--interval", "year", "--json")
    assert ended.status == 2
    assert "week" in ended.json["error"]["message"]
    assert "existe pas. Choix possibles" in (await run_line("stats", "--interval", "annee", "--lang", "fr")).err
    assert "Did you mean week?" in (await run_line("stats", "--interval", "weeek")).err


@pytest.mark.parametrize("json_", [(), ("--json",)])
@pytest.mark.parametrize("line", [("projects", "delete", PROJECT), ("projects", "draft", "clear")], ids=" ".join)
async def test_where_nobody_answers_nothing_is_deleted(
    peer: Peer, run_line: RunLine, line: tuple[str, ...], json_: tuple[str, ...]
) -> None:
    """A script without --yes ends with the reason and the status of a mistake."""
    ended = await run_line(*line, *json_)
    assert ended.status == 2
    assert peer.commands == []
    assert "--yes" in (ended.json["error"]["message"] if json_ else ended.err)


async def test_a_call_without_a_party_is_not_sent(peer: Peer, run_line: RunLine) -> None:
    """A call with nobody is refused with the options that say with whom it was."""
    ended = await run_line("projects", "call", PROJECT, "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert "--to NAME or --from NAME" in ended.json["error"]["message"]


@pytest.mark.parametrize("line", ["import", "import status", "licence activate"])
async def test_a_file_that_is_not_there_is_said_so(peer: Peer, run_line: RunLine, tmp_path: Path, line: str) -> None:
    """A wrong path is distinguished from a file that cannot be read."""
    ended = await run_line(*line.split(), tmp_path / "none.csv", "--json")
    assert ended.status == 2
    assert peer.commands == []
    assert "there is no file" in ended.json["error"]["message"]


async def test_a_password_is_asked_for_at_a_terminal_alone(peer: Peer, run_line: RunLine) -> None:
    """Where nobody can type a password unseen, the option that reads it is named."""
    ended = await run_line("projects", "export", PROJECT, "--password", "--json")
    assert ended.status == 2
    assert ended.err == ""
    assert peer.commands == []
    assert "--password-stdin" in ended.json["error"]["message"]


@pytest.fixture
async def asked_back(bus: Bus) -> AsyncIterator[Terminal]:
    """A terminal at which `projects delete` waits for an answer."""
    where = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": str(bus.credentials("alice"))}
    async with run_on_terminal(where, "projects", "delete", PROJECT) as terminal:
        await terminal.shows("[y/N]")
        await terminal.reads()
        yield terminal


async def test_one_ctrl_c_ends_a_question(peer: Peer, asked_back: Terminal) -> None:
    """Ctrl-C instead of an answer ends with the status of Ctrl-C, without a traceback, and nothing is deleted."""
    assert (await asked_back.interrupt(), peer.commands) == (128 + signal.SIGINT, [])
    assert "Traceback" not in await asked_back.ends()


@pytest.mark.parametrize("language, choice, yes", [("fr", "[o/N]", "Oui"), ("fr", "[o/N]", "y"), ("en", "[y/N]", "o")])
async def test_a_question_is_answered_in_either_language(
    peer: Peer, bus: Bus, language: str, choice: str, yes: str
) -> None:
    """The choice is shown in the language; yes of either is understood, and after anything else it is asked again."""
    where = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": str(bus.credentials("alice"))}

    async def is_sent() -> bool:
        return bool(peer.commands)

    async with run_on_terminal(where, "projects", "delete", PROJECT, "--lang", language) as terminal:
        await terminal.shows(choice)
        terminal.type("ja")
        await terminal.shows("o ou n" if language == "fr" else "y or n")
        assert peer.commands == []
        terminal.type(yes)
        await eventually(is_sent, within=40)


async def test_the_way_out_is_the_same_detail_in_every_language(tmp_path: Path) -> None:
    """Programs find what to type under one name."""
    ended = await incidents("me", "--json", "--lang", "fr", "--data", tmp_path)
    assert ended.json["error"]["details"] == {"type": f"incidents up --data {tmp_path}"}


async def test_an_address_that_does_not_answer_has_a_way_out(bus: Bus) -> None:
    """Who named a system elsewhere is shown how it is named."""
    where: dict[str, Any] = {"INCIDENTS_NATS_URL": "nats://127.0.0.1:1", "INCIDENTS_NATS_CREDS": bus.credentials("me")}
    ended = await incidents("me", "--json", environment=where)
    assert "INCIDENTS_NATS_URL" in json.dumps(ended.json["error"]["details"])


@pytest.mark.parametrize("foreign", [True, False])
async def test_credentials_that_do_not_count_are_not_a_system_that_is_away(bus: Bus, *, foreign: bool) -> None:
    """Where a system runs, no sentence says to start one: the way out is another credentials file."""
    file = bus.folder / "me.creds"
    minted = type(bus.trust).create(bus.folder / "other", "main").mint("me", "client")
    file.write_text(minted if foreign else "these are none")
    where: dict[str, Any] = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": file}
    ended = await incidents("me", "--json", environment=where)
    error = ended.json["error"]
    assert (ended.status, error["code"]) == (3 if foreign else 2, "credentials")
    assert error["details"] == {"type": "export INCIDENTS_NATS_CREDS=FILE"}
    assert ("revoked" in error["message"]) is foreign
    assert "iolation" not in (await incidents("me", "--json", "--lang", "fr", environment=where)).out


@pytest.mark.parametrize(
    "line",
    [
        ("projects", "update", PROJECT),
        ("projects", "update", PROJECT, "--expected-revision", "5"),
        ("projects", "edit-call", PROJECT, "1"),
        ("projects", "delete-sequence", PROJECT),
        ("settings", "set"),
        ("types", "rename", "Injury"),
        ("categories", "rename", "Reason", "Trapped"),
    ],
    ids=" ".join,
)
async def test_nothing_to_change_is_answered_with_an_example(
    peer: Peer, run_line: RunLine, line: tuple[str, ...]
) -> None:
    """Who says not what to change gets a line that does, and nothing is asked or sent."""
    ended = await run_line(*line, "--json")
    assert (ended.status, peer.commands, peer.queries) == (2, [], [])
    assert f"as in: incidents {line[0]} {line[1]} " in ended.json["error"]["message"]


@pytest.mark.parametrize("language, words", [("en", "the message"), ("fr", "le message")])
def test_a_refusal_without_a_field_is_about_the_message(language: str, words: str) -> None:
    """A refusal of a whole message is labelled as one."""
    fields = [{"field": "", "kind": "nothing_to_change", "reason": "contains nothing to change"}]
    error = {"code": "invalid", "message": "No.", "details": {"fields": fields}}
    body: Any = refusal_panel(error, language).renderable
    assert words in [str(cell) for column in body.columns for each in column.cells for cell in _cells(each)]


@pytest.mark.parametrize("language, days", [("en", "7d"), ("fr", "7j")])
async def test_a_cursor_is_explained(peer: Peer, run_line: RunLine, language: str, days: str) -> None:
    """What is no cursor is answered with one, with what shows them, and with what takes a time."""
    ended = await run_line("watch", "--since", "foo", "--json", "--lang", language)
    assert ended.status == 2
    message = ended.json["error"]["message"]
    for words in ("foo", "1f6ec1a2-1042", "`incidents watch --json`", f"incidents audit log --since {days}"):
        assert words in message


def test_every_option_that_takes_a_time_shows_some() -> None:
    """Help shows forms of a time wherever one is typed: of a later one for what is kept until then."""
    options = [each for each in _options(build()) if each.metavar == "TIME"]
    assert len(options) > 20
    later = {"kept_until": ("in 7 days, tomorrow",), "until": ("in 7 days, tomorrow", "7d, yesterday")}
    shown = {(each.name, str(each.help)) for each in options}
    assert [name for name, text in shown if not any(map(text.__contains__, later.get(name, ("7d, yesterday",))))] == []


def _options(command: Any) -> list[Any]:
    inner = [option for each in getattr(command, "commands", {}).values() for option in _options(each)]
    return [*command.params, *inner]


def test_a_refusal_shows_people_what_they_need() -> None:
    """A refused value stands next to its field, and what only programs need is left out."""
    fields = [{"field": "number", "kind": "not_here", "reason": "is not known here", "value": 13}]
    panel = refusal_panel({"code": "gone", "message": "Gone.", "details": {"known": False, "fields": fields}})
    body: Any = panel.renderable
    cells = [str(cell) for column in body.columns for each in column.cells for cell in _cells(each)]
    assert [word for word in ("project 13", "is not known here") if word not in cells] == []
    assert "known" not in cells


def test_changes_that_were_missed_are_a_line_each() -> None:
    """Who was slower reads who changed what, when, in one line for each change."""
    change = {"revision": 4, "by": "bob", "at": "2025-01-31T12:00:00+00:00", "fields": ["comment", "end_time"]}
    body: Any = refusal_panel({"code": "conflict", "message": "No.", "details": {"changes": [change]}}).renderable
    (line,) = [str(cell) for column in body.columns for each in column.cells for cell in _cells(each) if "bob" in cell]
    assert line.startswith("4  2025-01-31 ")
    assert line.endswith("  bob  comment, end")


def test_an_empty_list_of_details_is_not_shown() -> None:
    """A revision that is still to come missed no changes, and none are named."""
    details = {"revision": 2, "expected_revision": 3, "changes": []}
    body: Any = refusal_panel({"code": "conflict", "message": "No.", "details": details}).renderable
    cells = [str(cell) for column in body.columns for each in column.cells for cell in _cells(each)]
    assert "expected revision" in cells
    assert "changes" not in cells


def _cells(part: Any) -> list[Any]:
    return [cell for column in getattr(part, "columns", ()) for cell in column.cells]


@pytest.mark.parametrize(
    "body, why",
    [
        ('{"limit": 1, "limit": 2}', '"limit" occurs more than once'),
        ('{"filter": {"numbers": [1], "numbers": [2]}}', '"numbers" occurs more than once'),
        ('{"search": "\\ud83d"}', "half of a surrogate pair"),
        ('{"limit": NaN}', "NaN"),
        ("[" * 100_000, "nested too deep"),
    ],
    ids=["twice", "twice inside", "half a pair", "no number", "deep"],
)
async def test_json_that_means_two_things_is_not_sent(peer: Peer, run_line: RunLine, body: str, why: str) -> None:
    """JSON in which a key is twice, or which JSON is not, is refused with the place before anything is sent."""
    for line in (("ask", "projects.list", "-"), ("send", "projects.create", "-")):
        ended = await run_line(*line, standard_input=body)
        assert ended.status == 2
        assert peer.commands == []
        assert peer.queries == []
        assert why in " ".join(ended.err.split())


async def test_a_mapping_that_means_two_things_is_not_taken(peer: Peer, run_line: RunLine, tmp_path: Path) -> None:
    """A mapping in which a key is twice is refused before a row is read; so is such a row of NDJSON."""
    (tmp_path / "rows.csv").write_text("number,created_by,created_at\n1,ann,2025-01-01T00:00:00Z\n")
    (tmp_path / "m.json").write_text('{"types": {"Theft": 1, "Theft": 2}}')
    ended = await run_line("import", "rows.csv", "--mapping", "m.json")
    assert ended.status == 2
    assert peer.commands == []
    assert '"Theft" occurs more than once' in " ".join(ended.err.split())
    (tmp_path / "rows.ndjson").write_text('{"number": 1, "number": 2}\n')
    ended = await run_line("import", "rows.ndjson", "--dry-run", "--json")
    assert [error["kind"] for error in ended.json["errors"]] == ["duplicate_key"]
