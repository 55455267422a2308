"""What `incidents up` says on a terminal while it keeps the system running: the log has the same as JSON."""

from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from workers.local.console_output import capitalise, say, translate

Entry: TypeAlias = MutableMapping[str, Any]

SENTENCES: Final = {
    "server_died": "{name} ended unexpectedly and is started again.",
    "server_not_storing": "{name} has stored nothing for {seconds} s and is started again.",
    "server_start_failed": "{name} did not start: {reason}",
    "template_died": "A helper process ended unexpectedly and is started again.",
    "template_silent": "A helper process does not answer and is started again.",
    "worker_died": "{name} ended unexpectedly and is started again.",
    "worker_silent": "{name} has not answered for {seconds} s and is started again.",
}
"""The sentences by the names of events in the log."""


def notice(otherwise: Callable[[Any, str, Entry], str]) -> Callable[[Any, str, Entry], str]:
    """Return a renderer that shows a known event as a sentence, and passes the others on."""

    def render(logger: Any, method: str, entry: Entry) -> str:
        words = SENTENCES.get(str(entry.get("event")))
        return f"! {_clock(entry)}{_sentence(words, entry)}" if words else otherwise(logger, method, entry)

    return render


def _clock(entry: Entry) -> str:
    """Return the local time of day of an entry."""
    timestamp = entry.get("timestamp")
    return f"{datetime.fromisoformat(timestamp).astimezone():%H:%M:%S} " if timestamp else ""


def _sentence(words: str, entry: Entry) -> str:
    worker, server = entry.get("worker"), entry.get("server")
    name = translate(f"worker {worker}") if worker else translate(server or "")
    values = {**entry, "name": capitalise(name), "reason": translate(entry.get("reason", ""))}
    if "seconds" in values:
        values["seconds"] = round(values["seconds"])
    return say(words, **values)
