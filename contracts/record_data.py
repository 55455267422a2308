"""The sections of a record of processing, which its file has with it: what its pages say, for programs."""

from typing import Literal
from uuid import UUID

from contracts.message import Message
from contracts.values import Language, Time


class RecordSection(Message):
    """A section; one that `is_blank` is to be completed by the organisation."""

    heading: str
    lines: list[str]
    is_blank: bool = False


class RecordData(Message):
    """The data of a record. `missing` names what its author may not see."""

    format: Literal[1] = 1
    report_id: UUID
    generated_at: Time
    generated_by: str
    site: str
    software: str
    organisation: str
    language: Language
    timezone: str
    missing: list[str]
    sections: list[RecordSection]
