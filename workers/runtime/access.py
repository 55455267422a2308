"""Who may speak on a site's message bus: its keys, and the credentials signed with them.

Everything here works offline: the server trusts the operator's signature, the operator's signature
covers the site's account, and the account names one signing key for each kind of user. A new user is
therefore a new file and never a change on the server.
"""

import base64
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

import nkeys

from contracts.licence import INCLUDED, Licence
from contracts.subjects import SYSTEM, WORKERS, valid_principal, valid_site
from workers.runtime.licence import site_block

Claims: TypeAlias = Mapping[str, object]
Scope: TypeAlias = Literal["client", "worker", "ops"]

SCOPES: Final[tuple[Scope, ...]] = ("client", "worker", "ops")

_KEYS: Final = {
    "operator": nkeys.PREFIX_BYTE_OPERATOR,
    "system": nkeys.PREFIX_BYTE_ACCOUNT,
    "account": nkeys.PREFIX_BYTE_ACCOUNT,
    **dict.fromkeys(SCOPES, nkeys.PREFIX_BYTE_ACCOUNT),
}
_UNLIMITED: Final = dict.fromkeys(("subs", "data", "payload"), -1)
_CONNECTIONS: Final = {
    **_UNLIMITED,
    **dict.fromkeys(("imports", "exports", "conn", "leaf"), -1),
    "wildcards": True,
}
_JETSTREAM: Final = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)


class InvalidNameError(ValueError):
    """A site or a principal has a name that cannot be a token of a subject, or that is taken."""


class TrustError(Exception):
    """The directory of keys does not hold what this site needs."""


@dataclass(frozen=True)
class Trust:
    """The keys of one site."""

    site: str
    _keys: Mapping[str, nkeys.KeyPair]

    @classmethod
    def create(cls, directory: Path, site: str) -> Self:
        """Make the keys that `directory` does not hold yet, and load them all."""
        if not valid_site(site):
            msg = f"{site!r} cannot name a site: use 1 to 32 of a-z, 0-9 and '-'."
            raise InvalidNameError(msg)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        _write_once(directory / "site", site)
        for name, prefix in _KEYS.items():
            _write_once(directory / f"{name}.nk", _new_seed(prefix))
        trust = cls.load(directory)
        if trust.site != site:
            msg = f"{directory} holds the keys of site {trust.site!r}, not of {site!r}."
            raise TrustError(msg)
        return trust

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read the keys that `create` made."""
        try:
            site = (directory / "site").read_text().strip()
            seeds = {name: (directory / f"{name}.nk").read_bytes().strip() for name in _KEYS}
        except FileNotFoundError as error:
            msg = f"{error.filename} is missing: create the site's keys first."
            raise TrustError(msg) from error
        return cls(site, {name: nkeys.from_seed(seed) for name, seed in seeds.items()})

    @property
    def operator_jwt(self) -> str:
        """What the server is configured to trust."""
        claims = {"type": "operator", "system_account": self.system_account}
        return self._sign("operator", self.site, claims)

    @property
    def system_account(self) -> str:
        """The public key of the server's own account."""
        return self._public("system")

    @property
    def account_jwts(self) -> Mapping[str, str]:
        """The accounts the server resolves, by public key."""
        system = {"type": "account", "limits": _CONNECTIONS}
        return {
            self._public("account"): self.account_token(INCLUDED),
            self._public("system"): self._sign("system", "SYS", system),
        }

    def account_token(self, licence: Licence | None) -> str:
        """Return the site's account token; the operator's signature covers the licence in it."""
        account: dict[str, object] = {
            "type": "account",
            "limits": {**_CONNECTIONS, **_JETSTREAM},
            "signing_keys": [self._signing_key(scope) for scope in SCOPES],
        }
        if licence:
            account["licence"] = licence.model_dump(mode="json")
        return self._sign("account", self.site, account)

    def mint(self, principal: str, scope: Scope, licence: Licence | None = INCLUDED) -> str:
        """Return the text of a credentials file with which `principal` connects; a worker's carries the licence."""
        _check_principal(principal, scope)
        seed = _new_seed(nkeys.PREFIX_BYTE_USER)
        subject = nkeys.from_seed(seed.encode()).public_key.decode()
        claims = {"type": "user", "issuer_account": self._public("account")}
        token = _encode(self._keys[scope], subject, principal, claims)
        return (
            f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
            f"{site_block(self.account_token(licence)) if scope == 'worker' else ''}"
        )

    def _public(self, name: str) -> str:
        return str(self._keys[name].public_key.decode())

    def _sign(self, subject: str, name: str, claims: Claims) -> str:
        return _encode(self._keys["operator"], self._public(subject), name, claims)

    def _signing_key(self, scope: Scope) -> Claims:
        publish, refused, subscribe = _PERMISSIONS[scope]
        template = {
            "pub": {"allow": _fill(publish, self.site), "deny": _fill(refused, self.site)},
            "sub": {"allow": _fill(subscribe, self.site)},
            **_UNLIMITED,
        }
        return {"kind": "user_scope", "key": self._public(scope), "role": scope, "template": template}


# What each kind of user may publish, what is taken out of that again, and what it may subscribe to.
# The server replaces {{name()}} by the principal, the site replaces SITE here.
_CLIENT: Final = (
    (
        *(f"im.SITE.cmd.{{{{name()}}}}.{worker}.*.*" for worker in WORKERS if worker != "audit"),
        "im.SITE.qry.{{name()}}.*.*",
    ),
    (),
    ("im.SITE.out.{{name()}}.*", "_INBOX_{{name()}}.>"),
)
_WORKER: Final = (
    (
        "im.SITE.out.*.*",
        "im.SITE.evt.*.*.*",
        "im.SITE.ops.>",
        "im.SITE.probe.*",
        "im.SITE.dead.*.*",
        f"im.SITE.cmd.{SYSTEM}.*.*.*",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.PURGE.COMMANDS",
        "$JS.API.STREAM.PURGE.EVENTS",
        "$JS.API.STREAM.MSG.GET.EVENTS",
        "$JS.API.CONSUMER.CREATE.COMMANDS.*",
        "$JS.API.CONSUMER.CREATE.EVENTS.*",
        "$JS.API.CONSUMER.MSG.NEXT.COMMANDS.*",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*",
        "$JS.API.CONSUMER.DELETE.COMMANDS.*",
        "$JS.API.CONSUMER.DELETE.EVENTS.*",
        # Answers to queries go to `_INBOX_<principal>.…`; a permission has whole tokens and no
        # prefixes, so an inbox can only be allowed as "any subject of two to four tokens".
        "*.*",
        "*.*.*",
        "*.*.*.*",
    ),
    # Those three would also open the server's own short subjects: with them a worker could forge
    # advisories ($JS.EVENT.ADVISORY.*), which the dead letters record, and list every stream.
    # All that a worker needs below $JS has five tokens or more.
    ("$JS.*", "$JS.*.*", "$JS.*.*.*", "$SYS.>"),
    ("im.SITE.qry.*.*.*", "_INBOX_{{name()}}.>", f"im.SITE.out.{SYSTEM}.*", "$SRV.>", "im.SITE.evt.>"),
)
_OPS: Final = (
    ("$JS.API.>", "im.SITE.qry.{{name()}}.*.*", "$SRV.>", "$JS.ACK.>"),
    (),
    ("im.SITE.>", "_INBOX_{{name()}}.>", "$JS.EVENT.>"),
)
_PERMISSIONS: Final[Mapping[Scope, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "client": _CLIENT,
    "worker": _WORKER,
    "ops": _OPS,
}


def _fill(subjects: tuple[str, ...], site: str) -> list[str]:
    return [subject.replace("SITE", site, 1) for subject in subjects]


def _check_principal(principal: str, scope: Scope) -> None:
    if not valid_principal(principal):
        msg = f"{principal!r} cannot name a user: use 1 to 64 of a-z, 0-9, '_' and '-'."
        raise InvalidNameError(msg)
    # A client named like a worker would share its inbox, and read everybody's commands there.
    reserved = principal == SYSTEM or principal in WORKERS
    if reserved and scope != "worker":
        msg = f"{principal!r} is reserved for the system: choose another name for this user."
        raise InvalidNameError(msg)
    if scope == "worker" and not reserved:
        msg = f"{principal!r} is not a worker: workers are {', '.join(WORKERS)}."
        raise InvalidNameError(msg)


def _encode(issuer: nkeys.KeyPair, subject: str, name: str, claims: Claims) -> str:
    """Encode a NATS token: a JSON web token signed with an Ed25519 key."""
    body: dict[str, object] = {
        "iat": int(time.time()),
        "iss": issuer.public_key.decode(),
        "name": name,
        "sub": subject,
        "nats": {**claims, "version": 2},
    }
    digest = hashlib.sha256(json.dumps(body).encode()).digest()
    body["jti"] = base64.b32encode(digest).rstrip(b"=").decode()
    header = {"typ": "JWT", "alg": "ed25519-nkey"}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, body))
    return f"{signed}.{_base64(issuer.sign(signed.encode()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _new_seed(prefix: int) -> str:
    return str(nkeys.encode_seed(os.urandom(32), prefix).decode())


def _write_once(path: Path, text: str) -> None:
    """Write a private file completely or not at all, and keep the one that is there."""
    if path.exists():
        return
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    draft.replace(path)
