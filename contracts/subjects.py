"""Every subject of the wire: the only place that builds and parses them."""

import re
from collections.abc import Callable
from typing import NamedTuple

WORKERS = ("projects", "administration", "reports", "retention", "audit")
COMMANDED = ("projects", "administration", "reports", "retention")
"""The workers that take commands."""

LANES = 8
"""Lanes of a worker whose lanes were never split."""

LANE_COUNTS = (LANES, 16, 32, 64)
"""The numbers of lanes that a worker can have; each is twice the one before, so that every lane is split in two."""

PARTITIONS = LANE_COUNTS[-1]
"""Partitions of a worker's keys: fixed, because a key must never change its partition."""

_TOKENS = 8
"""Tokens of the subject of a command that an older version stored, with one number for its lane."""

_NUMBERS = (1, len(LANE_COUNTS))
_FNV_BASIS, _FNV_PRIME = 2166136261, 16777619

SYSTEM = "system"
"""The actor of automatic actions (AMB-5)."""

REDELIVER = "redeliver"
"""The verb under which the product replays a dead letter; nobody else can send it."""

_SITE = re.compile(r"[a-z0-9-]{1,32}")
_PRINCIPAL = re.compile(r"[a-z0-9_-]{1,64}")


def is_valid_site(site: str) -> bool:
    """Tell whether a text can be a site's name."""
    return _SITE.fullmatch(site) is not None


def is_valid_principal(principal: str) -> bool:
    """Tell whether a text can be a principal's name."""
    return _PRINCIPAL.fullmatch(principal) is not None


def command(site: str, principal: str, subject: str, key: str) -> str:
    """Return the subject on which a principal publishes a command; `subject` is `worker.verb`."""
    worker, verb = subject.split(".")
    return f"im.{site}.cmd.{principal}.{worker}.{key}.{verb}"


def redelivery(site: str, worker: str, key: str) -> str:
    """Return the subject on which a dead letter is replayed, through the lane of its key."""
    return f"im.{site}.cmd.{SYSTEM}.{worker}.{key}.{REDELIVER}"


def query(site: str, principal: str, subject: str) -> str:
    """Return the subject on which a principal sends a query; `subject` is `worker.verb`."""
    return f"im.{site}.qry.{principal}.{subject}"


def outcome(site: str, principal: str, command_id: object) -> str:
    """Return the subject of a command's outcome (`*` for all of them)."""
    return f"im.{site}.out.{principal}.{command_id}"


def event(site: str, subject: str, key: str) -> str:
    """Return the subject on which an event is published; `subject` is `worker.happened`."""
    worker, happened = subject.split(".")
    return f"im.{site}.evt.{worker}.{key}.{happened}"


def event_type(subject: str) -> str:
    """Return the CloudEvents type of an event; `subject` is `worker.happened`."""
    return f"im.{subject}.v1"


def read_event_type(event_type: str) -> str:
    """Return the subject `worker.happened` of a CloudEvents type."""
    return event_type.removeprefix("im.").removesuffix(".v1")


def every_event(site: str) -> str:
    """Return the subject filter of all events of a site."""
    return f"im.{site}.evt.*.*.*"


def dead(site: str, worker: str, principal: str) -> str:
    """Return the subject of a worker's dead letters from one sender."""
    return f"im.{site}.dead.{worker}.{principal}"


def every_dead_letter(site: str) -> str:
    """Return the subject filter of all dead letters of a site."""
    return f"im.{site}.dead.>"


def heartbeat(site: str, worker: str, instance: str) -> str:
    """Return the subject of a worker process's heartbeats."""
    return f"im.{site}.ops.heartbeat.{worker}.{instance}"


def checkpoint(site: str, log: str) -> str:
    """Return the subject on which the signed states of an activity log are published."""
    return f"im.{site}.checkpoint.{log}"


def probe(site: str, worker: str) -> str:
    """Return the subject on which a worker checks that the stream of commands stores messages; no lane includes it."""
    return f"im.{site}.probe.{worker}"


def inbox(principal: str) -> str:
    """Return the required prefix of a principal's reply subjects."""
    return f"_INBOX_{principal}"


def service(worker: str) -> str:
    """Return the name of a worker's NATS service, and of the queue group that shares its queries."""
    return f"im-{worker}"


class Work(NamedTuple):
    """The parts of a stored command's subject."""

    worker: str
    principal: str
    key: str
    verb: str


def partition_of(key: str) -> int:
    """Return the partition that the server assigns to a key: FNV-1a, like `partition` of its subject transforms."""
    digest = _FNV_BASIS
    for byte in key.encode():
        digest = (digest ^ byte) * _FNV_PRIME % 2**32
    return digest % PARTITIONS


def lane_of(key: str, lanes: int = LANES) -> int:
    """Return the lane of a key among a number of lanes."""
    return partition_of(key) % lanes


def stored_form(partition: Callable[[int], str]) -> str:
    """Return the tokens of a stored command's subject that name its lane for every number of lanes."""
    return ".".join(map(partition, LANE_COUNTS))


def lane_filter(site: str, worker: str, lane: int, lanes: int = LANES) -> str:
    """Return the subject filter of the commands that are stored for one lane of a worker."""
    work = f"im.{site}.work.{worker}"
    if lanes == LANES:
        return f"{work}.{lane}.>"
    return f"{work}.{stored_form(lambda count: str(lane % count) if count <= lanes else '*')}.*.*.*"


def lane_filters(site: str, worker: str, lane: int, lanes: int = LANES) -> list[str]:
    """Return the subject filters of one lane of a worker.

    An older version stored a lane of eight only: its commands are read by all lanes that this one was split into, and
    `is_in_lane` chooses.
    """
    filters = [lane_filter(site, worker, lane, lanes)]
    return filters if lanes == LANES else [*filters, f"im.{site}.work.{worker}.{lane % LANES}.*.*.*"]


def is_in_lane(subject: str, lane: int, lanes: int) -> bool:
    """Return whether a message that matches a lane's filters belongs to it."""
    return lanes == LANES or subject.count(".") >= _TOKENS or lane_of(read_work(subject).key, lanes) == lane


def read_work(subject: str) -> Work:
    """Parse the subject of a stored command, whose form the server guarantees.

    Raises:
        ValueError: It is not the subject of a stored command.
    """
    _, _, area, worker, *numbers, principal, key, verb = subject.split(".")
    if area != "work" or len(numbers) not in _NUMBERS or not "".join(numbers).isdecimal():
        raise ValueError(subject)
    return Work(worker, principal, key, verb)
