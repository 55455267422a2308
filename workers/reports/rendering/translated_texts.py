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
    recording: str
    media: Mapping[str, str]
    media_kept: str
    added: str
    wording_until: str
    wording_until_by: str
    deleted_comments: str
    unlisted_wordings: str
    hold: str
    held_because: str
    hold_reference: str
    hold_since: str
    hold_until: str
    hold_by: str
    redacted: str
    redactions: str
    redacted_at: str
    redacted_text: str
    earlier_reports: str
    exports: str
    exported: str
    identifier: str
    activities: str
    activity_time: str
    activity_by: str
    activity: str
    no_activity: str
    unlisted_activities: str
    about_report: str
    report_id: str
    project_id: str
    revision: str
    generated: str
    recipient: str
    recipient_reference: str
    legal_basis: str
    site: str
    software: str
    zone: str
    page: str
    contents: str
    signatures: str
    signed_name: str
    signed_date: str
    signature: str
    end_of_report: str
    yes: str
    no: str


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
    reading="Dates are written day/month/year. Times are those of the time zone {}, each with its offset from UTC.",
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
    recording="Recording",
    media={
        "available": "Available until {}",
        "expiring": "Expires within a day: {}",
        "lost": "No longer available since {}",
    },
    media_kept="Retention not stated",
    added="added {}",
    wording_until="Wording until {}",
    wording_until_by="Wording until {}, changed by {}",
    deleted_comments="Deleted comments: {}",
    unlisted_wordings="Earlier wordings that are not listed",
    hold="Legal hold",
    held_because="Reason",
    hold_reference="Reference",
    hold_since="In force since",
    hold_until="In force until",
    hold_by="Placed by",
    redacted="(redacted)",
    redactions="Redacted texts",
    redacted_at="Redacted",
    redacted_text="Text",
    earlier_reports="Earlier reports",
    exports="Exports",
    exported="Exported",
    identifier="Identifier",
    activities="Activity log",
    activity_time="Time",
    activity_by="By",
    activity="Activity",
    no_activity="No activity is recorded.",
    unlisted_activities="Earlier activities that are not listed",
    about_report="About this report",
    report_id="Report",
    project_id="Incident project",
    revision="Revision of the project",
    generated="Generated",
    recipient="For",
    recipient_reference="Reference of the recipient",
    legal_basis="Legal basis",
    site="Site",
    software="Software",
    zone="Time zone: {}",
    page="Page",
    contents="Contents",
    signatures="Signatures",
    signed_name="Name",
    signed_date="Place and date",
    signature="Signature",
    end_of_report="End of the report",
    yes="Yes",
    no="No",
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
    withheld="Cette section n'est pas accessible à la personne qui a établi le rapport.",
    not_included="Non inclus\u00a0: {}.",
    reading=(
        "Les dates s'écrivent jour/mois/année. Les heures sont celles du fuseau horaire {}, "
        "chacune avec son décalage par rapport à UTC."
    ),
    names_hidden="Les noms des utilisateurs sont masqués dans ce rapport.",
    substituted=SUBSTITUTED["fr"],
    renamed="{} (renommé depuis\u00a0: {})",
    type="Type",
    status="Statut",
    start="Début",
    end="Fin",
    created="Créé le",
    updated="Dernière modification le",
    imported="Importé",
    exempt="Exempté de la purge",
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
    recording="Enregistrement",
    media={
        "available": "Disponible jusqu'au {}",
        "expiring": "Expire dans moins d'un jour\u00a0: {}",
        "lost": "Plus disponible depuis le {}",
    },
    media_kept="Conservation non indiquée",
    added="ajoutée le {}",
    wording_until="Texte jusqu'au {}",
    wording_until_by="Texte jusqu'au {}, modifié par {}",
    deleted_comments="Commentaires supprimés\u00a0: {}",
    unlisted_wordings="Textes antérieurs non repris",
    hold="Blocage",
    held_because="Motif",
    hold_reference="Référence",
    hold_since="En vigueur depuis le",
    hold_until="En vigueur jusqu'au",
    hold_by="Posé par",
    redacted="(texte caviardé)",
    redactions="Textes caviardés",
    redacted_at="Caviardé le",
    redacted_text="Texte",
    earlier_reports="Rapports antérieurs",
    exports="Exports",
    exported="Exporté le",
    identifier="Identifiant",
    activities="Journal des activités",
    activity_time="Date",
    activity_by="Auteur",
    activity="Activité",
    no_activity="Aucune activité n'est enregistrée.",
    unlisted_activities="Activités antérieures non reprises",
    about_report="À propos de ce rapport",
    report_id="Rapport",
    project_id="Projet d'incident",
    revision="Révision du projet",
    generated="Établi le",
    recipient="Destinataire",
    recipient_reference="Référence du destinataire",
    legal_basis="Base juridique",
    site="Site",
    software="Logiciel",
    zone="Fuseau horaire\u00a0: {}",
    page="Page",
    contents="Sommaire",
    signatures="Signatures",
    signed_name="Nom",
    signed_date="Lieu et date",
    signature="Signature",
    end_of_report="Fin du rapport",
    yes="Oui",
    no="Non",
)

WORDINGS: Mapping[Language, Wording] = {"en": EN, "fr": FR}
