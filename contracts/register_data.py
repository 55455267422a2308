"""The entries of a register of disclosures, which its file has with it: what its pages say, for programs."""

from typing import Literal
from uuid import UUID

from contracts.message import Message
from contracts.values import Language, Time


class Disclosure(Message):
    """A copy of a project that was made, fetched or printed: by whom and when, for whom and why.

    `file_id` is the id of the package, report or batch, and `sha256` the digest of its file, if it is recorded.
    `age_keys` are the public keys of age that open a package, if it is encrypted to any.
    """

    at: Time
    by: str
    activity: str
    project_id: UUID
    project_number: int | None
    is_deleted: bool
    recipient: str | None
    reference: str | None
    legal_basis: str | None
    file_id: UUID | None
    sha256: str | None
    age_keys: list[str] = []


class RegisterData(Message):
    """The data of a register. `missing` names what its author may not see; `projects` is empty if it is about all."""

    format: Literal[1] = 1
    report_id: UUID
    generated_at: Time
    generated_by: str
    site: str
    software: str
    organisation: str
    language: Language
    timezone: str
    since: Time | None
    until: Time
    projects: list[UUID]
    project_numbers: list[int]
    missing: list[str]
    entries: list[Disclosure]
