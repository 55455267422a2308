"""The names of activities for people, in English and French."""

from collections.abc import Mapping
from typing import Final

ACTIVITY_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "administration.category-defined": ("category defined", "catégorie définie"),
    "administration.category-value-added": ("category's value added", "valeur de catégorie ajoutée"),
    "administration.category-value-deleted": ("category's value deleted", "valeur de catégorie supprimée"),
    "administration.category-value-edited": ("category's value edited", "valeur de catégorie modifiée"),
    "administration.data-field-defined": ("data field defined", "champ de données défini"),
    "administration.letter-discarded": ("dead letter discarded", "lettre morte écartée"),
    "administration.letter-opened": ("dead letter viewed", "lettre morte consultée"),
    "administration.letter-removed": ("dead letter removed", "lettre morte retirée"),
    "administration.letter-replayed": ("dead letter replayed", "lettre morte rejouée"),
    "administration.licence-activated": ("licence activated", "licence activée"),
    "administration.role-assigned": ("role granted", "rôle attribué"),
    "administration.role-defined": ("role defined", "rôle défini"),
    "administration.role-deleted": ("role deleted", "rôle supprimé"),
    "administration.role-unassigned": ("role revoked", "rôle retiré"),
    "administration.settings-changed": ("settings changed", "paramètres modifiés"),
    "administration.status-added": ("status added", "statut ajouté"),
    "administration.status-deleted": ("status deleted", "statut supprimé"),
    "administration.status-edited": ("status edited", "statut modifié"),
    "administration.status-marked": ("status marked as closing or not", "statut marqué comme clôturant ou non"),
    "administration.type-added": ("type added", "type ajouté"),
    "administration.type-deleted": ("type deleted", "type supprimé"),
    "administration.type-edited": ("type edited", "type modifié"),
    "audit.refused": ("attempt refused", "tentative refusée"),
    "audit.surplus-counted": ("further attempts counted", "autres tentatives comptées"),
    "projects.call-added": ("call added", "appel ajouté"),
    "projects.call-deleted": ("call deleted", "appel supprimé"),
    "projects.call-edited": ("call edited", "appel modifié"),
    "projects.comment-added": ("comment added", "commentaire ajouté"),
    "projects.comment-deleted": ("comment deleted", "commentaire supprimé"),
    "projects.comment-edited": ("comment edited", "commentaire modifié"),
    "projects.created": ("project created", "projet créé"),
    "projects.deleted": ("project deleted", "projet supprimé"),
    "projects.downloaded": ("package downloaded", "paquet téléchargé"),
    "projects.draft-cleared": ("draft list cleared", "liste provisoire vidée"),
    "projects.expired": ("projects expired", "projets expirés"),
    "projects.exported": ("project exported", "projet exporté"),
    "projects.imported": ("projects imported", "projets importés"),
    "projects.opened": ("project viewed", "projet consulté"),
    "projects.sequences-added": ("sequences added", "séquences ajoutées"),
    "projects.sequences-drafted": ("sequences added to a draft list", "séquences ajoutées à une liste provisoire"),
    "projects.sequences-removed": ("sequences removed", "séquences retirées"),
    "projects.sequences-undrafted": (
        "sequences removed from a draft list",
        "séquences retirées d'une liste provisoire",
    ),
    "projects.updated": ("project updated", "projet modifié"),
    "reports.batch-deleted": ("batch of reports deleted", "lot de rapports supprimé"),
    "reports.batch-downloaded": ("batch of reports downloaded", "lot de rapports téléchargé"),
    "reports.batch-generated": ("batch of reports generated", "lot de rapports généré"),
    "reports.batch-recorded": ("reports of a batch recorded", "rapports d'un lot enregistrés"),
    "reports.deleted": ("report deleted", "rapport supprimé"),
    "reports.downloaded": ("report downloaded", "rapport téléchargé"),
    "reports.generated": ("report generated", "rapport généré"),
    "reports.included": ("report generated in a batch", "rapport généré dans un lot"),
    "reports.logo-removed": ("logo of reports removed", "logo des rapports retiré"),
    "reports.logo-set": ("logo of reports set", "logo des rapports posé"),
    "reports.printed": ("report printed", "rapport imprimé"),
    "reports.summary-deleted": ("summary deleted", "synthèse supprimée"),
    "reports.summary-downloaded": ("summary downloaded", "synthèse téléchargée"),
    "reports.summary-generated": ("summary generated", "synthèse générée"),
    "retention.held": ("hold placed", "blocage posé"),
    "retention.released": ("hold released", "blocage levé"),
    "retention.sweep-started": ("sweep begun", "purge commencée"),
    "retention.swept": ("sweep ended", "purge terminée"),
}
"""The words of each activity that is recorded, by its name on the wire."""


def activity_words(activity: str, language: str) -> str:
    """Return the words for an activity; one of another version keeps its name."""
    english, french = ACTIVITY_WORDS.get(activity, (activity, activity))
    return french if language == "fr" else english
