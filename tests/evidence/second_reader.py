"""A second implementation that verifies signatures: another library and a reader of its own, and OpenSSH if it is here.

A fresh machine need not have ssh-keygen, so the first of the two is what every run of the tests relies on.
"""

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

from Cryptodome.PublicKey import ECC
from Cryptodome.Signature import eddsa


def run_openssh(folder: Path, *line: str, standard_input: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    """Run ssh-keygen in a folder; None where the machine has none."""
    program = shutil.which("ssh-keygen")
    if program is None:
        return None
    return subprocess.run([program, *line], cwd=folder, input=standard_input, capture_output=True, check=False)


def verifies(public_line: str, armored: str, namespace: str, message: bytes) -> bool:
    """Tell whether a signature of a message is by this key, by what the two documents of OpenSSH say alone."""
    lines = armored.strip().split("\n")
    assert lines[0] == "-----BEGIN SSH SIGNATURE-----"
    assert lines[-1] == "-----END SSH SIGNATURE-----"
    blob = base64.b64decode("".join(lines[1:-1]))
    assert blob[:10] == b"SSHSIG\0\0\0\1"
    key, purpose, reserved, algorithm, signed = _fields(blob[10:])
    kind, signature = _fields(signed)
    public = base64.b64decode(public_line.split()[1])
    if (key, purpose, kind) != (public, namespace.encode(), b"ssh-ed25519"):
        return False
    digest = hashlib.new(algorithm.decode(), message).digest()
    data = b"SSHSIG" + b"".join(len(part).to_bytes(4) + part for part in (purpose, reserved, algorithm, digest))
    try:
        eddsa.new(ECC.import_key(public_line.strip()), "rfc8032").verify(data, signature)
    except ValueError:
        return False
    return True


def _fields(data: bytes) -> list[bytes]:
    fields = []
    while data:
        size = int.from_bytes(data[:4])
        fields.append(data[4 : 4 + size])
        data = data[4 + size :]
    return fields
