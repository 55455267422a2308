"""Remedies for refusals of retention's fields, in English and French."""

RETENTION_REMEDIES: dict[str, tuple[str, str]] = {
    "not_confirmed": (
        "must be the number of projects that the next sweep would delete: preview them, and repeat it",
        "doit être le nombre de projets que la prochaine purge supprimerait\u00a0: vérifiez-le, puis répétez-le",
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
    "no_words": (
        "has no words to erase here: look at the history of the project",
        "ne contient aucun texte à effacer\u00a0: voyez l'historique du projet",
    ),
    "part_missing": (
        "must name the comment or call by its part_id",
        "doit indiquer le commentaire ou l'appel par son part_id",
    ),
    "part_unwanted": (
        "belongs to comments and calls: leave it out",
        "ne concerne que les commentaires et les appels\u00a0: omettez-le",
    ),
    "reason_required": (
        "keeps a log for more than 1,095 days: give the reason, too, or fewer days",
        "conserve un journal plus de 1\u00a0095 jours\u00a0: indiquez aussi le motif, ou moins de jours",
    ),
    "terms_without_policy": (
        "has terms, but no policy_id: name the policy that would have them",
        "contient des termes sans policy_id\u00a0: indiquez la règle qui les aurait",
    ),
}
