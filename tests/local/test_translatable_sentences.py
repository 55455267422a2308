"""What the server's side says: every sentence that is made elsewhere is known, and said in the reader's language."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.sentences import translate
from incidents.terminal.text.language import catalogue, use
from tests.client.command_line import incidents
from workers.common.http_server import PortForbiddenError, PortInUseError
from workers.local import console_output, start_errors
from workers.local.access.signing_keys import InvalidNameError, Trust, TrustError
from workers.local.backup.archive import NoBackupError
from workers.local.backup.data_directories import StoppedError
from workers.local.backup.external_servers import UnfinishedError
from workers.local.backup.stream_snapshots import SnapshotError
from workers.local.credential_revocation import NotInForceError
from workers.local.data_directory import AlreadyRunningError, Runtime
from workers.local.run_worker import LogFileError
from workers.local.schema_and_grants import RoleNotNamedError
from workers.local.servers.disk_space import NoRoomError
from workers.local.servers.process_control import StartError
from workers.local.translatable_sentences import KNOWN
from workers.migrations.upgrade import NewerSchemaError, NoRoleError
from workers.runtime.bus import streams
from workers.runtime.bus.jetstream_strict_mode_check import NotStrictError
from workers.runtime.process import preconditions
from workers.runtime.process.preconditions import UnfitError, require_credentials


def raised(folder: Path) -> Iterator[object]:
    """Yield what can stand in the way, as it is said."""
    yield AlreadyRunningError(folder, None)
    yield AlreadyRunningError(folder, Runtime("main", "nats://h", "d", "l", "http://h", 7))
    yield from (NoRoomError(folder, 1 << 20), StartError("initdb", folder / "log"), streams.NoRoomError(1 << 30))
    yield from (PortInUseError(1, "h"), PortForbiddenError(1, "h", "Permission denied"))
    yield LogFileError(folder, "Not a directory")
    yield from (RoleNotNamedError("INCIDENTS_DATABASE_URL"), NoRoleError("im"), NewerSchemaError())
    yield from (NotInForceError("nats://h", "away"), SnapshotError("EVENTS", "away"), StoppedError(folder))
    yield from (NoBackupError(folder), UnfinishedError("pg_restore: away"))
    yield from (streams.NotProvisionedError("stream EVENTS", "no"), f"nats://h: {NotStrictError()}")
    yield from (
        start_errors.explain(OSError(code, "full", "f"), folder) for code in (errno.ENOSPC, errno.EMFILE, errno.EIO)
    )
    yield from (
        f"h: away. {remedy}" for _, remedy in (*preconditions._REMEDIES.values(), preconditions._DEFAULT_REMEDY)
    )


def refusals(folder: Path) -> Iterator[object]:
    """Yield what names, keys and credentials are refused with."""
    trust = Trust.create(folder / "keys", "main")
    (folder / "none").write_text("x")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: Trust.load(folder / "elsewhere"),
        lambda: Trust.create(folder / "keys", "other"),
        lambda: Trust.create(folder / "more", "A B"),
        *(lambda name=name: trust.mint(name, "client") for name in ("A B", "system")),
        lambda: trust.mint("nobody", "worker"),
        *(lambda path=path: require_credentials(path, "audit") for path in (None, folder / "gone", folder / "none")),
    )
    for attempt in attempts:
        with pytest.raises((TrustError, InvalidNameError, UnfitError)) as caught:
            attempt()
        yield caught.value


def test_what_is_said_elsewhere_is_known(tmp_path: Path) -> None:
    """Each sentence that the runtime or a helper raises has its French."""
    french = catalogue("fr").gettext
    sentences = [str(refusal) for refusal in (*raised(tmp_path), *refusals(tmp_path))]
    assert [sentence for sentence in sentences if translate(sentence, KNOWN, french) == sentence] == []


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("worker nobody", "Le service «\u00a0nobody\u00a0» n'existe pas."),
        ("access create bob --data d", "est introuvable\u00a0: indiquez un autre dossier"),
        ("backup -o b.tar --data d", "aucun système ne fonctionne ici"),
        ("provision", "INCIDENTS_NATS_CREDS n'est pas définie."),
        ("access create bob --expires 3y", "n'est pas une durée"),
        ("access licence --edition huge --out l", "L'édition «\u00a0huge\u00a0» n'existe pas. Choisissez parmi\u00a0:"),
        ("access licence --expires soon --out l", "--expires\u00a0: doit être une date et heure RFC 3339"),
    ],
)
async def test_the_servers_commands_speak_the_language(line: str, sentence: str, tmp_path: Path) -> None:
    """Where the locale is French, or `--lang` says so, the server's side speaks it as the client's does."""
    for option, environment in (((), {"LANG": "fr_FR.UTF-8"}), (("--lang", "fr"), {})):
        ended = await incidents(*line.split(), *option, folder=tmp_path, environment=environment)
        assert sentence in ended.err


@pytest.mark.parametrize("lang, reason", [("en", "use a whole number from"), ("fr", "écrivez un nombre entier de")])
async def test_a_variable_is_refused_in_our_words(lang: str, reason: str) -> None:
    """A variable that cannot be read is named with a reason in the language, and not with one of a library."""
    ended = await incidents("migrate", "--lang", lang, environment={"INCIDENTS_HEALTH_PORT": "many"})
    assert ended.status == 2
    assert reason in ended.err
    assert "INCIDENTS_HEALTH_PORT" in ended.err
    assert "Input should" not in ended.err


@pytest.mark.parametrize("url", ["postgresql://im@127.0.0.1:1/x", "postgresql://im@nowhere.invalid/x"])
async def test_a_database_that_is_away_is_told_in_french(url: str) -> None:
    """Nothing of the library's own English is left in the sentence."""
    ended = await incidents("migrate", "--lang", "fr", environment={"INCIDENTS_DATABASE_URL": url})
    assert ended.status == 3
    assert "INCIDENTS_DATABASE_URL" in ended.err
    assert [word for word in ("failed", "connection to", "refused", "host name", "server") if word in ended.err] == []


def test_what_the_system_says_about_a_file_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system refuses is named with the reason in the language, and an unknown reason stays."""
    monkeypatch.setenv("LANGUAGE", "fr")
    use("fr")
    assert (
        console_output.translate("/x/b.tar: No such file or directory")
        == "/x/b.tar\u00a0: aucun fichier ou dossier de ce nom"
    )
    assert console_output.translate("/x/b.tar: something new") == "/x/b.tar: something new"
