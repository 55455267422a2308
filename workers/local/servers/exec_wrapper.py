"""Become another program that dies with its parent and, on request, does not run as root.

`process_control.spawn` runs it as a script between fork and exec: code that the parent runs there (`preexec_fn`) can
deadlock a process that has threads. It imports the standard library only, and starts in about 25 ms.

    exec_wrapper.py PARENT SIGNAL [--not-root OWNED ...] -- PROGRAM ARGUMENTS...
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


def main() -> None:
    """Prepare this process, then replace it by the program."""
    ours, program = _split(sys.argv[1:])
    parent, death_signal, *flags = ours
    if flags and os.geteuid() == 0:
        _drop_root([Path(owned) for owned in flags[1:]])
    die_with(int(parent), int(death_signal))  # after the change of user, which clears it
    os.execv(program[0], program)  # noqa: S606 - this script is a step between fork and exec


def die_with(parent: int, death_signal: int) -> None:
    """Let the kernel signal this process when its parent dies; end now if the parent has died already."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl
            sys.exit(128 + signal.SIGKILL)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    border = arguments.index("--")
    return arguments[:border], arguments[border + 1 :]


def _drop_root(owned: list[Path]) -> None:
    """Become a user whom PostgreSQL accepts, and change no folders but the server's.

    In a user namespace this process appears as that user and still owns root's files. Containers commonly forbid
    namespaces; there it really becomes the user, gives it the server's folders, and keeps the one capability that it
    needs to reach them.
    """
    user = _choose_user()
    if _may_enter_namespace(user.pw_uid):
        _give(owned, 0, 0)
        _enter_namespace(user.pw_uid)
        return
    _give(owned, user.pw_uid, user.pw_gid)
    _become(user)


def _choose_user() -> pwd.struct_passwd:
    """Return an existing user, because initdb needs its name."""
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    for name in ("postgres", "nobody", *users):
        if name in users:
            return users[name]
    sys.exit("There is no user but root: add one, or use a PostgreSQL server of your own.")


def _may_enter_namespace(uid: int) -> bool:
    """Try it in a child, because a namespace that cannot be mapped cannot be left either."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        try:
            _enter_namespace(uid)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _enter_namespace(uid: int) -> None:
    gid = os.getegid()
    if _libc().unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} 0 1")
    Path("/proc/self/gid_map").write_text(f"{uid} {gid} 1")


def _give(owned: list[Path], uid: int, gid: int) -> None:
    for top in owned:
        if top.lstat().st_uid != uid:
            for path in (*top.rglob("*"), top):  # the top last, since its owner shows that all are done
                os.chown(path, uid, gid, follow_symlinks=False)


def _become(user: pwd.struct_passwd) -> None:
    """Change the user permanently, and keep at most one capability.

    Without the fix-up of capabilities `access()`, which PostgreSQL calls for its own binary, respects the kept one. If
    the fix-up cannot be switched off, the capability is kept anyway.
    """
    libc = _libc()
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    for capability in (1 << _CAP_DAC_READ_SEARCH, 1 << _CAP_DAC_OVERRIDE, 0):
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        effective_permitted_inheritable = (ctypes.c_uint32 * 6)(capability, capability, capability, 0, 0, 0)
        if libc.capset(header, effective_permitted_inheritable) == 0:
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability.bit_length() - 1, 0, 0)
            return
    sys.exit("The capabilities of root cannot be given up: use a PostgreSQL server of your own.")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    main()
