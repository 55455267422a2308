"""The forty everyday tasks of those who work with the system, as they type them; the order is that of a working day."""

from typing import NamedTuple

LATER = {
    33: "restoring a deleted project",
    38: "attachments",
    39: "checklists",
}
"""Tasks that are not possible yet, and what they wait for."""


class Task(NamedTuple):
    """A task by its number in the list, what it is, the lines that do it, and what then is on the screen."""

    number: int
    name: str
    lines: tuple[str, ...]
    shows: tuple[str, ...] = ()
    standard_input: str = ""
    """What is typed or piped into the last line."""

    before: str = ""
    """What somebody else types first, and is refused."""


TASKS = (
    Task(
        1,
        "open a project",
        ("projects create --type Theft --description 'Vélo volé au quai 4' --start 2d",),
        ("Project 2 created",),
    ),
    Task(
        2,
        "one with the recordings of several cameras",
        ("projects create --description Fire --camera 'cam-4=Gate 4' --camera cam-5 --start 2h --end 1h",),
        ("Project 3 created",),
    ),
    Task(
        3,
        "those of a day, with a word",
        ("projects list --search velo --started-since 3d --started-until 1d",),
        ("quai",),
    ),
    Task(4, "fix a wrong category", ("projects update 2 --category reason=other",), ("Reason",)),
    Task(5, "set a status by its name", ("projects update 2 --status closed",), ("Status",)),
    Task(6, "add a comment", ("projects comment 2 'The laddr was broken.'",), ("Comment added",)),
    Task(7, "correct a typo", ("projects edit-comment 2 last 'The ladder was broken.'",), ("The laddr was broken.",)),
    Task(
        8,
        "record a call",
        ("projects call 2 --to Police --number 117 --minutes 4 --notes 'They are on their way.'",),
        ("Call recorded",),
    ),
    Task(9, "add a sequence", ("projects sequence 2 --camera cam-7 --start 3h --end 2h",), ("1 sequence added",)),
    Task(
        10,
        "export for the police, with a password",
        ("projects export 2 -o incident-1.zip --password-stdin",),
        ("encrypted",),
        "correct horse battery\n",
    ),
    Task(11, "all reports of a month into one file", ("reports batch --since 30d -o month.zip",), ("3 reports",)),
    Task(12, "numbers for the management, as a table for a spreadsheet", ("stats --by type --csv",), ("Theft,",)),
    Task(13, "who opened a project", ("audit activity 2",), ("project created", "admin")),
    Task(
        14,
        "all that a colleague looked at last week",
        ("audit log --actor olivia --since 7d --activity viewed",),
        ("project viewed", "2 Vélo volé"),
        before="projects show 2 --as olivia",
    ),
    Task(15, "who changed what", ("projects history 2",), ("Status", "Closed")),
    Task(
        16,
        "change the retention time, having seen what it would delete",
        ("retention preview --days 30", "settings set --retention-days 30"),
        ("retention-days", "kept for 30 days, the next sweep would delete none"),
    ),
    Task(17, "what is deleted next, with descriptions", ("retention due --within 31",), ("Fire", "Vélo")),
    Task(18, "keep one for the prosecutor", ("retention hold 2 'The prosecutor asked for it.'",), ("under hold",)),
    Task(24, "replay a dead letter", ("dead list", "dead replay --all --yes"), ("olivia", "replayed for olivia")),
    Task(25, "list and discard dead letters", ("dead list", "dead discard --all --yes"), ("discarded",)),
    Task(19, "give a colleague rights", ("roles grant nora Guards",), ("Role granted to nora: guards",)),
    Task(20, "take them away", ("roles revoke olivia guards",), ("Role revoked from olivia: guards",)),
    Task(
        21,
        "why is an operator refused",
        ("roles of olivia", "audit log --actor olivia --activity audit.refused"),
        ("no role", "create a project"),
        before="projects create --as olivia",
    ),
    Task(22, "which role has whom", ("roles list",), ("administrators", "admin")),
    Task(23, "a new type", ("types add Vandalism --description 'Damage done on purpose'",), ("Vandalism added",)),
    Task(26, "is the system healthy", ("status",), ("nothing fails", "retention")),
    Task(27, "how long is the backlog", ("status",), ("Lag", "Oldest")),
    Task(
        28,
        "back up, while it runs",
        ("backup -o backup.tar --keys keys.tar --journal erasures.journal",),
        ("Saved in",),
    ),
    Task(
        29,
        "restore",
        ("restore backup.tar --keys keys.tar --journal erasures.journal --data restored",),
        ("Restored in",),
    ),
    Task(30, "upgrade: once the new version is installed, start it", ("up --data restored",), ("ready",)),
    Task(
        31,
        "move to a larger machine",
        (
            "backup -o moved.tar --keys moved-keys.tar --journal erasures.journal",
            "restore moved.tar --keys moved-keys.tar --journal erasures.journal --data moved",
        ),
        ("Restored in",),
    ),
    Task(32, "import from a spreadsheet program", ("import rows.csv",), ("1 imported",)),
    Task(34, "see live what happens", ("watch",)),
    Task(
        35, "a project from an alarm", ("projects create --description 'Alarm 7' --start 1m --as alarms",), ("created",)
    ),
    Task(36, "a web hook on a new incident", ("watch --happened projects.created --exec 'sh told.sh'",)),
    Task(37, "an e-mail on a new incident", ("watch --happened projects.created --exec 'sh told.sh'",)),
    Task(40, "find everything about a person", ("projects list --search 'police' --all",), ("Vélo",)),
)
"""What is typed behind `incidents`; what is endless is ended by its reader."""

ENDLESS = {30, 34, 36, 37}
