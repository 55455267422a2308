"""A disk that can be full, without being root: a file system in memory, within namespaces of its own."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SPACE = "24g"
_TOOLS = ("unshare", "nsenter", "mount")
_SPARE = 64 * 1024


class Disk:
    """A folder that only processes started with `prefix` see under its name; others see it under `view`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.why_not = ""
        self._holder: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Make the namespaces, or note why this machine does not allow them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
            self.why_not = f"{', '.join(missing)} not found"
            return
        mount = f'mount -t tmpfs -o size={_SPACE} tmpfs "$1" && echo made && exec cat'
        holder = subprocess.Popen(
            [
                shutil.which("unshare") or "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                mount,
                "sh",
                str(self.folder),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline():
            self._holder = holder
        else:
            self.why_not = holder.stderr.read().decode().strip() or "no namespaces here"
            holder.wait()

    @property
    def view(self) -> Path:
        """Where this process sees the folder."""
        return Path(f"/proc/{self._holder.pid}/root{self.folder}") if self._holder else self.folder

    @property
    def prefix(self) -> Sequence[str]:
        """What comes before the command line of a process that lives on this disk."""
        if self._holder is None:
            return ()
        return ("nsenter", "--target", str(self._holder.pid), "--user", "--mount", "--preserve-credentials")

    def fill(self) -> None:
        """Leave no room but what is taken already."""
        size = os.statvfs(self.view)
        taken = (size.f_blocks - size.f_bfree) * size.f_frsize
        self._resize(str(taken + _SPARE))

    def relieve(self) -> None:
        """Make room again."""
        self._resize(_SPACE)

    def close(self) -> None:
        """Let the file system go, with all that is on it."""
        if self._holder:
            self._holder.communicate()

    def _resize(self, size: str) -> None:
        resize = ("mount", "-o", f"remount,size={size}", "tmpfs", str(self.folder))
        subprocess.run([*self.prefix, *resize], check=True, capture_output=True)
