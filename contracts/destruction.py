"""The query of certificates of destruction: what was erased, when and by which rule, signed by the site."""

from typing import Annotated

from pydantic import Field

from contracts.evidence.destruction import Kind
from contracts.message import Message, Query
from contracts.permissions import Node
from contracts.projects.queries import Cursor, Limit
from contracts.values import Time


class CertificateSupplement(Message):
    """What a certificate could not say when it was issued: when the bytes were overwritten; signed like it."""

    overwritten_at: Time
    issued_at: Time
    text: str
    signature: str
    public_key: str


class CertificateOfDestruction(Message):
    """A certificate: `text` is the JSON that was signed, `signature` and `public_key` are those of Ed25519 in base64.

    The other fields repeat what the text says. One that was issued before the clean-up was complete has no
    `overwritten_at`, and gets a `supplement` when it is.
    """

    number: int
    kind: Kind
    erased_until: Time
    overwritten_at: Time | None = None
    issued_at: Time
    count: int
    text: str
    signature: str
    public_key: str
    supplement: CertificateSupplement | None = None


class Certificates(Message):
    """A page of certificates, newest first, and the cursor of the next page; `waiting` are not issued yet."""

    items: list[CertificateOfDestruction]
    waiting: int
    next: Cursor | None = None


class ListCertificates(Query[Certificates]):
    """Ask for the certificates of destruction, also of one project by its number, or of erasures since a time."""

    subject = "retention.certificates"
    is_recorded = True
    node = Node.RETENTION

    number: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    since: Time | None = None
    limit: Limit = 50
    after: Cursor | None = None
