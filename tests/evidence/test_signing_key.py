"""The key that signs packages, and the form of its signatures."""

import re
from pathlib import Path

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from contracts.evidence import ssh_signatures
from contracts.evidence.ssh_signatures import FormError
from contracts.subjects import WORKERS
from tests.checks.tree import ROOT
from tests.client.command_line import incidents
from tests.evidence.second_reader import run_openssh, verifies
from workers.common.process_settings import Settings, signing_key_of
from workers.common.signing_key import NoSigningKeyError, SigningKey
from workers.local import external_nats_files
from workers.local.access.signing_keys import Trust
from workers.local.data_directory import Home

MESSAGE = b"what is signed\n"
SIGNING = re.compile(r"signing_key(\.current|_of)\b")
"""How the code of a worker gets the key that signs packages."""


def test_a_key_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The private file holds the key and its comment, and nothing of the key is in its representation."""
    key, path = SigningKey.generate("incident-manager-main"), tmp_path / "key"
    path.write_text(key.text())
    copy = SigningKey.read(path)
    assert copy.public_line == key.public_line
    assert copy.fingerprint == key.fingerprint
    assert repr(bytes(key._key)) not in repr(copy)


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n"])
def test_what_is_no_key_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    """A file that holds no usable key is named with the reason, as a missing one is."""
    path = tmp_path / "key"
    with pytest.raises(NoSigningKeyError, match="No such file"):
        SigningKey.read(path)
    path.write_text(text)
    with pytest.raises(NoSigningKeyError, match="Ed25519"):
        SigningKey.read(path)


def test_a_signature_verifies_for_its_message_and_namespace_alone() -> None:
    """A signature holds for one message, said for one purpose."""
    key = SigningKey.generate("x")
    signature = ssh_signatures.read_armor(key.sign("purpose", MESSAGE))
    verifier = VerifyKey(signature.public_key)
    assert signature.public_key == key.public_key
    verifier.verify(ssh_signatures.signed_bytes("purpose", MESSAGE), signature.signature)
    for namespace, message in (("other", MESSAGE), ("purpose", MESSAGE + b"\n")):
        with pytest.raises(BadSignatureError):
            verifier.verify(ssh_signatures.signed_bytes(namespace, message), signature.signature)


def test_a_signature_has_one_spelling() -> None:
    """Each byte of a signature's text counts: with any of them changed it is no signature, or another one."""
    key = SigningKey.generate("x")
    text = key.sign("purpose", MESSAGE)
    original = ssh_signatures.read_armor(text)
    for place in range(len(text)):
        for letter in ("A", "\n", "=", "é"):
            forged = text[:place] + letter + text[place + 1 :]
            try:
                assert forged == text or ssh_signatures.read_armor(forged) != original
            except FormError:
                continue


def test_another_library_reads_our_signatures() -> None:
    """An implementation of its own verifies our signatures, for the same message, purpose and key."""
    key, other = SigningKey.generate("ours"), SigningKey.generate("theirs")
    signature = key.sign("purpose", MESSAGE)
    assert verifies(key.public_line, signature, "purpose", MESSAGE)
    assert not verifies(key.public_line, signature, "purpose", b"other")
    assert not verifies(key.public_line, signature, "other", MESSAGE)
    assert not verifies(other.public_line, signature, "purpose", MESSAGE)


def test_openssh_and_we_read_each_other(tmp_path: Path) -> None:
    """Where there is ssh-keygen, it verifies our signatures, prints our fingerprints, and we read its keys."""
    key = SigningKey.generate("incident-manager-main")
    (tmp_path / "signers").write_text(f"main {key.public_line}")
    (tmp_path / "m.sig").write_text(key.sign("purpose", MESSAGE))
    (tmp_path / "ours").write_text(key.text())
    (tmp_path / "ours").chmod(0o600)
    line = ("-Y", "verify", "-f", "signers", "-I", "main", "-n", "purpose", "-s", "m.sig")
    if not (verified := run_openssh(tmp_path, *line, standard_input=MESSAGE)):
        return
    assert verified.returncode == 0
    assert key.fingerprint in verified.stdout.decode()
    refused, read = run_openssh(tmp_path, *line, standard_input=b"other"), run_openssh(tmp_path, "-y", "-f", "ours")
    assert refused is not None
    assert refused.returncode != 0
    assert read is not None
    assert read.stdout.decode() == key.public_line
    run_openssh(tmp_path, "-q", "-t", "ed25519", "-N", "", "-C", "their own", "-f", "theirs")
    assert SigningKey.read(tmp_path / "theirs").public_line == (tmp_path / "theirs.pub").read_text()


@pytest.mark.timeout(300)
async def test_a_site_has_a_key_from_its_first_start(tmp_path: Path) -> None:
    """A site makes its key once, in a private file, and a command prints the public half (with --json both facts)."""
    home = Home(tmp_path)
    Trust.create(home.keys, "main")
    before = home.signing_key.read_text()
    Trust.create(home.keys, "main")
    assert home.signing_key.read_text() == before
    assert home.signing_key.stat().st_mode & 0o777 == 0o600
    key = SigningKey.read(home.signing_key)
    shown = await incidents("access", "signing-key", "--data", str(tmp_path))
    assert shown.out == key.public_line
    assert key.fingerprint in shown.err
    answer = await incidents("access", "signing-key", "--data", str(tmp_path), "--json")
    assert answer.json == {"key": key.public_line.strip(), "fingerprint": key.fingerprint}


@pytest.mark.timeout(300)
async def test_the_key_of_a_site_may_be_its_own(tmp_path: Path) -> None:
    """The command prints the public half of the key that the variable names."""
    own = SigningKey.generate("their own")
    (tmp_path / "own").write_text(own.text())
    variable = {"INCIDENTS_SIGNING_KEY": tmp_path / "own"}
    assert (await incidents("access", "signing-key", environment=variable)).out == own.public_line


def test_only_the_workers_that_sign_get_the_key(tmp_path: Path) -> None:
    """Beside servers of one's own it is next to the credentials of each worker whose code signs, and of no other."""
    home, apart = Home(tmp_path / "trust"), tmp_path / "apart"
    external_nats_files.create(home.directory, "main", external_nats_files.Server(), apart)
    files = (path for path in apart.rglob("*") if path.is_file())
    copies = [path for path in files if path.read_bytes() == home.signing_key.read_bytes()]
    code = {path: path.read_text() for path in (ROOT / "workers").rglob("*.py")}
    signing = {path.relative_to(ROOT / "workers").parts[0] for path, text in code.items() if SIGNING.search(text)}
    names = sorted(signing & set(WORKERS))
    assert sorted(path.relative_to(apart) for path in copies) == [Path(name, "package-signing.key") for name in names]
    for name in names:
        settings = Settings(nats_creds=apart / name / f"{name}.creds")
        assert signing_key_of(settings) == apart / name / "package-signing.key"
    assert signing_key_of(Settings(nats_creds=copies[0], signing_key=tmp_path / "own")) == tmp_path / "own"
    assert signing_key_of(Settings()) is None
