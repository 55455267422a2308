"""Every subject of the wire, built and read in this one place."""

import re
from typing import NamedTuple

WORKERS = ("projects", "administration", "reports", "retention", "audit")
COMMANDED = ("projects", "administration", "reports", "retention")
"""The workers that take commands."""

LANES = 8
"""Lanes per worker: chosen once, because a key must never change its lane."""

_FNV_BASIS, _FNV_PRIME = 2166136261, 16777619

SYSTEM = "system"
"""The actor of what the product does by itself (AMB-5)."""

REDELIVER = "redeliver"
"""The verb under which the product hands a dead letter to its worker once more; nobody else can send it."""

_SITE = re.compile(r"[a-z0-9-]{1,32}")
_PRINCIPAL = re.compile(r"[a-z0-9_-]{1,64}")


def valid_site(site: str) -> bool:
    """Tell whether a text can be a site's name."""
    return _SITE.fullmatch(site) is not None


def valid_principal(principal: str) -> bool:
    """Tell whether a text can be a principal's name."""
    return _PRINCIPAL.fullmatch(principal) is not None


def command(site: str, principal: str, subject: str, key: str) -> str:
    """Where a principal publishes a command; `subject` is `worker.verb`."""
    worker, verb = subject.split(".")
    return f"im.{site}.cmd.{principal}.{worker}.{key}.{verb}"


def redelivery(site: str, worker: str, key: str) -> str:
    """Where a dead letter goes back to its worker: through the lane that its key has."""
    return f"im.{site}.cmd.{SYSTEM}.{worker}.{key}.{REDELIVER}"


def query(site: str, principal: str, subject: str) -> str:
    """Where a principal asks; `subject` is `worker.verb`."""
    return f"im.{site}.qry.{principal}.{subject}"


def outcome(site: str, principal: str, command_id: object) -> str:
    """Where the outcome of a command is published (`*` for all of them)."""
    return f"im.{site}.out.{principal}.{command_id}"


def event(site: str, subject: str, key: str) -> str:
    """Where an event is published; `subject` is `worker.happened`."""
    worker, happened = subject.split(".")
    return f"im.{site}.evt.{worker}.{key}.{happened}"


def event_type(subject: str) -> str:
    """Return the CloudEvents type of an event; `subject` is `worker.happened`."""
    return f"im.{subject}.v1"


def read_event_type(event_type: str) -> str:
    """Return the subject `worker.happened` of a CloudEvents type."""
    return event_type.removeprefix("im.").removesuffix(".v1")


def every_event(site: str) -> str:
    """Where all events of a site are published."""
    return f"im.{site}.evt.*.*.*"


def dead(site: str, worker: str, principal: str) -> str:
    """Where what can never be handled is put aside, each sender's by itself."""
    return f"im.{site}.dead.{worker}.{principal}"


def every_dead_letter(site: str) -> str:
    """Where all that was put aside is published."""
    return f"im.{site}.dead.>"


def heartbeat(site: str, worker: str, instance: str) -> str:
    """Where a worker process says every few seconds that it lives."""
    return f"im.{site}.ops.heartbeat.{worker}.{instance}"


def probe(site: str, worker: str) -> str:
    """Where a worker writes into the stream of commands, only to see that it is stored; no lane holds it."""
    return f"im.{site}.probe.{worker}"


def inbox(principal: str) -> str:
    """The prefix below which a principal's replies must lie."""
    return f"_INBOX_{principal}"


def service(worker: str) -> str:
    """The name under which NATS finds a worker, and the queue group that shares its queries."""
    return f"im-{worker}"


class Work(NamedTuple):
    """A command's subject as it lies in its lane."""

    worker: str
    lane: int
    principal: str
    key: str
    verb: str


def lane_of(key: str) -> int:
    """Return the lane that the server gives to the commands of a key: FNV-1a, as `partition` of its transforms."""
    mark = _FNV_BASIS
    for byte in key.encode():
        mark = (mark ^ byte) * _FNV_PRIME % 2**32
    return mark % LANES


def lane_filter(site: str, worker: str, lane: int) -> str:
    """What one lane of a worker holds."""
    return f"im.{site}.work.{worker}.{lane}.>"


def read_work(subject: str) -> Work:
    """Read the subject of a command in its lane (the server wrote it, so its form is certain)."""
    _, _, _, worker, lane, principal, key, verb = subject.split(".")
    return Work(worker, int(lane), principal, key, verb)
