"""Remedies for refusals of retention's fields, in English and French."""

RETENTION_REMEDIES: dict[str, tuple[str, str]] = {
    "not_confirmed": (
        "must be the number of projects that the next sweep would delete: preview them, and repeat it",
        "doit être le nombre de projets que la prochaine purge supprimerait\u00a0: vérifiez-le, puis répétez-le",
    ),
    "held_already": (
        "is under hold already: change or release that hold, or leave it",
        "est déjà bloqué\u00a0: modifiez ou levez ce blocage, ou laissez-le",
    ),
    "not_held": (
        "is not under hold: it can be deleted without a release",
        "n'est pas bloqué\u00a0: il peut être supprimé sans levée préalable",
    ),
    "not_future": (
        "is not in the future: give a later time, or none for a hold without end",
        "n'est pas dans le futur\u00a0: donnez une date ultérieure, ou aucune pour un blocage sans fin",
    ),
    "others_hold": (
        "is under a hold of somebody else: ask its author, or somebody who may release the holds of others",
        "est bloqué par autrui\u00a0: demandez-le à l'auteur du blocage, ou à qui peut lever les blocages d'autrui",
    ),
    "reason_required": (
        "is missing: say why the project is deleted, which this site requires; the activity keeps it",
        "manque\u00a0: indiquez le motif de la suppression, exigé sur ce site\u00a0; l'activité le conserve",
    ),
    "request_needed": (
        "needs two persons for its release: request it, and let somebody else release it",
        "exige deux personnes pour la levée\u00a0: demandez-la, et faites lever le blocage par quelqu'un d'autre",
    ),
    "other_person_needed": (
        "needs two persons for its release: you have requested it, so somebody else must release it",
        "exige deux personnes pour la levée\u00a0: vous l'avez demandée, c'est donc à quelqu'un d'autre d'y procéder",
    ),
    "release_requested": (
        "has a request for its release already: release it, or withdraw the request first",
        "fait déjà l'objet d'une demande de levée\u00a0: levez le blocage, ou retirez d'abord la demande",
    ),
    "no_release_request": (
        "has no request for its release: its hold stays in force",
        "ne fait l'objet d'aucune demande de levée\u00a0: son blocage reste en vigueur",
    ),
    "release_instead": (
        "would end the hold earlier, and a release needs two persons here: request the release instead",
        "avancerait la fin du blocage, or une levée exige ici deux personnes\u00a0: demandez plutôt la levée",
    ),
    "too_many_policies": (
        "would exceed the limit of policies: delete one that is no longer needed",
        "est une règle de trop\u00a0: supprimez-en une devenue inutile",
    ),
    "unknown_policy": (
        "is not the id of a policy: list the policies",
        "n'est pas l'id d'une règle\u00a0: listez les règles",
    ),
    "years_or_days": (
        "must say how long: years, days or both, or exempt alone",
        "doit indiquer une durée\u00a0: des années, des jours ou les deux, ou bien seulement exempt",
    ),
    "restorable": (
        "was deleted: continue without it, or restore it before it is erased",
        "a été supprimé\u00a0: continuez sans cet élément, ou restaurez-le avant son effacement",
    ),
    "restricted": (
        "is restricted: lift the restriction first, or view or export it with an access reason",
        "fait l'objet d'une limitation, à lever d'abord\u00a0; seuls la lecture et l'export admettent un motif",
    ),
    "restricted_not_deleted": (
        "is restricted, not deleted: lift its restriction instead",
        "fait l'objet d'une limitation et n'est pas supprimé\u00a0: levez plutôt la limitation",
    ),
    "not_set_aside": (
        "is neither deleted nor restricted: there is nothing to undo",
        "n'est ni supprimé ni limité\u00a0: il n'y a rien à annuler",
    ),
    "no_words": (
        "has no words to erase here: look at the history of the project",
        "ne contient aucun texte à effacer\u00a0: voyez l'historique du projet",
    ),
    "part_missing": (
        "must name the comment, call or sequence by its part_id",
        "doit indiquer le commentaire, l'appel ou la séquence par son part_id",
    ),
    "part_unwanted": (
        "belongs to comments, calls and sequences: leave it out",
        "ne concerne que les commentaires, les appels et les séquences\u00a0: omettez-le",
    ),
    "long_without_reason": (
        "keeps a log for more than 1,095 days: give the reason, too, or fewer days",
        "garderait un journal pendant plus de 1\u202f095 jours\u00a0: indiquez aussi le motif, ou moins de jours",
    ),
    "terms_without_policy": (
        "has terms, but no policy_id: name the policy that would have them",
        "contient des termes sans policy_id\u00a0: indiquez la règle qui les aurait",
    ),
}
