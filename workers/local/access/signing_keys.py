"""The keys of a site, and the credentials signed with them.

Everything here works offline: the server trusts the operator's signature, which covers the site's account, and the
account names one signing key for each kind of user. A new user is therefore a new file and never a change on the
server.
"""

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

import nkeys

from contracts.licence import INCLUDED, Licence
from contracts.subjects import SYSTEM, WORKERS, is_valid_principal, is_valid_site
from workers.common import signing_key
from workers.common.signing_key import SigningKey
from workers.local.access.credentials_register import Credential, Register
from workers.runtime.admission.licence_check import site_block
from workers.runtime.bus import nats_jwt

Scope: TypeAlias = Literal["client", "worker", "ops", "provision"]

SCOPES: Final[tuple[Scope, ...]] = ("client", "worker", "ops", "provision")

_KEYS: Final = {
    "operator": nkeys.PREFIX_BYTE_OPERATOR,
    "system": nkeys.PREFIX_BYTE_ACCOUNT,
    "account": nkeys.PREFIX_BYTE_ACCOUNT,
    **dict.fromkeys(SCOPES, nkeys.PREFIX_BYTE_ACCOUNT),
}
_UNLIMITED: Final = dict.fromkeys(("subs", "data", "payload"), -1)
CONNECTIONS_MAX: Final = 4096
"""Of the whole site: a server cannot count those of one user, and it needs open files for its streams."""

# Limits of people's credentials: a payload is a body with its headers, limited as in COMMANDS.
_CLIENT_LIMITS: Final = {"subs": 200, "data": -1, "payload": 256 * 1024}
_ACCOUNT: Final = {**_UNLIMITED, **dict.fromkeys(("imports", "exports", "conn", "leaf"), -1), "wildcards": True}
_JETSTREAM: Final = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)


class InvalidNameError(ValueError):
    """The name of a site or principal cannot be a token of a subject, or is reserved."""


class TrustError(Exception):
    """The directory of keys lacks a key, or holds those of another site."""


@dataclass(frozen=True)
class Trust:
    """The keys of one site."""

    site: str
    _keys: Mapping[str, nkeys.KeyPair]
    register: Register

    @classmethod
    def create(cls, directory: Path, site: str) -> Self:
        """Create the missing keys in `directory`, and load all of them."""
        if not is_valid_site(site):
            msg = f"'{site}' cannot name a site: use 1 to 32 of a-z, 0-9 and '-'."
            raise InvalidNameError(msg)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        _write_once(directory / "site", site)
        for name, prefix in _KEYS.items():
            _write_once(directory / f"{name}.nk", nats_jwt.new_seed(prefix))
        _write_once(directory / signing_key.FILE_NAME, SigningKey.generate(f"incident-manager-{site}").text().strip())
        trust = cls.load(directory)
        if trust.site != site:
            msg = f"{directory} holds the keys of site '{trust.site}', not of '{site}'."
            raise TrustError(msg)
        return trust

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Load the keys that `create` made."""
        try:
            site = (directory / "site").read_text().strip()
            seeds = {name: (directory / f"{name}.nk").read_bytes().strip() for name in _KEYS}
        except FileNotFoundError as error:
            making = f"make its keys with `incidents access init --out {directory.parent}`"
            msg = f"{error.filename} is missing: name another directory with --data, or {making}."
            raise TrustError(msg) from error
        return cls(site, {name: nkeys.from_seed(seed) for name, seed in seeds.items()}, Register(directory))

    @property
    def operator_jwt(self) -> str:
        """The operator token that the server trusts."""
        claims = {"type": "operator", "system_account": self.system_account}
        return self._sign("operator", self.site, claims)

    @property
    def system_account(self) -> str:
        """The public key of the server's own account."""
        return self._public("system")

    @property
    def account_jwts(self) -> Mapping[str, str]:
        """The account tokens that the server resolves, by public key."""
        system = {"type": "account", "limits": _ACCOUNT}
        return {
            self._public("account"): self.account_token(INCLUDED),
            self._public("system"): self._sign("system", "SYS", system),
        }

    def account_token(self, licence: Licence | None) -> str:
        """Return the site's account token; the operator's signature covers the licence in it."""
        account: dict[str, object] = {
            "type": "account",
            "limits": {**_ACCOUNT, **_JETSTREAM, "conn": CONNECTIONS_MAX},
            "signing_keys": [self._signing_key(scope) for scope in SCOPES],
            "revocations": self.register.revocations(),
        }
        if licence:
            account["licence"] = licence.model_dump(mode="json")
        return self._sign("account", self.site, account)

    def mint(
        self,
        principal: str,
        scope: Scope,
        licence: Licence | None = INCLUDED,
        *,
        valid_seconds: int | None = None,
    ) -> str:
        """Return the text of a credentials file for `principal`; a worker's carries the licence.

        The register records it. After `valid_seconds` the server closes its connections and no longer accepts it.
        """
        _require_principal(principal, scope)
        seed = nats_jwt.new_seed(nkeys.PREFIX_BYTE_USER)
        subject = nkeys.from_seed(seed.encode()).public_key.decode()
        now = int(time.time())
        expires = None if valid_seconds is None else now + valid_seconds
        claims = {"type": "user", "issuer_account": self._public("account")}
        token = nats_jwt.encode(self._keys[scope], subject, principal, claims, expires)
        self.register.add(Credential(subject, principal, scope, now, expires))
        block = site_block(self.account_token(licence)) if scope == "worker" else ""
        return nats_jwt.credentials(token, seed) + block

    def mint_system(self, valid_seconds: int) -> str:
        """Return short-lived credentials of the system account, which updates accounts and tells about the server."""
        seed = nats_jwt.new_seed(nkeys.PREFIX_BYTE_USER)
        subject = nkeys.from_seed(seed.encode()).public_key.decode()
        claims = {"type": "user", **_UNLIMITED}
        token = nats_jwt.encode(self._keys["system"], subject, "revoking", claims, int(time.time()) + valid_seconds)
        return nats_jwt.credentials(token, seed)

    def accepts(self, credentials: str, scope: Scope) -> bool:
        """Return whether a server of this site accepts the text of a credentials file now, in this scope."""
        token = nats_jwt.public_part(credentials)
        credentials_by_key = {credential.key: credential for credential in self.register.all()}
        entry = credentials_by_key.get(str(token.get("sub")))
        signed = token.get("iss") == self._public(scope)
        return signed and entry is not None and entry.counts(time.time())

    def revoke(self, principal: str, others: Collection[str] = ()) -> list[Credential]:
        """Revoke all credentials of a principal, and `others` by public key, in every account token from now on."""
        return self.register.revoke(principal, others, int(time.time()))

    def _public(self, name: str) -> str:
        return str(self._keys[name].public_key.decode())

    def _sign(self, subject: str, name: str, claims: nats_jwt.Claims) -> str:
        return nats_jwt.encode(self._keys["operator"], self._public(subject), name, claims)

    def _signing_key(self, scope: Scope) -> nats_jwt.Claims:
        publish, refused, subscribe = _PERMISSIONS[scope]
        template = {
            "pub": {"allow": _fill(publish, self.site), "deny": _fill(refused, self.site)},
            "sub": {"allow": _fill(subscribe, self.site)},
            **(_UNLIMITED if scope == "worker" else _CLIENT_LIMITS),
        }
        return {"kind": "user_scope", "key": self._public(scope), "role": scope, "template": template}


# For each kind of user: subjects that it may publish to, exceptions, and subjects that it may subscribe to.
# The server replaces {{name()}} by the principal; the site replaces SITE.
_CLIENT: Final = (
    (
        *(f"im.SITE.cmd.{{{{name()}}}}.{worker}.*.*" for worker in WORKERS if worker != "audit"),
        "im.SITE.qry.{{name()}}.*.*",
    ),
    (),
    ("im.SITE.out.{{name()}}.*", "im.SITE.checkpoint.*", "_INBOX_{{name()}}.>"),
)
_WORKER: Final = (
    (
        "im.SITE.out.*.*",
        "im.SITE.evt.*.*.*",
        "im.SITE.ops.>",
        "im.SITE.checkpoint.*",
        "im.SITE.probe.*",
        "im.SITE.dead.*.*",
        f"im.SITE.cmd.{SYSTEM}.*.*.*",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.PURGE.COMMANDS",
        "$JS.API.STREAM.PURGE.EVENTS",
        "$JS.API.STREAM.MSG.GET.EVENTS",
        "$JS.API.STREAM.MSG.GET.DEAD",
        "$JS.API.STREAM.MSG.DELETE.DEAD",
        "$JS.API.CONSUMER.CREATE.COMMANDS.*",
        "$JS.API.CONSUMER.CREATE.EVENTS.*",
        "$JS.API.CONSUMER.MSG.NEXT.COMMANDS.*",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*",
        "$JS.API.CONSUMER.DELETE.COMMANDS.*",
        "$JS.API.CONSUMER.DELETE.EVENTS.*",
        # Answers to queries go to `_INBOX_<principal>.…`; a permission consists of whole tokens,
        # so an inbox can only be allowed as "any subject of two to four tokens".
        "*.*",
        "*.*.*",
        "*.*.*.*",
    ),
    # Those three would also allow the server's own short subjects: a worker could forge advisories
    # ($JS.EVENT.ADVISORY.*), which the dead letters record, and list every stream.
    # All subjects that a worker needs below $JS have five tokens or more.
    ("$JS.*", "$JS.*.*", "$JS.*.*.*", "$SYS.>"),
    (
        "im.SITE.qry.*.*.*",
        "_INBOX_{{name()}}.>",
        "im.SITE.out.*.*",
        "$SRV.>",
        "im.SITE.evt.>",
        "im.SITE.dead.>",
    ),
)
# Operations read the state of streams and consumers, dead letters, events and heartbeats.
# A user who may create a stream or a consumer can act as anybody (republish, sources, deliver subjects). A user who
# reads COMMANDS reads the passwords of exports. DIRECT.GET would answer with the stored message itself.
_OPS: Final = (
    (
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.LIST",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.MSG.GET.DEAD",
        "$JS.API.CONSUMER.NAMES.*",
        "$JS.API.CONSUMER.LIST.*",
        "$JS.API.CONSUMER.INFO.*.*",
        "im.SITE.qry.{{name()}}.*.*",
        "$SRV.>",
    ),
    (),
    (
        "im.SITE.evt.>",
        "im.SITE.ops.>",
        "im.SITE.checkpoint.*",
        "im.SITE.dead.>",
        "_INBOX_{{name()}}.>",
        "$JS.EVENT.ADVISORY.CONSUMER.>",
        "$JS.EVENT.ADVISORY.STREAM.>",
    ),
)
# The last two carry the bytes of a snapshot.
_PROVISION: Final = (
    ("$JS.API.>", "$JS.SNAPSHOT.ACK.>", "$JS.SNAPSHOT.RESTORE.>"),
    (),
    ("_INBOX_{{name()}}.>",),
)
_PERMISSIONS: Final[Mapping[Scope, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "client": _CLIENT,
    "worker": _WORKER,
    "ops": _OPS,
    "provision": _PROVISION,
}


def _fill(subjects: tuple[str, ...], site: str) -> list[str]:
    return [subject.replace("SITE", site, 1) for subject in subjects]


def _require_principal(principal: str, scope: Scope) -> None:
    if not is_valid_principal(principal):
        msg = f"'{principal}' cannot name a principal: use 1 to 64 of a-z, 0-9, '_' and '-'."
        raise InvalidNameError(msg)
    # A client with a worker's name would share its inbox, and could read everybody's commands there.
    reserved = principal == SYSTEM or principal in WORKERS
    if reserved and scope != "worker":
        msg = f"'{principal}' is reserved for the system: choose another name for this principal."
        raise InvalidNameError(msg)
    if scope == "worker" and not reserved:
        msg = f"'{principal}' is not a worker: workers are {', '.join(WORKERS)}."
        raise InvalidNameError(msg)


def _write_once(path: Path, text: str) -> None:
    """Write a private file atomically, unless it exists."""
    if path.exists():
        return
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    draft.replace(path)
