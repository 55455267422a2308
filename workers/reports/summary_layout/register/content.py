"""The content of a register in reading order, which the template lays out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final

from contracts.activity_words import activity_words
from contracts.figures import grouped
from contracts.register_data import Disclosure, RegisterData
from workers.reports.rendering.child_texts import zone_of
from workers.reports.rendering.content.printed_values import print_time
from workers.reports.summary_layout.register.translated_texts import REGISTER_WORDINGS, RegisterWording

_MAKING = frozenset({"projects.exported", "reports.generated", "reports.included"})
"""The activities that make a copy, and say for whom."""

_KEY_START: Final = 12
_KEY_END: Final = 4
"""Characters of a key that the pages have; the attached data has all of them."""


@dataclass(slots=True)
class _Copies:
    """The copies of a project for one recipient under one reference."""

    number: str
    last: datetime
    count: int = 0


@dataclass(frozen=True, slots=True)
class RegisterWriter:
    """The data of a register with the language and the time zone of its pages."""

    data: RegisterData
    confidentiality: str = ""
    words: RegisterWording = field(init=False)
    zone: tzinfo = field(init=False)

    def __post_init__(self) -> None:
        """Write in the language and the time zone that the data names."""
        object.__setattr__(self, "words", REGISTER_WORDINGS[self.data.language])
        object.__setattr__(self, "zone", zone_of(self.data.timezone))

    def content(self) -> dict[str, Any]:
        """Return the content as nested texts."""
        data, words = self.data, self.words
        recipients = list(self._recipients())
        return {
            "language": data.language,
            "name": " – ".join(filter(None, (words.title, self._period, data.organisation))),
            "organisation": data.organisation,
            "title": words.title,
            "period": self._period,
            "filter": self._filter,
            "confidentiality": self.confidentiality.strip(),
            "logo": None,
            "header": [self._period, words.title],
            "footer": [
                f"{words.report_id} {data.report_id}",
                words.page,
                f"{words.generated} {print_time(data.generated_at, self.zone)}",
                words.zone.format(data.timezone),
            ],
            "notice": [words.missing] if data.missing else [],
            "short": list(self._short()),
            "notes": [],
            "recipients": {
                "heading": words.recipients,
                "note": words.recipients_note,
                "head": list(words.recipient_head),
                "rows": recipients,
            },
            "register": {
                "heading": words.register,
                "head": list(words.head),
                "rows": list(map(self._row, data.entries)),
            },
            "about": {"heading": words.about, "facts": list(self._about())},
            "attachments": {"data": words.attached_data, "schema": words.attached_schema},
            "end": words.end,
        }

    @property
    def _period(self) -> str:
        until = print_time(self.data.until, self.zone)
        if self.data.since is None:
            return self.words.from_start.format(until)
        return self.words.since.format(print_time(self.data.since, self.zone), until)

    @property
    def _filter(self) -> str:
        data, words = self.data, self.words
        if not data.projects:
            return words.all_projects
        numbers = [str(number) for number in data.project_numbers]
        unknown = len(data.projects) - len(numbers)
        return words.projects.format(", ".join([*numbers, *([words.not_known.format(unknown)] if unknown else [])]))

    def _short(self) -> Iterator[str]:
        """Yield what a reader should know who reads nothing else."""
        entries, words = self.data.entries, self.words
        if not entries:
            yield words.empty
            return
        yield f"{self._plural(words.entries, len(entries))}."
        unnamed = sum(entry.activity in _MAKING and entry.recipient is None for entry in entries)
        if unnamed:
            yield self._plural(words.unnamed, unnamed)

    def _plural(self, forms: Sequence[str], count: int) -> str:
        is_singular = count in {0, 1} if self.data.language == "fr" else count == 1
        return forms[0 if is_singular else 1].format(grouped(count, self.data.language))

    def _recipients(self) -> Iterator[list[str]]:
        """Yield each recipient with the projects of its copies, in alphabetical order."""
        known: dict[tuple[str, str, Any], _Copies] = {}
        for entry in self.data.entries:
            if entry.recipient is not None:
                key = entry.recipient, entry.reference or "", entry.project_id
                copies = known.setdefault(key, _Copies(self._number(entry), entry.at))
                copies.count, copies.last = copies.count + 1, max(copies.last, entry.at)
        for (recipient, reference, _), copies in sorted(known.items(), key=lambda each: each[0][0].casefold()):
            count = grouped(copies.count, self.data.language)
            yield [recipient, reference, copies.number, count, print_time(copies.last, self.zone)]

    def _row(self, entry: Disclosure) -> dict[str, Any]:
        words = self.words
        purpose = (
            entry.recipient or "",
            words.reference.format(entry.reference) if entry.reference else "",
            words.basis.format(entry.legal_basis) if entry.legal_basis else "",
            words.age_keys.format(", ".join(map(_short_key, entry.age_keys))) if entry.age_keys else "",
        )
        return {
            "number": self._number(entry),
            "time": print_time(entry.at, self.zone),
            "by": entry.by,
            "activity": activity_words(entry.activity, self.data.language),
            "purpose": "\n".join(filter(None, purpose)),
            "sha256": entry.sha256 or words.no_digest,
        }

    def _number(self, entry: Disclosure) -> str:
        number = str(entry.project_id) if entry.project_number is None else str(entry.project_number)
        return f"{number}\n{self.words.deleted}" if entry.is_deleted else number

    def _about(self) -> Iterator[tuple[str, str]]:
        data, words = self.data, self.words
        yield words.period, self._period
        yield words.generated, print_time(data.generated_at, self.zone)
        yield words.generated_by, data.generated_by
        yield words.site, data.site
        yield words.software, data.software
        yield words.report_id, str(data.report_id)
        yield words.listed, words.listed_text


def _short_key(key: str) -> str:
    return f"{key[:_KEY_START]}…{key[-_KEY_END:]}"
