"""Remedies for refusals, in English and French: of a field by its kind, and of a whole code."""

from contracts.dead_letter_remedies import DEAD_LETTER_REMEDIES
from contracts.report_remedies import REPORT_REMEDIES
from contracts.retention_remedies import RETENTION_REMEDIES

FIELD_REMEDIES: dict[str, tuple[str, str]] = {
    **DEAD_LETTER_REMEDIES,
    **REPORT_REMEDIES,
    **RETENTION_REMEDIES,
    "draft_full": (
        "would make the draft list too long: remove sequences from it first",
        "rendrait la liste provisoire trop longue\u00a0: retirez-en d'abord des séquences",
    ),
    "other_key": (
        "differs from the key in the subject: write the same in both",
        "diffère de la clé du sujet\u00a0: écrivez la même valeur aux deux endroits",
    ),
    "taken": (
        "is taken by another project: choose another one, or leave this project out",
        "est déjà pris par un autre projet\u00a0: choisissez-en un autre, ou omettez ce projet",
    ),
    "not_defined": ("is not defined: choose one that is", "n'est pas défini\u00a0: choisissez-en un qui l'est"),
    "differs_here": (
        "differs from that of the project already imported: correct it; rows of another system need another --source",
        "diffère de celui du projet déjà importé\u00a0: corrigez-le\u00a0; pour un autre système, changez --source",
    ),
    "time_differs_here": (
        (
            "differs from that of the project already imported: if the time zone has changed since, give the former "
            "one with --timezone; rows of another system need another --source"
        ),
        (
            "diffère de celui du projet déjà importé\u00a0: si le fuseau a changé depuis, indiquez l'ancien avec "
            "--timezone\u00a0; pour un autre système, changez --source"
        ),
    ),
    "time_skipped": (
        "does not exist, because the clocks went forward: correct it, or choose --clock-changes earlier or later",
        "n'existe pas à cause du changement d'heure\u00a0: corrigez-le, ou prenez --clock-changes première ou seconde",
    ),
    "time_repeated": (
        "is ambiguous, because the clocks went back: add its offset, or choose --clock-changes earlier or later",
        "est ambigu à cause du changement d'heure\u00a0: précisez le décalage, ou --clock-changes première ou seconde",
    ),
    "not_decoded": (
        "has bytes that are not text in the file's encoding: correct them, or name the encoding with --encoding",
        "contient des octets illisibles dans cet encodage\u00a0: corrigez-les, ou indiquez l'encodage avec --encoding",
    ),
    "in_future": ("is in the future: correct the date", "est dans le futur\u00a0: corrigez la date"),
    "other_kind": (
        "is a property of another kind: choose one of this kind",
        "est une propriété d'un autre genre\u00a0: choisissez-en une de ce genre",
    ),
    "other_category": (
        "is a value of another category: choose one of this category",
        "est une valeur d'une autre catégorie\u00a0: choisissez-en une de cette catégorie",
    ),
    "not_its_category": (
        "is not the category of this value: name the category that the value belongs to",
        "n'est pas la catégorie de cette valeur\u00a0: indiquez celle à laquelle elle appartient",
    ),
    "not_enabled": (
        "is not enabled: leave it out, or ask an administrator to enable it",
        "n'est pas activé\u00a0: omettez-le, ou demandez à un administrateur de l'activer",
    ),
    "no_child_site": (
        "is neither this site nor one of its child sites: correct it, or ask an administrator to add it to them",
        "n'est ni ce site ni l'un de ses sites enfants\u00a0: corrigez-le, ou faites-le ajouter par un administrateur",
    ),
    "changed_meanwhile": (
        "is no longer the current revision: read the project again and repeat the change with its revision",
        "n'est plus la révision actuelle\u00a0: relisez le projet et répétez la modification avec sa révision",
    ),
    "id_taken": (
        "is already in use: create a new id",
        "est déjà utilisé\u00a0: créez un nouvel id",
    ),
    "fixed_role": (
        "cannot be changed or deleted: define another role",
        "ne peut être ni modifié ni supprimé\u00a0: définissez un autre rôle",
    ),
    "above_own": (
        "grants more than you have: leave out the permissions that you lack, or ask an administrator",
        "accorde plus que vos permissions\u00a0: omettez le surplus, ou adressez-vous à un administrateur",
    ),
    "administrators_only": (
        "can be granted and revoked only by administrators: ask one of them",
        "ne peut être attribué ou retiré que par des administrateurs\u00a0: demandez à l'un d'eux",
    ),
    "last_administrator": (
        "is the last administrator: grant the role to somebody else first",
        "est le dernier administrateur\u00a0: attribuez d'abord le rôle à quelqu'un d'autre",
    ),
    "deleted": (
        "was deleted: continue without it",
        "a été supprimé\u00a0: continuez sans cet élément",
    ),
    "not_here": (
        "is not known here: correct it, or choose one from the list",
        "n'existe pas ici\u00a0: corrigez la valeur, ou choisissez dans la liste",
    ),
    "no_package": (
        "is not one of your packages, or is older than a day: export the project again",
        "n'est celui d'aucun de vos paquets, ou le paquet a plus d'un jour\u00a0: exportez à nouveau le projet",
    ),
    "no_export": (
        "is not one of your exports, or is older than a day: choose one from the list of your exports",
        "n'est celui d'aucun de vos exports, ou l'export a plus d'un jour\u00a0: voyez la liste de vos exports",
    ),
    "export_ended": (
        "has ended: look at its state in the list of your exports",
        "est terminé\u00a0: voyez son état dans la liste de vos exports",
    ),
    "export_cancelled": (
        "are in an export that its author has cancelled: export them again if you still need the package",
        "font partie d'un export annulé par son auteur\u00a0: exportez-les à nouveau si vous avez besoin du paquet",
    ),
    "unknown_command": (
        "is not known: wait for its outcome, or send the command again under the same id",
        "n'est pas connu\u00a0: attendez son résultat, ou renvoyez la commande avec le même id",
    ),
    "feed_ended": (
        "has ended: open another feed with your last cursor",
        "est terminé\u00a0: ouvrez-en un autre avec votre dernier curseur",
    ),
    "cursor_too_old": (
        "is too old, because later events were removed: start again from a list",
        "est trop ancien, car des événements ont été supprimés depuis\u00a0: repartez d'une liste",
    ),
    "held": (
        "is under hold: release it first, or ask somebody who has the permission",
        "est bloqué\u00a0: levez d'abord le blocage, ou demandez-le à qui en a le droit",
    ),
    "not_watched": (
        "cannot be followed, because feeds do not report holds: request the list again instead",
        "ne peut pas être suivi, car aucun abonnement n'annonce les blocages\u00a0: redemandez plutôt la liste",
    ),
    "answer_too_large": (
        "requests more than fits into a message: request fewer at once, or export the project",
        "demande plus qu'un message ne peut contenir\u00a0: demandez-en moins à la fois, ou exportez le projet",
    ),
    "clock_doubted": (
        "the database's clock has jumped, so nothing is deleted: check the clock, and try again in an hour",
        "l'horloge de la base a fait un saut, donc rien n'est supprimé\u00a0: vérifiez-la, et réessayez dans une heure",
    ),
    "too_many_commands": (
        "follows too many other commands of yours: wait as long as stated here, then send it again with the same id",
        "suit trop de vos autres commandes\u00a0: attendez le temps indiqué, puis renvoyez-la avec le même id",
    ),
    "id_not_canonical": (
        "is not a UUID in lower case with dashes: write it that way, or create a new one",
        "n'est pas un UUID en minuscules avec tirets\u00a0: écrivez-le ainsi, ou créez-en un nouveau",
    ),
    "key_not_canonical": (
        "has its key in another spelling: write the UUID there in lower case with dashes",
        "contient sa clé sous une autre graphie\u00a0: écrivez-y l'UUID en minuscules avec tirets",
    ),
    "header_not_supported": (
        "is not supported here: leave it out",
        "n'est pas pris en charge ici\u00a0: omettez-le",
    ),
    "body_empty": (
        "is empty: send a JSON object, {} if it has no fields",
        "est vide\u00a0: envoyez un objet JSON, {} s'il n'a aucun champ",
    ),
    "body_too_large": (
        "is larger than 65,536 bytes: shorten its texts, or split it into several messages",
        "dépasse 65\u202f536 octets\u00a0: raccourcissez ses textes, ou répartissez-le sur plusieurs messages",
    ),
    "json_invalid": ("is not JSON: write one JSON object", "n'est pas du JSON\u00a0: écrivez un objet JSON"),
    "not_utf8": ("is not UTF-8: encode it as UTF-8", "n'est pas de l'UTF-8\u00a0: encodez-le en UTF-8"),
    "byte_order_mark": (
        "begins with a byte order mark: send UTF-8 without one",
        "commence par un indicateur d'ordre des octets\u00a0: envoyez de l'UTF-8 sans cet indicateur",
    ),
    "lone_surrogate": (
        "contains half of a surrogate pair: write both halves, or leave it out",
        "contient la moitié d'une paire de substitution\u00a0: écrivez les deux moitiés, ou omettez-la",
    ),
    "number_too_long": (
        "is a number with too many digits: give a shorter one",
        "est un nombre qui a trop de chiffres\u00a0: donnez-en un plus court",
    ),
    "not_a_number": (
        "is NaN or Infinity, which JSON does not have: give a number, or leave it out",
        "est NaN ou Infinity, que JSON ne connaît pas\u00a0: donnez un nombre, ou omettez-le",
    ),
    "nested_too_deep": (
        "is nested too deeply: leave only its own fields in it",
        "a trop de niveaux imbriqués\u00a0: n'y laissez que ses propres champs",
    ),
    "duplicate_key": (
        "occurs more than once: give it once",
        "figure plus d'une fois\u00a0: ne le donnez qu'une fois",
    ),
    "one_and_several": (
        "cannot be combined with project_id: name one project or several, not both",
        "ne se combine pas avec project_id\u00a0: citez un projet ou plusieurs, pas les deux",
    ),
    "revision_of_several": (
        "belongs to one project: leave it out, or export the projects one by one",
        "se rapporte à un seul projet\u00a0: omettez-la, ou exportez les projets un à un",
    ),
    "access_reason_of_several": (
        "belongs to one project: leave it out, or export restricted projects one by one",
        "se rapporte à un seul projet\u00a0: omettez-le, ou exportez les projets limités un à un",
    ),
    "password_and_recipients": (
        "cannot be combined with password: give a password, or keys of age, not both",
        "ne se combine pas avec password\u00a0: donnez un mot de passe, ou des clés age, pas les deux",
    ),
    "age_key_private": (
        "is a private key, which nobody else may see: make another one, and give its public key (age1…)",
        "est une clé privée, que nul autre ne doit voir\u00a0: créez-en une autre, et donnez sa clé publique (age1…)",
    ),
    "age_key_of_another_kind": (
        "is a key of another kind: give one that age-keygen makes, which is age1 and 58 letters and digits",
        "est une clé d'un autre type\u00a0: donnez-en une d'age-keygen, c'est-à-dire age1 et 58 lettres et chiffres",
    ),
    "age_key_form": (
        "is not a public key of age: give age1 and its 58 letters and digits, all in lower case",
        "n'est pas une clé publique age\u00a0: donnez age1 et ses 58 lettres et chiffres, en minuscules",
    ),
    "age_key_mistyped": (
        "is mistyped, as its checksum shows: copy it again from where the recipient published it",
        "est mal saisie, comme le montre sa somme de contrôle\u00a0: recopiez-la là où le destinataire l'a publiée",
    ),
    "age_key_open_to_anybody": (
        "protects nothing, because anybody can open what is encrypted to it: ask its owner for another key",
        "ne protège rien, car tous peuvent ouvrir ce qu'elle chiffre\u00a0: demandez une autre clé à son propriétaire",
    ),
    "no_projects": (
        "include none that can be exported: name other projects",
        "aucun d'eux ne peut être exporté\u00a0: citez d'autres projets",
    ),
    "too_many_exports": (
        "would exceed your limit of exports at a time: wait until one of yours is made",
        "est un export de trop\u00a0: attendez que l'un des vôtres soit prêt",
    ),
    "package_too_large": (
        "contains more text than fits into a package: include fewer sections, and export the others separately",
        "contient trop de texte pour un paquet\u00a0: incluez moins de sections, et exportez les autres à part",
    ),
    "too_many_queries": (
        "exceeds your share of queries: wait retry_after_seconds seconds, then send fewer at a time",
        "est une requête de trop\u00a0: attendez retry_after_seconds secondes, puis envoyez-en moins à la fois",
    ),
    "too_many_waits": (
        "is refused, because too many of your queries wait already: wait for answers, or ask again without it",
        "est refusé\u00a0: trop de vos requêtes attendent\u00a0; attendez des réponses, ou renvoyez-la sans attente",
    ),
    "unknown_query": (
        "is not the name of a query: use one of the known ones",
        "n'est pas le nom d'une requête\u00a0: utilisez une requête connue",
    ),
}
"""Why a field is refused, and what to do about it."""

_ROLE = (
    "Ask an administrator for a role with the permissions named here.",
    "Demandez à un administrateur un rôle qui donne les permissions indiquées ici.",
)
REMEDIES: dict[str, tuple[str, str]] = {
    "permission-denied": _ROLE,
    "not-available": _ROLE,
    "gone": (
        "It does not exist, or no longer exists: request the list again, and continue with what it shows.",
        "Cet élément n'existe pas, ou n'existe plus\u00a0: redemandez la liste, et continuez avec ce qu'elle contient.",
    ),
    "conflict": (
        "It conflicts with something that exists already: read that, then repeat the change if you still want it.",
        "Il y a conflit avec un élément existant\u00a0: relisez-le, puis répétez la modification si nécessaire.",
    ),
}
"""What to do next, if neither the code's sentence nor a field says so."""
