"""The report's own texts, in English and French."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.values import Language
from workers.reports.rendering.child_texts import SUBSTITUTED
from workers.reports.rendering.render_input import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The texts of a report in one language."""

    subtitle: str
    number: str
    sections: Mapping[str, str]
    empty: Mapping[str, str]
    unavailable: str
    withheld: str
    not_included: str
    reading: str
    names_hidden: str
    substituted: str
    renamed: str
    type: str
    status: str
    start: str
    end: str
    created: str
    updated: str
    imported: str
    exempt: str
    by: str
    edited: str
    directions: Mapping[str, str]
    party: str
    telephone: str
    duration: str
    reference: str
    notes: str
    recorded: str
    camera: str
    media_expiry: str
    added: str
    about_report: str
    report_id: str
    project_id: str
    revision: str
    generated: str
    page: str
    yes: str
    no: str
    decimal_mark: str


EN = Wording(
    subtitle="Incident report",
    number="Incident no.\u00a0{}",
    sections={
        Section.MAIN_DETAILS: "Main details",
        Section.DESCRIPTION: "Description",
        Section.CATEGORIES: "Categories",
        Section.DATA: "Incident data",
        Section.COMMENTS: "Comments",
        Section.CALLS: "Calls",
        Section.SEQUENCES: "Sequences",
        Section.PROPERTIES: "Names of types, statuses, categories and data fields",
        Section.SETTINGS: "Settings of the site",
    },
    empty={
        Section.DESCRIPTION: "No description.",
        Section.CATEGORIES: "No category.",
        Section.DATA: "No incident data.",
        Section.COMMENTS: "No comment.",
        Section.CALLS: "No call.",
        Section.SEQUENCES: "No sequence.",
    },
    unavailable="This section could not be included.",
    withheld="This section is not available to the person who generated the report.",
    not_included="Not included: {}.",
    reading="Dates are written day/month/year. Times are those of the time zone {}.",
    names_hidden="User names are hidden in this report.",
    substituted=SUBSTITUTED["en"],
    renamed="{} (renamed since: {})",
    type="Type",
    status="Status",
    start="Start",
    end="End",
    created="Created",
    updated="Last changed",
    imported="Imported",
    exempt="Exempt from retention",
    by="by {}",
    edited="edited {}",
    directions={"made": "Call made", "received": "Call received"},
    party="Other party",
    telephone="Telephone",
    duration="Duration",
    reference="Reference",
    notes="Notes",
    recorded="Recorded",
    camera="Camera",
    media_expiry="Video kept until",
    added="added {}",
    about_report="About this report",
    report_id="Report",
    project_id="Incident project",
    revision="Revision of the project",
    generated="Generated",
    page="Page",
    yes="Yes",
    no="No",
    decimal_mark=".",
)

FR = Wording(
    subtitle="Rapport d'incident",
    number="Incident n°\u00a0{}",
    sections={
        Section.MAIN_DETAILS: "Données principales",
        Section.DESCRIPTION: "Description",
        Section.CATEGORIES: "Catégories",
        Section.DATA: "Données d'incident",
        Section.COMMENTS: "Commentaires",
        Section.CALLS: "Appels",
        Section.SEQUENCES: "Séquences",
        Section.PROPERTIES: "Noms des types, statuts, catégories et champs de données",
        Section.SETTINGS: "Paramètres du site",
    },
    empty={
        Section.DESCRIPTION: "Aucune description.",
        Section.CATEGORIES: "Aucune catégorie.",
        Section.DATA: "Aucune donnée d'incident.",
        Section.COMMENTS: "Aucun commentaire.",
        Section.CALLS: "Aucun appel.",
        Section.SEQUENCES: "Aucune séquence.",
    },
    unavailable="Cette section n'a pas pu être incluse.",
    withheld="Cette section n'est pas accessible à la personne qui a généré le rapport.",
    not_included="Non inclus\u00a0: {}.",
    reading="Les dates s'écrivent jour/mois/année. Les heures sont celles du fuseau horaire {}.",
    names_hidden="Les noms des utilisateurs sont masqués dans ce rapport.",
    substituted=SUBSTITUTED["fr"],
    renamed="{} (renommé depuis\u00a0: {})",
    type="Type",
    status="Statut",
    start="Début",
    end="Fin",
    created="Créé",
    updated="Dernière modification",
    imported="Importé",
    exempt="Exempté de la durée de conservation",
    by="par {}",
    edited="modifié le {}",
    directions={"made": "Appel émis", "received": "Appel reçu"},
    party="Correspondant",
    telephone="Téléphone",
    duration="Durée",
    reference="Référence",
    notes="Notes",
    recorded="Consigné le",
    camera="Caméra",
    media_expiry="Vidéo conservée jusqu'au",
    added="ajoutée le {}",
    about_report="À propos de ce rapport",
    report_id="Rapport",
    project_id="Projet d'incident",
    revision="Révision du projet",
    generated="Généré",
    page="Page",
    yes="Oui",
    no="Non",
    decimal_mark=",",
)

WORDINGS: Mapping[Language, Wording] = {"en": EN, "fr": FR}
