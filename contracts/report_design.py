"""Commands, events and queries of the design of reports: what the organisation adds to their form."""

from typing import Annotated, Final, Generic, Literal

from pydantic import StringConstraints

from contracts.message import SITE_STORE, AnswerT_co, Command, Event, Message, Query
from contracts.permissions import Node
from contracts.reports import TemplateVersion
from contracts.texts import Part, Phrase
from contracts.values import AnyText, Name, Sha256, Time

LOGO_BYTES_MAX: Final = 100_000
"""Bytes of the file of a logo, which is in every report, and many times in the work on a batch."""

LOGO_SIDE_MIN: Final = 16
LOGO_SIDE_MAX: Final = 2_000
"""Pixels of each side of a logo."""

TEMPLATE_CHARACTERS_MAX: Final = 60_000
"""Characters of a template, whose longest form in UTF-8 fits into a body."""

TemplateText = Annotated[AnyText, StringConstraints(min_length=1, max_length=TEMPLATE_CHARACTERS_MAX)]
LogoFormat = Literal["png", "jpeg"]
Base64 = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9+/]+={0,2}$", max_length=4 * (LOGO_BYTES_MAX // 3 + 1))]


class DesignEvent(Event):
    """The design of reports was changed; reports made before stay as they are."""

    stores = SITE_STORE


class DesignCommand(Command[AnswerT_co], Generic[AnswerT_co]):
    """A change of the design of reports, which needs the permission for settings."""

    runs_alone = True
    node = Node.SETTINGS
    part = Part.SETTINGS
    failure_phrase = Phrase.NOT_SAVED


class LogoSet(DesignEvent):
    """A logo was accepted: its number among all logos of the site, and its file."""

    subject = "reports.logo-set"

    number: int
    sha256: Sha256
    bytes: int
    format: LogoFormat
    width: int
    height: int
    alt: str


class SetLogo(DesignCommand[LogoSet]):
    """Put a logo at the head of the first page of reports, and on the front pages of batches.

    It is decoded and drawn on a trial page first, apart from other commands. `alt` says what it shows to people who do
    not see it.
    """

    subject = "reports.set-logo"
    body_bytes_max = 208 * 1024

    image: Base64
    alt: Name


class LogoRemoved(DesignEvent):
    """The logo was removed from later reports."""

    subject = "reports.logo-removed"


class RemoveLogo(DesignCommand[LogoRemoved]):
    """Make later reports without a logo."""

    subject = "reports.remove-logo"


class TemplateSet(DesignEvent):
    """A template was accepted: its number among all templates of the site, and its file."""

    subject = "reports.template-set"

    number: int
    sha256: Sha256
    bytes: int


class SetTemplate(DesignCommand[TemplateSet]):
    """Make later reports in a form of the organisation's own, which is a template of Typst.

    It is tried on sample reports first, in a process without files and network, with little time and memory.
    """

    subject = "reports.set-template"
    body_bytes_max = 208 * 1024

    source: TemplateText


class TemplateRemoved(DesignEvent):
    """The template was removed: later reports have the standard form."""

    subject = "reports.template-removed"


class RemoveTemplate(DesignCommand[TemplateRemoved]):
    """Make later reports in the standard form."""

    subject = "reports.remove-template"


class Template(TemplateVersion):
    """The template of reports."""

    bytes: int


class Logo(Message):
    """The logo of reports; `width` and `height` are pixels."""

    number: int
    sha256: Sha256
    bytes: int
    format: LogoFormat
    width: int
    height: int
    alt: str
    set_by: str
    set_at: Time


class Design(Message):
    """What the organisation has added to the form of its reports."""

    logo: Logo | None = None
    template: Template | None = None


class GetDesign(Query[Design]):
    """Ask for the design of reports."""

    subject = "reports.design"
    node = Node.SETTINGS
