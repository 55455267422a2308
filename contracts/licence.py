"""The site's licence: its content, its activation, and the query about it (LIC-01 to LIC-05, FED-02)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.administration import AdministrationEvent
from contracts.message import Command, Message, Query
from contracts.permissions import Node
from contracts.texts import Part, Phrase
from contracts.values import Time

Edition = Literal["corporate", "expert", "professional-plus", "express-plus"]
"""The editions of the video system that the product is sold for (LIC-02)."""

Unlicensed = Literal["missing", "unreadable", "forged", "other-site", "expired"]
"""Why a site is not licensed, or why a token is not its licence."""

Token = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", max_length=32_000)
]


class Licence(Message):
    """The licence that the operator signs for a site; without `expires_at` it never expires."""

    product: Literal["incident-manager"] = "incident-manager"
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,32}$")]
    edition: Edition
    expires_at: Time | None = None


INCLUDED = Licence(version="1", edition="corporate")
"""The licence of a site with keys of its own: included, as in Corporate (LIC-02)."""


class LicenceActivated(AdministrationEvent):
    """Another licence of the site came into force."""

    subject = "administration.licence-activated"

    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.-]{1,32}$")]
    edition: Edition
    expires_at: Time | None = None


class ActivateLicence(Command[LicenceActivated]):
    """Put a licence into force: an account token of this site, signed by its operator (LIC-03)."""

    subject = "administration.activate-licence"
    changes_permissions = True
    needs_licence = False
    node = Node.SETTINGS
    part = Part.LICENCE
    failure_phrase = Phrase.NOT_SAVED

    token: Token


class LicenceState(Message):
    """The licence in force, or the reason why there is none; `included` if it came with the site's own keys."""

    valid: bool
    reason: Unlicensed | None = None
    licence: Licence | None = None
    included: bool = False
    activated_by: str | None = None
    activated_at: Time | None = None


class GetLicence(Query[LicenceState]):
    """Ask which licence is in force."""

    subject = "administration.licence"
    node = Node.SETTINGS
