"""Verifying the activity in a package, without a system."""

from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from contracts.evidence import bag
from contracts.evidence.activity_verification import PROBLEMS, ActivityResult, Problem, verify_packaged
from contracts.evidence.package_files import Archive, UnreadableError, WrongPasswordError
from contracts.evidence.ssh_signatures import fingerprint, read_public_line
from workers.common.signing_key import is_signature
from workers.local.console_output import fail, say, tell, write

_USAGE: Final = 2
_SHOWN_MAX: Final = 20


class PackageResult(NamedTuple):
    """What was found out about the activity of a package, and by the fingerprint of which key."""

    file: Path
    fingerprint: str
    is_expected: bool
    activity: ActivityResult

    @property
    def is_intact(self) -> bool:
        """Whether each entry is as it was signed."""
        return not self.activity.problems


def verify_file(file: Path, key: bytes | None) -> PackageResult:
    """Verify the activity in a package with the site's key; without one, with the key that is in the package."""
    try:
        with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as data:
            archive = Archive(data)
            if archive.is_encrypted or archive.has_encrypted_bag:
                words = "{path} is encrypted: incidents verify opens it, with --password or --identity"
                fail(say(words, path=file), _USAGE)
            known = key or read_public_line(archive.content(bag.PUBLIC_KEY).decode())
            activity = verify_packaged(archive, known, is_signature)
    except OSError as error:
        fail(say("{path} cannot be read: {reason}", path=file, reason=say(error.strerror or str(error))), _USAGE)
    except (UnreadableError, WrongPasswordError, ValueError):
        _fail_unusable(file)
    if activity is None:
        _fail_unusable(file)
    return PackageResult(file, fingerprint(known), key is not None, activity)


def _fail_unusable(file: Path) -> NoReturn:
    fail(say("{path} is not a package with an activity and its proofs", path=file), _USAGE)


def document(result: PackageResult) -> dict[str, Any]:
    """Return the result for programs."""
    activity = result.activity
    return {
        "intact": result.is_intact,
        "file": str(result.file),
        "key": result.fingerprint,
        "expected_key": result.is_expected,
        "entries": activity.entries,
        "proven": activity.proven,
        "partial": activity.partial,
        "log": activity.log_origin,
        "log_size": activity.log_size,
        "problems": [problem._asdict() for problem in activity.problems],
    }


def show(result: PackageResult, *, as_json: bool) -> None:
    """Print the result, for people or for programs."""
    if as_json:
        write(document(result))
        return
    activity = result.activity
    mark = ("✓", "green") if result.is_intact else ("✗", "red")
    words = "{path}: {entries} entries, {proven} of them proven to be in the log; it had {size} entries"
    values = {"entries": activity.entries, "proven": activity.proven, "size": activity.log_size or 0}
    tell(mark, " ", say(words, path=result.file, **values))
    if activity.partial:
        words = "  {count} of them are in the package without a name or a detail"
        tell((say(words, count=activity.partial), "dim"))
    tell(say("  Signed by the key {fingerprint}", fingerprint=result.fingerprint))
    if not result.is_expected:
        words = "  This key came with the package: compare it with that of the site, or name that with --key."
        tell((say(words), "yellow"))
    for problem in activity.problems[:_SHOWN_MAX]:
        tell((f"  {_sentence(problem)}", "red"))
    if (count := len(activity.problems) - _SHOWN_MAX) > 0:
        tell((say("  and {count} more; --json has all of them", count=count), "red"))


def _sentence(problem: Problem) -> str:
    return say(PROBLEMS[problem.kind], name=problem.name, entry=problem.entry, index=problem.log_index)
