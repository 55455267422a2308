"""The reference product's sentences as they reach anyone who sent the command (MSG-01 to MSG-10)."""

from typing import Any

import pytest

from contracts.ids import uuid7
from tests.support import Caller, Site

NOON = "2026-03-01T12:00:00Z"
SEQUENCE = {"sequence_id": str(uuid7()), "camera_id": "4", "camera_name": "Gate", "start": NOON, "end": NOON}
COMMENT = {"comment_id": str(uuid7()), "text": "Bag seen."}
CALL = {"call_id": str(uuid7()), "direction": "made", "at": NOON, "party": "Police"}

CANNOT_WRITE = (
    "ALTER TABLE projects.project ADD CHECK (number < 0) NOT VALID",
    "ALTER TABLE projects.tombstone ADD CHECK (expired) NOT VALID",
)
LATER = [
    ("add-sequences", {"sequences": [SEQUENCE]}, "Impossible d'ajouter la séquence."),
    ("create", {}, "Impossible de créer le projet d'incident."),
    ("delete", {}, "Impossible d'effectuer cette action."),
    ("remove-all-sequences", {}, "Impossible de supprimer toutes les séquences."),
    ("update", {"description": "x"}, "Impossible d'enregistrer le projet d'incident."),
    ("add-comment", COMMENT, "Impossible d'enregistrer le commentaire."),
    ("add-call", CALL, "Impossible d'enregistrer l'appel."),
]
REFRESH = "Impossible d'effectuer cette action. Veuillez actualiser la liste."
AFTER_DELETION = [
    ("delete", {}, REFRESH),
    ("update", {"description": "x"}, REFRESH),
    ("add-comment", COMMENT, "Impossible d'enregistrer le commentaire. Réessayez ultérieurement."),
    ("add-call", CALL, "Impossible d'enregistrer l'appel. Réessayez ultérieurement."),
    ("add-sequences", {"sequences": [SEQUENCE]}, "Impossible d'enregistrer les séquences. Réessayez ultérieurement."),
]


async def refusal_of(caller: Caller, worker_verb: str, key: str, body: dict[str, Any]) -> tuple[str, str]:
    """Send a command that must be refused, in French; return the code and the sentence."""
    outcome = await caller.send(worker_verb, key, body, headers={"Accept-Language": "fr"})
    return outcome["error"]["code"], outcome["error"]["message"]


async def opened(site: Site) -> tuple[Caller, str]:
    """Return a caller and the id of a project that it opened."""
    await site.worker("projects")
    caller, project_id = await site.caller(), str(uuid7())
    body = {"project_id": project_id, "sequences": [{**SEQUENCE, "sequence_id": str(uuid7())}]}
    assert (await caller.send("projects.create", project_id, body))["status"] == "applied"
    return caller, project_id


@pytest.mark.parametrize("verb, body, sentence", LATER, ids=[verb for verb, _, _ in LATER])
async def test_what_cannot_be_stored_is_told(site: Site, verb: str, body: dict[str, Any], sentence: str) -> None:
    """What the database keeps failing to store has its own sentence (MSG-01, MSG-02, MSG-05 to MSG-07)."""
    caller, project_id = await opened(site)
    for statement in CANNOT_WRITE:
        await site.sql(statement)
    project_key = project_id if verb != "create" else str(uuid7())
    outcome = await refusal_of(caller, f"projects.{verb}", project_key, {"project_id": project_key, **body})
    assert outcome == ("unavailable", f"{sentence} Réessayez ultérieurement.")


@pytest.mark.parametrize("verb, body, sentence", AFTER_DELETION, ids=[verb for verb, _, _ in AFTER_DELETION])
async def test_what_was_deleted_meanwhile_is_told(site: Site, verb: str, body: dict[str, Any], sentence: str) -> None:
    """Deleting and saving a project that is gone says MSG-04, saving its parts MSG-07 (MSG-04, MSG-07, PRJ-23)."""
    caller, project_id = await opened(site)
    await caller.send("projects.delete", project_id, {"project_id": project_id})
    outcome = await refusal_of(caller, f"projects.{verb}", project_id, {"project_id": project_id, **body})
    assert outcome == ("gone", sentence)


async def test_a_report_that_fails_is_told(site: Site) -> None:
    """A report that cannot be stored, and one of a deleted project, are reported by MSG-03 (MSG-03)."""
    await site.worker("reports")
    caller, project_id = await opened(site)
    await site.sql("ALTER TABLE reports.report ADD CHECK (false) NOT VALID")
    sentence = "Impossible de générer le rapport. Réessayez ultérieurement."
    for code in ("unavailable", "gone"):
        report_id = str(uuid7())
        outcome = await refusal_of(
            caller, "reports.generate", report_id, {"report_id": report_id, "project_id": project_id}
        )
        assert outcome == (code, sentence)
        await caller.send("projects.delete", project_id, {"project_id": project_id})


@pytest.mark.parametrize("language, sentence", [("en", "Permission denied."), ("fr-BE", "Permission refusée.")])
async def test_no_command_passes_without_permission(site: Site, language: str, sentence: str) -> None:
    """Each worker refuses a command of who has no role, in the asked language (MSG-08, PERM-05, PERM-13)."""
    await site.workers("projects", "administration", "retention", "reports")
    visitor, project_id = await site.caller("visitor"), str(uuid7())
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("projects.delete", project_id, {"project_id": project_id}),
        ("administration.add-type", "-", {"name": "Theft"}),
        ("retention.sweep", "-", {}),
        ("reports.generate", project_id, {"report_id": project_id, "project_id": project_id}),
    ]
    for verb, key, body in attempts:
        outcome = await visitor.send(verb, key, body, headers={"Accept-Language": language})
        assert outcome["error"]["code"] == "permission-denied"
        assert outcome["error"]["message"] == sentence
