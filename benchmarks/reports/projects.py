"""Made-up projects of realistic size, as the reports worker gets them."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.projects.queries import AttachedSequence, Comment, ProjectDetails
from workers.reports.rendering.render_input import DataValue, ReportDocument

WORDS = (
    "caméra",
    "porte",
    "nord",
    "agent",
    "ronde",
    "alarme",
    "incident",
    "badge",
    "visiteur",
    "verre",
    "appel",
)
START = datetime(2026, 1, 1, tzinfo=UTC)


def _text(chance: random.Random, words: int) -> str:
    return f"{' '.join(chance.choices(WORDS, k=words)).capitalize()}."


def document(seed: int) -> ReportDocument:
    """Make up a report of two pages: 14 fields, 150 words, 8 comments, 12 sequences."""
    chance = random.Random(seed)
    stamps = {"created_by": "agent", "created_at": START}
    project = ProjectDetails.model_validate(
        {
            **stamps,
            "project_id": UUID(int=seed),
            "number": seed,
            "revision": 1,
            "type_id": None,
            "status_id": None,
            "description": _text(chance, 150),
            "start_time": START,
            "end_time": None,
            "updated_by": "agent",
            "updated_at": START,
            "imported": False,
            "retention_exempt": False,
            "comments": [
                Comment.model_validate({**stamps, "comment_id": UUID(int=k), "text": _text(chance, 25)})
                for k in range(8)
            ],
            "sequences": [_sequence(k) for k in range(12)],
        }
    )
    data = tuple(DataValue(label=f"Champ {k}", kind="text", value=_text(chance, 4)) for k in range(8))
    return ReportDocument(
        report_id=UUID(int=seed),
        generated_at=START,
        language="fr",
        timezone="Europe/Paris",
        title="Site",
        show_user_names=False,
        project=project,
        data=data,
    )


def _sequence(number: int) -> AttachedSequence:
    return AttachedSequence(
        sequence_id=UUID(int=number),
        camera_id=f"camera-{number}",
        camera_name=f"Caméra {number}",
        site=None,
        start=START,
        end=START + timedelta(minutes=10),
        media_expires_at=None,
        added_by="agent",
        added_at=START,
    )
