"""The sentences for people, in English and French: MSG-01 to MSG-10, and one for every other refusal."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from contracts.figures import grouped
from contracts.limits import LIMITS, ORDINALS, PLACEHOLDER, has_words
from contracts.remedies import FIELD_REMEDIES, REMEDIES

LANGUAGES = ("en", "fr")


class Part(StrEnum):
    """The object of a sentence: the [x] of MSG-07."""

    PROJECT = "project"
    COMMENT = "comment"
    CALL = "call"
    SEQUENCES = "sequences"
    PROPERTY = "property"
    SETTINGS = "settings"
    ROLE = "role"
    REPORT = "report"
    LICENCE = "licence"
    LETTER = "letter"


class Phrase(StrEnum):
    """Every sentence: the reference product's ten, then one per code that has no sentence there."""

    SEQUENCE_NOT_ADDED = "MSG-01"
    PROJECT_NOT_CREATED = "MSG-02"
    REPORT_NOT_GENERATED = "MSG-03"
    REFRESH_THE_LIST = "MSG-04"
    TRY_AGAIN_LATER = "MSG-05"
    SEQUENCES_NOT_REMOVED = "MSG-06"
    NOT_SAVED = "MSG-07"
    PERMISSION_DENIED = "permission-denied"
    REPORT_INCOMPLETE = "MSG-09"
    REPORT_IMPOSSIBLE = "report-impossible"
    NOT_AVAILABLE = "not-available"
    GONE = "gone"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"
    UNKNOWN_REFERENCE = "unknown-reference"
    IN_USE = "in-use"
    HELD = "held"
    NOT_LICENSED = "not-licensed"
    LICENCE_REFUSED = "licence-refused"
    COMMAND_ID_REUSED = "command-id-reused"
    ACCEPTED = "accepted"


_ACT_EN = "Unable to perform this action. Refresh the list."
_ACT_FR = "Impossible d'effectuer cette action. Veuillez actualiser la liste."
_LATER_EN = "Unable to perform this action. Try again later."
_LATER_FR = "Impossible d'effectuer cette action. Réessayez ultérieurement."

PHRASES: dict[Phrase, tuple[str, str]] = {
    Phrase.SEQUENCE_NOT_ADDED: (
        "Unable to add the sequence. Try again later.",
        "Impossible d'ajouter la séquence. Réessayez ultérieurement.",
    ),
    Phrase.PROJECT_NOT_CREATED: (
        "Unable to create the incident project. Try again later.",
        "Impossible de créer le projet d'incident. Réessayez ultérieurement.",
    ),
    Phrase.REPORT_NOT_GENERATED: (
        "Unable to generate the report. Try again later.",
        "Impossible de générer le rapport. Réessayez ultérieurement.",
    ),
    Phrase.REFRESH_THE_LIST: (_ACT_EN, _ACT_FR),
    Phrase.TRY_AGAIN_LATER: (_LATER_EN, _LATER_FR),
    Phrase.SEQUENCES_NOT_REMOVED: (
        "Unable to remove all sequences. Try again later.",
        "Impossible de supprimer toutes les séquences. Réessayez ultérieurement.",
    ),
    Phrase.NOT_SAVED: (
        "Unable to save {x}. Try again later.",
        "Impossible d'enregistrer {x}. Réessayez ultérieurement.",
    ),
    Phrase.PERMISSION_DENIED: ("Permission denied.", "Permission refusée."),
    Phrase.REPORT_IMPOSSIBLE: (
        "Unable to generate the report. Change the content named in the details, then try again.",
        "Impossible de générer le rapport. Modifiez le contenu indiqué dans les détails, puis réessayez.",
    ),
    Phrase.REPORT_INCOMPLETE: (
        "The report was generated but does not include all information.",
        "Le rapport a été généré mais il n'inclut pas toutes les informations.",
    ),
    Phrase.NOT_AVAILABLE: (
        "This information is not available to you.",
        "Vous n'avez pas accès à ces informations.",
    ),
    Phrase.GONE: (_ACT_EN, _ACT_FR),
    Phrase.CONFLICT: (_ACT_EN, _ACT_FR),
    Phrase.UNAVAILABLE: (_LATER_EN, _LATER_FR),
    Phrase.INVALID: (
        "The message is not valid. Correct the fields named in the details and send it again.",
        "Le message n'est pas conforme. Corrigez les champs indiqués dans les détails et renvoyez-le.",
    ),
    Phrase.UNKNOWN_REFERENCE: (
        "The message refers to something that is not defined or not enabled. Correct the fields named in the details.",
        "Un élément cité n'est pas défini ou pas activé. Corrigez les champs indiqués dans les détails.",
    ),
    Phrase.IN_USE: (
        "This definition is assigned to projects and cannot be changed or deleted. Remove it there or add another one.",
        "Attribuée à des projets, cette définition ne peut être ni modifiée ni supprimée. Retirez-la ou créez-en une.",
    ),
    Phrase.HELD: (
        "The project is under hold. Release the hold first.",
        "Le projet est bloqué. Levez d'abord le blocage.",
    ),
    Phrase.NOT_LICENSED: (
        "This site has no valid licence. Ask your administrator to activate one.",
        "Ce site n'a pas de licence valide. Demandez à votre administrateur d'en activer une.",
    ),
    Phrase.LICENCE_REFUSED: (
        "This licence cannot be activated, and the site keeps its own. Ask the operator for another one.",
        "Cette licence ne peut pas être activée\u00a0; le site garde la sienne. Demandez-en une autre à l'opérateur.",
    ),
    Phrase.COMMAND_ID_REUSED: (
        "This command id was already used with another body. Use a new id.",
        "Cet id de commande a déjà servi avec un autre contenu. Utilisez un nouvel id.",
    ),
    Phrase.ACCEPTED: (
        "The command was accepted and will be carried out. Its outcome is not known yet.",
        "La commande a été acceptée et sera exécutée. Son résultat n'est pas encore connu.",
    ),
}

PARTS: dict[Part, tuple[str, str]] = {
    Part.PROJECT: ("the incident project", "le projet d'incident"),
    Part.COMMENT: ("the comment", "le commentaire"),
    Part.CALL: ("the call", "l'appel"),
    Part.SEQUENCES: ("the sequences", "les séquences"),
    Part.PROPERTY: ("the property", "la propriété"),
    Part.SETTINGS: ("the settings", "les paramètres"),
    Part.ROLE: ("the role", "le rôle"),
    Part.REPORT: ("the report", "le rapport"),
    Part.LICENCE: ("the licence", "la licence"),
    Part.LETTER: ("the dead letter", "la lettre morte"),
}

REASONS: dict[str, tuple[str, str]] = {
    **FIELD_REMEDIES,
    "missing": ("is required", "est obligatoire"),
    "extra_forbidden": ("is not a field of this message", "n'est pas un champ de ce message"),
    "string_too_long": ("is too long", "dépasse la longueur permise"),
    "blank": (
        "has no visible characters: write something visible",
        "ne contient aucun caractère visible\u00a0: écrivez quelque chose de visible",
    ),
    "string_too_short": ("must not be empty", "ne doit pas être vide"),
    "password_too_short": ("needs at least 8 characters", "doit avoir au moins 8 caractères"),
    "password_too_long": (
        "is longer than 99 bytes (an accented letter takes two or more): choose a shorter one",
        "dépasse 99 octets (une lettre accentuée en prend deux ou plus)\u00a0: choisissez-en un plus court",
    ),
    "string_type": ("must be text", "doit être du texte"),
    "string_pattern_mismatch": ("has characters that are not allowed", "contient des caractères interdits"),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
        ("must be a whole number", "doit être un nombre entier"),
    ),
    **dict.fromkeys(
        ("float_type", "float_parsing", "finite_number"),
        ("must be a number", "doit être un nombre"),
    ),
    "greater_than": ("must be larger than 0", "doit être supérieur à 0"),
    "path_type": ("must be a path of a file", "doit être le chemin d'un fichier"),
    "not_a_field": (
        "is not a field of an import; write one of these",
        "n'est pas un champ d'une importation\u00a0; écrivez l'un de ceux-ci",
    ),
    "not_in_a_mapping": (
        "is not a part of a mapping: leave it out, or correct its name",
        "n'est pas une partie d'une correspondance\u00a0: omettez-la, ou corrigez son nom",
    ),
    "yes_or_no": ("must be yes or no", "doit être oui ou non"),
    "bool_type": ("must be true or false", "doit être true ou false"),
    **dict.fromkeys(("uuid_parsing", "uuid_type"), ("must be a UUID", "doit être un UUID")),
    "greater_than_equal": ("is too small", "est en dessous du minimum"),
    "less_than_equal": ("is too large", "est au-dessus du maximum"),
    **dict.fromkeys(
        ("literal_error", "enum"), ("is not one of the allowed values", "n'est pas une des valeurs permises")
    ),
    "timezone_aware": ("needs an offset from UTC", "doit avoir un décalage par rapport à UTC"),
    **dict.fromkeys(
        ("datetime_from_date_parsing", "datetime_parsing", "datetime_type", "datetime_object_invalid"),
        ("must be an RFC 3339 time", "doit être une date et heure RFC 3339"),
    ),
    "time_out_of_range": (
        "must be between the years 1900 and 4000",
        "doit se situer entre les années 1900 et 4000",
    ),
    "decimal_type": (
        'must be a number in quotes, such as "12.5"',
        'doit être un nombre entre guillemets, par exemple "12.5"',
    ),
    "decimal_parsing": ("must be a number such as 12.5", "doit être un nombre comme 12.5"),
    "decimal_max_digits": ("has too many digits", "a trop de chiffres"),
    "decimal_max_places": ("has more than 10 decimal places", "a plus de 10 décimales"),
    "decimal_whole_digits": (
        "has more than 18 digits before the point",
        "a plus de 18 chiffres avant la virgule",
    ),
    **dict.fromkeys(("dict_type", "model_type"), ("must be an object", "doit être un objet")),
    "list_type": ("must be a list", "doit être une liste"),
    "too_long": ("has too many elements", "contient trop d'éléments"),
    "too_short": ("needs at least one element", "doit contenir au moins un élément"),
    "unknown_timezone": (
        "is not a time zone of the IANA database, such as Europe/Paris",
        "n'est pas un fuseau horaire de la base IANA, tel que Europe/Paris",
    ),
    "cursor": ("is not a cursor of an earlier page", "n'est pas le curseur d'une page précédente"),
    "search": (
        "must contain a letter or a digit, and at most twenty words",
        "doit contenir une lettre ou un chiffre, et au plus vingt mots",
    ),
    "nothing_to_change": ("contains nothing to change", "ne contient rien à modifier"),
    "no_sequences": ("contains no sequences", "ne contient aucune séquence"),
    "cameras_need_a_span": (
        "needs cameras, start and end together",
        "doit indiquer ensemble les caméras, le début et la fin",
    ),
    "draft_empty": ("is empty: add sequences to the list first", "est vide\u00a0: ajoutez-y d'abord des séquences"),
    "end_before_start": ("must not be before the start", "ne doit pas précéder le début"),
    "unknown_name": (
        "has a name that neither the mapping nor this site knows: define it here, or map it to an id",
        "porte un nom inconnu de la correspondance et du site\u00a0: définissez-le, ou associez-le à un id",
    ),
    "not_a_time": (
        "is not a time, or does not exist: write 2026-01-31 14:30, with a full year, or give time_format (--mapping)",
        (
            "n'est pas une date avec heure reconnue, ou cette date n'existe pas\u00a0: "
            "écrivez 31/01/2026 14:30, avec les quatre chiffres de l'année, ou précisez time_format (--mapping)"
        ),
    ),
    "twice_in_file": ("occurs earlier in this file", "figure déjà plus haut dans ce fichier"),
    "csv_invalid": ("is not CSV", "n'est pas du CSV"),
    "csv_columns": ("has a different number of cells than the header", "n'a pas autant de cellules que l'en-tête"),
    "": ("is not valid", "n'est pas valide"),
}

_NO_LIMIT: Mapping[str, Any] = {}
_LANGUAGE_RANGE = re.compile(
    r"(?P<language>en|fr)(-[a-z0-9-]*)?\s*(;\s*q=(?P<weight>0(\.[0-9]{0,3})?|1(\.0{0,3})?))?",
    flags=re.IGNORECASE | re.ASCII,
)


def _in(language: str, texts: tuple[str, str]) -> str:
    return texts[LANGUAGES.index(language) if language in LANGUAGES else 0]


def phrase(which: Phrase, language: str, part: Part | None = None) -> str:
    """Return a sentence in `en` or `fr`; any other language gets English."""
    name = _in(language, PARTS[part]) if part else ""
    return _in(language, PHRASES[which]).replace("{x}", name)


def reason(kind: str, language: str, field: Mapping[str, Any] = _NO_LIMIT) -> str:
    """Return the reason why a field is not valid, by the validator's name for it, with the limit that it exceeds."""
    if has_words(kind, field):
        words = _in(language, LIMITS[kind])
        return words.format(**{name: _figure(name, field[name], language) for name in PLACEHOLDER.findall(words)})
    return _in(language, REASONS.get(kind) or REASONS[""])


def _figure(name: str, number: object, language: str) -> str:
    """Return an amount with its thousands apart; places and texts stay unchanged."""
    return grouped(number, language) if isinstance(number, int) and name not in ORDINALS else str(number)


def remedy(code: str, language: str) -> str:
    """Return the remedy for a refusal; empty where its sentence includes it."""
    return _in(language, REMEDIES[code]) if code in REMEDIES else ""


@lru_cache(maxsize=256)
def preferred_language(accepted: str | None) -> str:
    """Choose `en` or `fr` from an Accept-Language header (RFC 9110), English when it asks for neither."""
    ranked: dict[str, float] = {}
    for entry in (accepted or "").split(","):
        if match := _LANGUAGE_RANGE.fullmatch(entry.strip()):
            language, weight = match["language"].lower(), float(match["weight"] or 1)
            ranked[language] = max(weight, ranked.get(language, 0))
    best = max(ranked, key=lambda language: ranked[language], default="en")
    return best if ranked.get(best) else "en"
