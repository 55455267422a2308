"""Remedies for refusals of reports, batches and summaries, in English and French, by the kind of the field."""

REPORT_REMEDIES: dict[str, tuple[str, str]] = {
    "no_batch": (
        "is not one of your batches, or is older than a day: choose one from the list of your batches",
        "n'est celui d'aucun de vos lots, ou le lot a plus d'un jour\u00a0: choisissez dans la liste de vos lots",
    ),
    "report_too_large": (
        "contains more than fits into a report: delete what you do not need, or export the project instead",
        "dépasse ce qu'un rapport peut contenir\u00a0: supprimez ce qui est inutile, ou exportez plutôt le projet",
    ),
    "report_needs_memory": (
        "needs too much memory for a report: shorten its texts, or export the project instead",
        "demande trop de mémoire pour un rapport\u00a0: raccourcissez ses textes, ou exportez plutôt le projet",
    ),
    "report_needs_time": (
        "needs too much time for a report: shorten its texts, or export the project instead",
        "demande trop de temps pour un rapport\u00a0: raccourcissez ses textes, ou exportez plutôt le projet",
    ),
    "report_not_typeset": (
        "contains text that cannot be typeset: replace its unusual characters, or export the project instead",
        "contient un texte impossible à composer\u00a0: remplacez les caractères inhabituels, ou exportez le projet",
    ),
    "named_twice": (
        "names a project more than once: name each project once",
        "cite un projet plus d'une fois\u00a0: ne citez chaque projet qu'une fois",
    ),
    "two_selections": (
        "cannot be combined with project_ids: name the projects or give a filter, not both",
        "ne se combine pas avec project_ids\u00a0: citez les projets ou donnez un filtre, pas les deux",
    ),
    "no_selection": (
        "are missing: name the projects, or give a filter",
        "manquent\u00a0: citez les projets, ou donnez un filtre",
    ),
    "sort_without_filter": (
        "orders what a filter selects: leave it out, or give a filter",
        "ordonne ce qu'un filtre choisit\u00a0: omettez-le, ou donnez un filtre",
    ),
    "matches_none": (
        "matches no project: widen it, or list the projects with the same filter first",
        "ne correspond à aucun projet\u00a0: élargissez-le, ou listez d'abord les projets avec le même filtre",
    ),
    "too_many_selected": (
        "matches more projects than one file can have: narrow it, for example to a shorter time",
        "correspond à trop de projets pour un fichier\u00a0: restreignez-le, par exemple à une période plus courte",
    ),
    "too_many_for_pdf": (
        "has more projects than fit into a PDF: choose the form zip, or name fewer",
        "compte trop de projets pour un PDF\u00a0: choisissez le format zip, ou citez-en moins",
    ),
    "too_many_batches": (
        "would exceed your limit of batches at a time: wait until one of yours is made, or delete one",
        "est un lot de trop\u00a0: attendez que l'un des vôtres soit prêt, ou supprimez-en un",
    ),
    "cancelled": (
        "was cancelled by its author: request another batch if you still need it",
        "a été annulé par son auteur\u00a0: demandez un autre lot si vous en avez encore besoin",
    ),
    "no_reports": (
        "include none of which a report can be made: name other projects",
        "aucun d'eux ne peut donner de rapport\u00a0: indiquez d'autres projets",
    ),
    "batch_pending": (
        "is still being made: wait for the outcome of its command",
        "est encore en préparation\u00a0: attendez le résultat de sa commande",
    ),
    "batch_cancelled": (
        "was cancelled and has no file: request another batch",
        "a été annulé et n'a aucun fichier\u00a0: demandez un autre lot",
    ),
    "batch_failed": (
        "could not be made and has no file: see the outcome of its command, then request another batch",
        "n'a pas pu être préparé et n'a pas de fichier\u00a0: voyez le résultat de sa commande et demandez-en un autre",
    ),
    "batch_erased": (
        "has no file any more, because one of its projects was deleted: request another batch",
        "n'a plus de fichier, car l'un de ses projets a été supprimé\u00a0: demandez un autre lot",
    ),
    "period_empty": (
        "is not after the start of the period: give a later time",
        "n'est pas après le début de la période\u00a0: indiquez une heure plus tardive",
    ),
    "period_to_come": (
        "has not come yet: give a period that has begun",
        "n'est pas encore arrivé\u00a0: indiquez une période qui a commencé",
    ),
    "period_too_long": (
        "makes the period longer than ten years: give a shorter one",
        "fait durer la période plus de dix ans\u00a0: indiquez-en une plus courte",
    ),
    "too_many_entries": (
        "has too many entries for one register: give a shorter period, or name projects",
        "compte trop d'entrées pour un seul registre\u00a0: indiquez une période plus courte, ou des projets",
    ),
    "no_summary": (
        "is not one of your summaries or registers, or is older than a day: choose one from their list",
        "n'est ni une de vos synthèses ni un de vos registres, ou a plus d'un jour\u00a0: choisissez dans leur liste",
    ),
    "too_many_summaries": (
        "would exceed your limit of summaries at a time: wait until one of yours is made, or delete one",
        "est une synthèse de trop\u00a0: attendez que l'une des vôtres soit prête, ou supprimez-en une",
    ),
    "summary_pending": (
        "is still being made: wait for the outcome of its command",
        "est encore en préparation\u00a0: attendez le résultat de sa commande",
    ),
    "summary_cancelled": (
        "was cancelled and has no file: request another summary",
        "a été annulée et n'a aucun fichier\u00a0: demandez une autre synthèse",
    ),
    "summary_failed": (
        "could not be made and has no file: see the outcome of its command, then request another summary",
        "n'a pas pu être préparée et n'a pas de fichier\u00a0: voyez le résultat de sa commande",
    ),
    "not_base64": (
        "is not in Base64: encode the bytes of the file in Base64",
        "n'est pas en Base64\u00a0: encodez ainsi les octets du fichier",
    ),
    "logo_not_picture": (
        "is neither a PNG nor a JPEG file: save it in one of these two formats",
        "n'est ni un fichier PNG ni un fichier JPEG\u00a0: enregistrez-le dans l'un de ces deux formats",
    ),
    "logo_too_large": (
        "is too large for a logo: make its file smaller",
        "est trop volumineux pour un logo\u00a0: réduisez la taille du fichier",
    ),
    "logo_size": (
        "has a side of fewer than 16 or more than 2,000 pixels: change its size",
        "a un côté de moins de 16 ou de plus de 2\u202f000 pixels\u00a0: changez ses dimensions",
    ),
    "logo_not_drawn": (
        "cannot be drawn in a report: save it anew as an RGB picture, in PNG or JPEG",
        "ne peut pas être dessiné dans un rapport\u00a0: réenregistrez l'image en RVB, en PNG ou en JPEG",
    ),
    "design_pending": (
        "is being tried: wait for the outcome of that command, then send this one again",
        "est en cours d'essai\u00a0: attendez le résultat de cette commande, puis renvoyez celle-ci",
    ),
    "template_wrong": (
        "cannot be typeset: correct the template, and set it again",
        "ne peut pas être composé\u00a0: corrigez le modèle, puis définissez-le à nouveau",
    ),
    "template_needs_time": (
        "needs more than ten seconds for a report: make the template simpler",
        "demande plus de dix secondes pour un rapport\u00a0: simplifiez le modèle",
    ),
    "template_needs_memory": (
        "needs too much memory for a report: make the template simpler",
        "demande trop de mémoire pour un rapport\u00a0: simplifiez le modèle",
    ),
    "template_crashes": (
        "makes the typesetter fail: make the template simpler",
        "met le compositeur en échec\u00a0: simplifiez le modèle",
    ),
}
