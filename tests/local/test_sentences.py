"""What the server's side says: every sentence that is made elsewhere is known, and said in the reader's language."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.sentences import translate
from incidents.terminal.text.language import catalogue
from tests.client.command_line import incidents
from workers.common.http_server import PortForbiddenError, PortInUseError
from workers.local import start_errors
from workers.local.access.keys import InvalidNameError, Trust, TrustError
from workers.local.backup.archive import NoBackupError
from workers.local.backup.commands import StoppedError
from workers.local.backup.own_servers import UnfinishedError
from workers.local.backup.snapshots import SnapshotError
from workers.local.data_directory import AlreadyRunningError, Runtime
from workers.local.databases import RoleNotNamedError
from workers.local.revocation import NotInForceError
from workers.local.servers.disk_space import NoRoomError
from workers.local.servers.process import StartError
from workers.local.translatable import KNOWN
from workers.migrations.upgrade import NewerSchemaError, NoRoleError
from workers.runtime.bus import streams
from workers.runtime.bus.jetstream_strict_mode import NotStrictError
from workers.runtime.process import preconditions
from workers.runtime.process.preconditions import UnfitError, require_credentials


def raised(folder: Path) -> Iterator[object]:
    """Yield what can stand in the way, as it is said."""
    yield AlreadyRunningError(folder, None)
    yield AlreadyRunningError(folder, Runtime("main", "nats://h", "d", "l", "http://h", 7))
    yield from (NoRoomError(folder, 1 << 20), StartError("initdb", folder / "log"), streams.NoRoomError(1 << 30))
    yield from (PortInUseError(1, "h"), PortForbiddenError(1, "h", "Permission denied"))
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


def refused(folder: Path) -> Iterator[object]:
    """Yield what names, keys and credentials are refused with."""
    trust = Trust.create(folder / "keys", "main")
    (folder / "none").write_text("x")
    tries: tuple[Callable[[], object], ...] = (
        lambda: Trust.load(folder / "elsewhere"),
        lambda: Trust.create(folder / "keys", "other"),
        lambda: Trust.create(folder / "more", "A B"),
        *(lambda name=name: trust.mint(name, "client") for name in ("A B", "system")),
        lambda: trust.mint("nobody", "worker"),
        *(lambda path=path: require_credentials(path, "audit") for path in (None, folder / "gone", folder / "none")),
    )
    for item in tries:
        with pytest.raises((TrustError, InvalidNameError, UnfitError)) as caught:
            item()
        yield caught.value


def test_what_is_said_elsewhere_is_known(tmp_path: Path) -> None:
    """Each sentence that the runtime or a helper raises has its French."""
    french = catalogue("fr").gettext
    sentences = [str(refusal) for refusal in (*raised(tmp_path), *refused(tmp_path))]
    assert [sentence for sentence in sentences if translate(sentence, KNOWN, french) == sentence] == []


@pytest.mark.parametrize(
    "line, said",
    [
        ("worker nobody", "Le service nobody n'existe pas."),
        ("access create bob --data d", "est introuvable\u00a0: indiquez un autre dossier"),
        ("backup -o b.tar --data d", "aucun système ne fonctionne ici"),
        ("provision", "INCIDENTS_NATS_CREDS n'est pas défini."),
        ("access create bob --expires 3y", "n'est pas une durée"),
    ],
)
async def test_the_servers_commands_speak_the_language(line: str, said: str, tmp_path: Path) -> None:
    """Where the locale is French, the server's side speaks it as the client's does."""
    ended = await incidents(*line.split(), folder=tmp_path, environment={"LANG": "fr_FR.UTF-8"})
    assert said in ended.err
