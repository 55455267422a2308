"""The page of a package has the words and figures of the command line and of the reports."""

from typing import Any

from contracts.activity_words import ACTIVITY_WORDS
from contracts.catalogue import commands, events, queries
from contracts.errors import Code
from contracts.texts import LANGUAGES
from incidents.terminal.attempts import ATTEMPTS
from incidents.terminal.text.words import name_of, say
from tests.evidence.sample import CALL, NOON, export, files, project
from workers.common.signing_key import SigningKey
from workers.projects.packages.page import _is_for_people, page_words
from workers.reports.rendering.translated_texts import EN, FR

KEY = SigningKey.generate("incident-manager-main")
PAGE = {name: [page_words(language)[name] for language in LANGUAGES] for name in page_words("en")}
PROJECTS = {"projects.imported": ["project imported", "projet importé"]}
"""Activities that concern many projects, of which the page shows one."""


def page_of(**changed: Any) -> str:
    """Return the French page of a package, with ordinary spaces."""
    page = files(export(language="fr", **changed), KEY, encrypted=False)["data/index.html"].decode()
    return page.replace("\u00a0", " ").replace("\u202f", " ").replace("<bdi>", "").replace("</bdi>", "")


def test_an_activity_has_one_name() -> None:
    """Activities, attempts and codes are called as on the command line."""
    attempts = {name: [words, say("fr", words)] for name, words in ATTEMPTS.items()}
    activities = {name: [*words] for name, words in ACTIVITY_WORDS.items()}
    for name, words in (attempts | activities).items():
        assert PAGE.get(name) in (None, PROJECTS.get(name), words), name
    for code in Code:
        assert PAGE[code] == [name_of(language, "code", code) for language in ("en", "fr")]


def test_what_was_done_with_a_project_has_words() -> None:
    """Every activity of a project, every detail of it and everything refused about one has words in the page."""
    of_project = [event for event in events().values() if "project_id" in event.model_fields]
    details = {name for event in of_project for name in event.model_fields if _is_for_people(name)}
    tried = {name for name, form in {**commands(), **queries()}.items() if "project_id" in form.model_fields}
    deleted = {"projects.deleted"}
    assert sorted((details | tried | {event.subject for event in of_project} - deleted) - PAGE.keys()) == []


def test_a_call_is_written_as_in_a_report() -> None:
    """The other party, the telephone and the duration of a call are called and written as in a report."""
    assert PAGE["party"] == [EN.party, FR.party]
    assert PAGE["telephone"] == [EN.telephone, FR.telephone]
    page = page_of(project={**project(), "calls": [{**CALL, "duration_seconds": 270}]})
    texts = ("Correspondant : Police", "Téléphone : 117", "Durée : 4 min 30 s")
    assert [text for text in texts if text not in page] == []


def test_a_page_in_french_has_french_words_and_figures() -> None:
    """Details are in words, thousands are apart, and the page says what contains no video."""
    refused = {"attempted": "reports.list", "code": "not-available"}
    generated = {"bytes": 54137, "complete": True, "pages": 2}
    activity = [{"at": NOON, "actor": "oscar", "revision": None, "activity": "audit.refused", "details": refused}]
    activity.append({**activity[0], "activity": "reports.generated", "details": generated})
    long = {**project()["data"], "decimal_1": "1234567.5"}
    named = [{"kind": "decimal", "slot": 1, "name": "Value", "enabled": True}]
    page = page_of(activity=activity, project={**project(), "data": long}, data_fields=named)
    texts = ("Tentative : liste des rapports", "Taille (octets) : 54 137", "Complet : oui", "1 234 567,5", "Pages : 2")
    assert [text for text in (*texts, "Cette copie ne contient ni vidéo ni audio.") if text not in page] == []
    assert [word for word in ("attempted", "complete", "bytes", "code", "not-available") if f"{word} :" in page] == []
