"""The site's licence: read from signed account tokens and checked before every command.

The operator's signature on the site's account token covers the licence in it. A worker's credentials carry that token,
so that the worker knows offline whose signature counts and which licence is included.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import nkeys
from pydantic import ValidationError

from contracts.errors import Code, Refusal
from contracts.licence import Licence, Unlicensed
from contracts.permissions import Grants
from contracts.subjects import SYSTEM
from contracts.texts import Phrase
from workers.runtime.admission import authorisation
from workers.runtime.admission.incoming_messages import IncomingCommand

_BLOCK: Final = re.compile(r"-BEGIN (?P<name>[A-Z ]+)-+\s+(?P<token>[\w.-]+)\s")
_SITE_TOKEN: Final = "SITE ACCOUNT JWT"  # noqa: S105 - the name of a block, not its content


@dataclass(frozen=True, slots=True)
class Licensing:
    """The operator and the account whose licences count, and the licence in the credentials."""

    operator: str = ""
    account: str = ""
    included: Licence | None = None

    @classmethod
    def from_credentials(cls, credentials: Path | None) -> Self:
        """Read the account token in a worker's credentials; without a token, no licence counts."""
        text = credentials.read_text() if credentials and credentials.exists() else ""
        token = {block["name"]: block["token"] for block in _BLOCK.finditer(text)}.get(_SITE_TOKEN)
        if token is None:
            return cls()
        claims = signed_claims(token)
        return cls(claims["iss"], claims["sub"], licence_in(claims))

    def read(self, token: str) -> Licence:
        """Return the licence in a token; refuse a token that the operator did not sign for this site."""
        claims = signed_claims(token)
        if claims["iss"] != self.operator:
            raise token_refusal("forged")
        if claims["sub"] != self.account:
            raise token_refusal("other-site")
        licence = licence_in(claims)
        if licence is None:
            raise token_refusal("missing")
        return licence


def find_obstacle(licence: Licence | None, now: datetime) -> Unlicensed | None:
    """Return why a licence does not allow commands; None if it does."""
    if licence is None:
        return "missing"
    return "expired" if licence.expires_at and licence.expires_at <= now else None


def refusal(reason: Unlicensed) -> Refusal:
    """Return the refusal of a command for a missing or expired licence."""
    return Refusal(Code.NOT_LICENSED, reason=reason)


def token_refusal(reason: Unlicensed) -> Refusal:
    """Return the refusal of a token that is no valid licence of this site, which keeps the one in force."""
    return Refusal(Code.NOT_LICENSED, text=Phrase.LICENCE_REFUSED, reason=reason)


def site_block(token: str) -> str:
    """Return the block of a credentials file that holds the site's account token."""
    return f"\n-----BEGIN {_SITE_TOKEN}-----\n{token}\n------END {_SITE_TOKEN}------\n"


def licence_in(claims: dict[str, Any]) -> Licence | None:
    """Return the licence in the claims of an account token."""
    document = claims["nats"].get("licence")
    try:
        return None if document is None else Licence.model_validate(document)
    except ValidationError as error:
        raise token_refusal("unreadable") from error


def signed_claims(token: str) -> dict[str, Any]:
    """Return the claims of an account token, if its issuer's key signed it."""
    try:
        signed, _, signature = token.rpartition(".")
        claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        issuer, _, content = str(claims["iss"]), str(claims["sub"]), dict(claims["nats"])
        verifier = nkeys.nacl.signing.VerifyKey(base64.b32decode(issuer)[1:-2])
    except (ValueError, KeyError, TypeError) as error:
        raise token_refusal("unreadable") from error
    if content.get("type") != "account":
        raise token_refusal("unreadable")
    try:
        verifier.verify(signed.encode(), _decode(signature))
    except (ValueError, nkeys.nacl.exceptions.BadSignatureError) as error:
        raise token_refusal("forged") from error
    return claims


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def authorise_command(message: IncomingCommand, grants: Grants, unlicensed: Unlicensed | None) -> None:
    """Refuse an unauthorised caller, or any caller on an unlicensed site, before rows are read or locked.

    Commands of the product itself need no licence: expired projects are deleted on an unlicensed site, too.
    """
    if message.command and not message.refusal:
        try:
            authorisation.authorise(message.command, message.work.principal, grants)
            if unlicensed and message.command.needs_licence and message.work.principal != SYSTEM:
                raise refusal(unlicensed)
        except Refusal as refused:
            message.refusal = refused
