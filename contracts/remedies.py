"""What to do about a refusal, in English and French: about a field by its kind, and about a whole code."""

WITH_A_WAY_OUT: dict[str, tuple[str, str]] = {
    "taken": (
        "is taken by another project: give another one, or leave this project out",
        "est déjà pris par un autre projet : donnez-en un autre, ou omettez ce projet",
    ),
    "not_defined": ("is not defined: choose one that is", "n'est pas défini : choisissez-en un qui l'est"),
    "differs_here": (
        "is another one than that of the project that came here under this number: correct it, or name another source",
        "diffère de celui du projet déjà importé sous ce numéro : corrigez-le, ou indiquez une autre source",
    ),
    "time_skipped": (
        "was shown by no clock, since they went forward: correct it, or decide with --clock-changes earlier or later",
        "n'existe pas, les horloges ayant été avancées : corrigez-le, ou tranchez avec --clock-changes",
    ),
    "time_repeated": (
        "was shown twice, since the clocks went back: add its offset, or decide with --clock-changes earlier or later",
        "est ambigu, les horloges ayant été retardées : donnez le décalage, ou tranchez avec --clock-changes",
    ),
    "not_decoded": (
        "has bytes that are no text in the file's encoding: correct them, or name the encoding with --encoding",
        "contient des octets illisibles dans cet encodage : corrigez-les, ou indiquez l'encodage avec --encoding",
    ),
    "in_future": ("lies in the future: correct the date", "est dans le futur : corrigez la date"),
    "other_kind": (
        "is a property of another kind: choose one of this kind",
        "est une propriété d'un autre genre : choisissez-en une de ce genre",
    ),
    "other_category": (
        "is a value of another category: choose one of this category",
        "est une valeur d'une autre catégorie : choisissez-en une de cette catégorie",
    ),
    "not_its_category": (
        "is not the category of this value: give the one that the value belongs to",
        "n'est pas la catégorie de cette valeur : donnez celle à laquelle elle appartient",
    ),
    "not_enabled": (
        "is not enabled: leave it out, or ask an administrator to enable it",
        "n'est pas activé : omettez-le, ou demandez à un administrateur de l'activer",
    ),
    "no_child_site": (
        "is neither this site nor one of its child sites: correct it, or ask an administrator to add it to them",
        "n'est ni ce site ni un de ses sites enfants : corrigez-le, ou demandez à un administrateur de l'y ajouter",
    ),
    "changed_meanwhile": (
        "is not the revision any more: read it again and repeat what you want with its revision",
        "n'est plus la révision actuelle : relisez-le et répétez votre demande avec sa révision",
    ),
    "id_taken": (
        "is taken by something else: make a new id",
        "est déjà pris par autre chose : créez un nouvel identifiant",
    ),
    "fixed_role": (
        "can be neither changed nor deleted: define another role",
        "ne peut être ni modifié ni supprimé : définissez un autre rôle",
    ),
    "above_own": (
        "gives more than you have: leave out what you have not, or ask an administrator",
        "donne plus que ce que vous avez : omettez ce que vous n'avez pas, ou demandez à un administrateur",
    ),
    "administrators_only": (
        "is given and taken by administrators alone: ask one of them",
        "n'est donné et retiré que par des administrateurs : demandez à l'un d'eux",
    ),
    "last_administrator": (
        "is the last administrator: assign another one first",
        "est le dernier administrateur : désignez-en d'abord un autre",
    ),
    "letter_forged": (
        "was written by no worker: discard it",
        "n'a été écrite par aucun service : écartez-la",
    ),
    "letter_not_put_aside": (
        "is not what was put aside under its id: discard it, and find out who wrote it",
        "n'est pas ce qui a été mis de côté sous son identifiant : écartez-la et cherchez qui l'a écrite",
    ),
    "letter_unknown": (
        "holds no command or event of this version: correct the client that sent it, and discard it",
        "ne contient ni commande ni événement de cette version : corrigez le client qui l'a envoyée, puis écartez-la",
    ),
    "letter_without_id": (
        "has no command id: correct the client that sent it, and discard it",
        "n'a pas d'identifiant de commande : corrigez le client qui l'a envoyée, puis écartez-la",
    ),
    "letter_with_secret": (
        "may have had a password, which is kept nowhere: let its sender send it again under a new id",
        "a pu contenir un mot de passe, qui n'est conservé nulle part : faites-la renvoyer sous un nouvel identifiant",
    ),
    "deleted": (
        "was deleted: refresh the list and go on without it",
        "a été supprimé : actualisez la liste et continuez sans lui",
    ),
    "not_here": (
        "is not known here: correct it, or take one from the list",
        "n'est pas connu ici : corrigez-le, ou prenez-en un dans la liste",
    ),
    "no_package": (
        "is no package of yours, or is older than a day: export the project again",
        "n'est pas un de vos paquets, ou a plus d'un jour : exportez à nouveau le projet",
    ),
    "unknown_command": (
        "is not known: wait for its outcome, or send the command again under the same id",
        "n'est pas connu : attendez son résultat, ou renvoyez la commande avec le même identifiant",
    ),
    "feed_ended": (
        "has ended: open another feed with your last cursor",
        "est terminé : ouvrez-en un autre avec votre dernière position",
    ),
    "cursor_too_old": (
        "is too old, events behind it were removed: start again from a list",
        "est trop ancien, des événements ont été supprimés depuis : repartez d'une liste",
    ),
    "held": (
        "is under hold: release it first, or ask somebody who may",
        "est sous conservation : levez-la d'abord, ou demandez-le à qui en a le droit",
    ),
    "held_already": (
        "is under hold already: release that hold before placing another one",
        "est déjà sous conservation : levez celle-ci avant d'en placer une autre",
    ),
    "not_held": (
        "is not under hold: there is nothing to release, it can be deleted as it is",
        "n'est pas sous conservation : il n'y a rien à lever, il peut être supprimé tel quel",
    ),
    "not_watched": (
        "cannot be followed, since no feed tells of holds: ask for the list again instead",
        "ne peut pas être suivi, car aucun flux n'annonce les conservations : redemandez plutôt la liste",
    ),
    "answer_too_large": (
        "asks for more than a message holds: ask for fewer at once, or export the project",
        "demande plus que ne peut contenir un message : demandez-en moins à la fois, ou exportez le projet",
    ),
    "clock_doubted": (
        "the database's clock has jumped, and nothing is deleted by it: check it, and ask again in an hour",
        "l'horloge de la base a fait un saut, rien n'est supprimé : vérifiez-la, et redemandez dans une heure",
    ),
    "too_many_commands": (
        "comes too soon after many others of yours: wait as long as is said here, and send it again under the same id",
        "arrive trop vite après beaucoup d'autres : attendez le temps indiqué, et renvoyez-la avec le même identifiant",
    ),
    "id_not_canonical": (
        "is not a UUID in lower case with dashes: write it like that, or make a new one",
        "n'est pas un UUID en minuscules avec tirets : écrivez-le ainsi, ou créez-en un nouveau",
    ),
    "key_not_canonical": (
        "has its key in another spelling: write the UUID there in lower case with dashes",
        "contient sa clé sous une autre graphie : écrivez-y l'UUID en minuscules avec tirets",
    ),
    "header_not_supported": (
        "is not supported here: leave it out",
        "n'est pas pris en charge ici : omettez-le",
    ),
    "body_empty": (
        "is empty: send a JSON object, {} where there is nothing to say",
        "est vide : envoyez un objet JSON, {} s'il n'y a rien à dire",
    ),
    "body_too_large": (
        "is larger than 64 KiB: shorten its texts, or spread it over several",
        "dépasse 64 Kio : raccourcissez ses textes, ou répartissez-le sur plusieurs",
    ),
    "json_invalid": ("is not JSON: send one JSON object", "n'est pas du JSON : envoyez un objet JSON"),
    "not_utf8": ("is not UTF-8: encode it as UTF-8", "n'est pas de l'UTF-8 : encodez-le en UTF-8"),
    "byte_order_mark": (
        "begins with a byte order mark: send UTF-8 without one",
        "commence par un indicateur d'ordre des octets : envoyez de l'UTF-8 sans cet indicateur",
    ),
    "lone_surrogate": (
        "holds half of a surrogate pair: write both halves, or leave it out",
        "contient la moitié d'une paire de substitution : écrivez les deux moitiés, ou omettez-la",
    ),
    "number_too_long": (
        "is a number of too many digits: give a shorter one",
        "est un nombre de trop de chiffres : donnez-en un plus court",
    ),
    "not_a_number": (
        "is NaN or Infinity, which JSON does not have: give a number, or leave it out",
        "est NaN ou Infinity, que JSON ne connaît pas : donnez un nombre, ou omettez-le",
    ),
    "nested_too_deep": (
        "is nested too deep: send the message's own fields and no more",
        "est imbriqué trop profondément : n'envoyez que les champs du message",
    ),
    "duplicate_key": (
        "stands there more than once: give it once",
        "y figure plus d'une fois : ne le donnez qu'une fois",
    ),
    "report_too_large": (
        "holds more than a report can: delete what is not needed, or export the project instead",
        "contient plus qu'un rapport ne peut contenir : supprimez ce qui est inutile, ou exportez plutôt le projet",
    ),
    "report_needs_memory": (
        "needs more memory as a report than the limit: shorten its texts, or export the project instead",
        "exige, en rapport, plus de mémoire que la limite : raccourcissez ses textes, ou exportez plutôt le projet",
    ),
    "report_needs_time": (
        "takes longer as a report than the limit: shorten its texts, or export the project instead",
        "prend, en rapport, plus de temps que la limite : raccourcissez ses textes, ou exportez plutôt le projet",
    ),
    "report_not_typeset": (
        "holds a text that cannot be typeset: rewrite what has unusual characters, or export the project instead",
        "contient un texte impossible à composer : réécrivez les caractères inhabituels, ou exportez plutôt le projet",
    ),
    "package_too_large": (
        "names more text than a package holds: name fewer sections, and export the others as packages of their own",
        "nomme plus de texte qu'un paquet ne peut en contenir : nommez moins de sections, exportez les autres à part",
    ),
    "too_many_queries": (
        "is one query too many: wait as long as retry_after_seconds says, then ask again, fewer at a time",
        "est une requête de trop : attendez le temps indiqué par retry_after_seconds, puis envoyez-en moins à la fois",
    ),
    "unknown_query": (
        "is not the name of a query: ask one of those that are known",
        "n'est pas le nom d'une requête : utilisez une de celles qui sont connues",
    ),
}
"""Why a field stands in the way, and what to do about it."""

_ROLE = (
    "Ask an administrator for a role that gives what is named here.",
    "Demandez à un administrateur un rôle qui donne ce qui est nommé ici.",
)
WAYS_OUT: dict[str, tuple[str, str]] = {
    "permission-denied": _ROLE,
    "not-available": _ROLE,
    "gone": (
        "It is not there, or not any more: ask for the list again, and go on with what is on it.",
        "Cela n'existe pas, ou plus : demandez à nouveau la liste, et continuez avec ce qui y figure.",
    ),
    "conflict": (
        "Something else is there already: read it, and ask again for what you still want.",
        "Autre chose s'y trouve déjà : relisez, et redemandez ce que vous voulez encore.",
    ),
}
"""What to do next, where neither the code's sentence nor a field says so."""
