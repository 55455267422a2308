"""The content of a record of processing, which the template lays out."""

from collections.abc import Iterator
from typing import Any

from contracts.record_data import RecordData
from workers.reports.rendering.child_texts import zone_of
from workers.reports.rendering.content.printed_values import print_time
from workers.reports.summary_layout.record.translated_texts import RECORD_WORDINGS, RecordWording


def record_content(data: RecordData, confidentiality: str) -> dict[str, Any]:
    """Return the content as nested texts."""
    words = RECORD_WORDINGS[data.language]
    time = print_time(data.generated_at, zone_of(data.timezone))
    missing = ", ".join(words.parts_missing[name] for name in data.missing)
    return {
        "language": data.language,
        "name": " – ".join(filter(None, (words.title, data.organisation))),
        "organisation": data.organisation,
        "title": words.title,
        "period": words.made.format(time),
        "confidentiality": confidentiality.strip(),
        "logo": None,
        "header": [time, words.title],
        "footer": [
            f"{words.report_id} {data.report_id}",
            words.page,
            f"{words.generated} {time}",
            words.zone.format(data.timezone),
        ],
        "notice": [words.missing.format(missing)] if missing else [],
        "short": [words.note],
        "notes": [],
        "sections": [section.model_dump() for section in data.sections],
        "about": {"heading": words.about, "facts": list(_about(data, words, time))},
        "attachments": {"data": words.attached_data, "schema": words.attached_schema},
        "end": words.end,
    }


def _about(data: RecordData, words: RecordWording, time: str) -> Iterator[tuple[str, str]]:
    yield words.generated, time
    yield words.generated_by, data.generated_by
    yield words.site, data.site
    yield words.software, data.software
    yield words.report_id, str(data.report_id)
