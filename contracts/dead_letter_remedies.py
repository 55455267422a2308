"""Remedies for refusals about dead letters, in English and French, by the kind of the field."""

DEAD_LETTER_REMEDIES: dict[str, tuple[str, str]] = {
    "letter_forged": (
        "was not written by a worker: discard it",
        "n'a été écrite par aucun service\u00a0: écartez-la",
    ),
    "letter_not_put_aside": (
        "differs from the dead letter recorded under its id: discard it, and find out who wrote it",
        "diffère de la lettre morte enregistrée sous son id\u00a0: écartez-la et cherchez qui l'a écrite",
    ),
    "letter_unknown": (
        "contains no command or event of this version: correct the client that sent it, and discard it",
        "ne contient ni commande ni événement de cette version\u00a0: corrigez le client expéditeur, puis écartez-la",
    ),
    "letter_without_id": (
        "has no command id: correct the client that sent it, and discard it",
        "n'a pas d'id de commande\u00a0: corrigez le client expéditeur, puis écartez-la",
    ),
    "letter_with_secret": (
        "may have contained a password, which is not stored: ask its sender to send it again under a new id",
        "a pu contenir un mot de passe, qui n'est pas conservé\u00a0: faites-la renvoyer sous un nouvel id",
    ),
    "letter_expired": (
        "has lost its content, whose key is deleted after some days: ask its sender to send it again, and discard it",
        "n'a plus de contenu, car sa clé est détruite après quelques jours\u00a0: faites-la renvoyer, puis écartez-la",
    ),
    "letter_of_erased_project": (
        "has lost its content with the project that it names, which was deleted: discard it",
        "a perdu son contenu avec le projet qu'elle nomme, qui a été supprimé\u00a0: écartez-la",
    ),
    "letter_of_redacted_text": (
        "has lost its content with the text that it names, which was redacted: discard it",
        "a perdu son contenu avec le texte qu'elle nomme, qui a été caviardé\u00a0: écartez-la",
    ),
    "letter_without_key": (
        "was written with a key that this database does not have: ask its sender to send it again, and discard it",
        "a été écrite avec une clé absente de cette base\u00a0: faites-la renvoyer, puis écartez-la",
    ),
}
