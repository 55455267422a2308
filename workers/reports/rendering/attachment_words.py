"""What the files are that a report has with it, in the language of the report."""

from collections.abc import Mapping
from typing import Final

from contracts.values import Language

ATTACHMENT_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "data": "The data of this report, as JSON",
        "schema": "The JSON Schema of the data",
        "activity": "The entries of the activity log, as JSON",
        "proofs": "The proofs that the entries are in the log of the site (C2SP tlog-proof)",
        "checkpoint": "The signed state of the entries in this report (C2SP tlog-checkpoint)",
        "log_key": "The public key of the log (C2SP signed-note)",
    },
    "fr": {
        "data": "Les données de ce rapport, en JSON",
        "schema": "Le schéma JSON des données",
        "activity": "Les entrées du journal des activités, en JSON",
        "proofs": "Les preuves que les entrées sont dans le journal du site (C2SP tlog-proof)",
        "checkpoint": "L'état signé des entrées de ce rapport (C2SP tlog-checkpoint)",
        "log_key": "La clé publique du journal (C2SP signed-note)",
    },
}
