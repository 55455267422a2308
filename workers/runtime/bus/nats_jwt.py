"""Signed tokens (JWT) of NATS."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Mapping
from typing import TypeAlias

import nkeys

Claims: TypeAlias = Mapping[str, object]


def public_part(text: str) -> Claims:
    """Return the claims of the token in a credentials file; empty for any other text."""
    try:
        token = text.split("BEGIN NATS USER JWT-----", 1)[1].split(maxsplit=1)[0].split(".")[1]
        claims: Claims = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims


def credentials(token: str, seed: str) -> str:
    """Return the text of a credentials file."""
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )


def encode(issuer: nkeys.KeyPair, subject: str, name: str, claims: Claims, expires: int | None = None) -> str:
    """Return a NATS token: a JSON web token signed with an Ed25519 key."""
    body: dict[str, object] = {
        "iat": int(time.time()),
        "iss": issuer.public_key.decode(),
        "name": name,
        "sub": subject,
        "nats": {**claims, "version": 2},
        **({} if expires is None else {"exp": expires}),
    }
    digest = hashlib.sha256(json.dumps(body).encode()).digest()
    body["jti"] = base64.b32encode(digest).rstrip(b"=").decode()
    header = {"typ": "JWT", "alg": "ed25519-nkey"}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, body))
    return f"{signed}.{_base64(issuer.sign(signed.encode()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_seed(prefix: int) -> str:
    """Return a new private key of a kind."""
    return str(nkeys.encode_seed(os.urandom(32), prefix).decode())
