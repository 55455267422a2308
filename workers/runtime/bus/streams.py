"""Streams: made or compared by one command, read and trimmed but never altered by workers."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic_core import from_json, to_json

from contracts.subjects import COMMANDED, LANES, probe

COMMANDS = "COMMANDS"
EVENTS = "EVENTS"
DEAD = "DEAD"

LETTERS = 100
"""Dead letters of one principal that are kept for each worker: the newest, so that nobody's push out another's."""

_ADVISORIES = ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>")
_SECOND = 1_000_000_000
_DAY = 24 * 3600 * _SECOND
_GIB = 1 << 30
_HALVINGS = 4
"""Times that the sizes of the streams are halved, at most, until the server has room for all of them."""

_TRIAL = "ROOM"
_NO_ROOM = 10047
_NO_STORE = frozenset({10049, 10077})
_STORE_TRIES = 10
_STORE_SECONDS = 0.2
"""JetStream's answer when the sizes of its streams would add up to more than it may have."""


class Difference(NamedTuple):
    """A setting that is not as it should be; nothing is changed because of it."""

    what: str
    setting: str
    expected: Any
    found: Any


class Provisioned(NamedTuple):
    """What provisioning did and found."""

    created: list[str]
    same: list[str]
    differences: list[Difference]


def _streams(site: str) -> list[dict[str, Any]]:
    common = {"storage": "file", "num_replicas": 1, "retention": "limits"}
    old = {"discard": "old", "max_age": 30 * _DAY}
    return [
        {
            "name": COMMANDS,
            "subjects": [*(f"im.{site}.cmd.*.{worker}.*.*" for worker in COMMANDED), probe(site, "*")],
            "subject_transform": {
                "src": "im.*.cmd.*.*.*.*",
                "dest": "im.{{wildcard(1)}}.work.{{wildcard(3)}}"
                f".{{{{partition({LANES},4)}}}}.{{{{wildcard(2)}}}}.{{{{wildcard(4)}}}}.{{{{wildcard(5)}}}}",
            },
            "discard": "new",
            "max_bytes": _GIB,
            "max_msg_size": 256 * 1024,
            # Decisions rest on the inbox; an id that the server knows, whoever sent it, is delivered to nobody.
            "duplicate_window": _SECOND,
            **common,
        },
        {
            "name": EVENTS,
            "subjects": [f"im.{site}.evt.*.*.*"],
            "discard": "new",
            "max_bytes": 4 * _GIB,
            "allow_atomic": True,
            "allow_direct": True,
            "duplicate_window": 120 * _SECOND,
            **common,
        },
        {
            "name": DEAD,
            "subjects": [f"im.{site}.dead.*.*", *_ADVISORIES],
            "max_bytes": _GIB // 4,
            "max_msgs_per_subject": LETTERS,
            "duplicate_window": _DAY,
            **common,
            **old,
        },
    ]


async def provision(nats: Client, site: str) -> Provisioned:
    """Make what is missing, compare what is there."""
    done = Provisioned([], [], [])
    wanted = {stream["name"]: stream for stream in _streams(site)}
    found = {name: await api(nats, f"STREAM.INFO.{name}", {}) for name in wanted}
    for stream in await _fitted(nats, [wanted[name] for name in wanted if "error" in found[name]]):
        name = stream["name"]
        found[name] = await _make(nats, f"STREAM.CREATE.{name}", stream)
        done.created.append(f"stream {name}")
    for name, stream in wanted.items():
        _compare(f"stream {name}", stream, found[name], done)
    return done


async def _fitted(nats: Client, missing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return streams as large as the server has room for, all by the same share of what they should be.

    What a server has room for is nowhere to be read: it is tried with one stream as large as all of them together.

    Raises:
        NoRoomError: There is not even room for the smallest.
    """
    whole = sum(stream["max_bytes"] for stream in missing)
    for halvings in range(_HALVINGS + 1 if missing else 0):
        trial: dict[str, Any] = {
            "name": _TRIAL,
            "subjects": [f"$SRV.{_TRIAL}"],
            "storage": "file",
            "max_bytes": whole >> halvings,
        }
        made = await api(nats, f"STREAM.CREATE.{_TRIAL}", trial)
        if "error" not in made:
            await api(nats, f"STREAM.DELETE.{_TRIAL}", {})
            return [{**stream, "max_bytes": stream["max_bytes"] >> halvings} for stream in missing]
        if made["error"].get("err_code") != _NO_ROOM:
            raise NotProvisionedError(_TRIAL, made["error"].get("description", ""))
    if missing:
        raise NoRoomError(whole >> _HALVINGS)
    return []


async def _make(nats: Client, verb: str, wanted: dict[str, Any]) -> dict[str, Any]:
    made = await api(nats, verb, wanted)
    tries = 1
    # The server removes the folder of all streams with the last stream, which may be the trial of a moment ago.
    while made.get("error", {}).get("err_code") in _NO_STORE and tries < _STORE_TRIES:
        await asyncio.sleep(_STORE_SECONDS)
        made = await api(nats, verb, wanted)
        tries += 1
    if "error" in made:
        raise NotProvisionedError(verb, made["error"].get("description", ""))
    return made


def _compare(what: str, wanted: dict[str, Any], found: dict[str, Any], done: Provisioned) -> None:
    different = [
        Difference(what, setting, expected, found["config"].get(setting))
        for setting, expected in wanted.items()
        if not _is_as_expected(found["config"], setting, expected)
    ]
    done.differences.extend(different)
    if not different and what not in done.created:
        done.same.append(what)


def _is_as_expected(config: dict[str, Any], setting: str, expected: Any) -> bool:
    found = config.get(setting)
    if setting == "max_bytes" and isinstance(found, int):
        most = int(expected)
        return most >> _HALVINGS <= found <= most
    same: bool = found == expected
    return same


async def api(nats: Client, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask JetStream's API and return its answer."""
    body = to_json(request) if request else b""
    answer: dict[str, Any] = from_json((await nats.request(f"$JS.API.{verb}", body, timeout=5)).data)
    return answer


class NotProvisionedError(RuntimeError):
    """JetStream refused a stream or consumer. Compare the server's limits and version with the documentation."""

    def __init__(self, what: str, why: str) -> None:
        """Name what was refused and the server's reason."""
        super().__init__(f"{what} was refused by the server: {why}")


class NoRoomError(NotProvisionedError):
    """JetStream may have less on the disk than the smallest streams take."""

    def __init__(self, needed: int) -> None:
        """Say how much they take."""
        RuntimeError.__init__(
            self,
            f"The streams need {needed >> 20} MiB of what the message bus may have on its disk: "
            "give it a larger disk, or a larger max_file_store.",
        )


def is_full(error: Mapping[str, Any]) -> bool:
    """Tell whether JetStream refused a message because its stream has reached a limit, and not because it failed."""
    return str(error.get("description", "")).startswith("maximum ")


class StreamState(NamedTuple):
    """Which places a stream holds; `mark` tells it from another stream of the same name, which counts anew."""

    incarnation: str
    first: int
    last: int
    fullness: float
    """The part of the stream's room that is taken; 0 when it has no limit."""


class UnknownStateError(NatsError):
    """JetStream did not say how a stream is: its leader changes, or the stream is not there."""


async def stream_state(nats: Client, stream: str) -> StreamState:
    """Ask how a stream is.

    The answer of a server that lags behind is an old one: nobody may delete, or move a cursor forward, because of it.

    Raises:
        UnknownStateError: The answer says nothing of the stream.
    """
    found = await api(nats, f"STREAM.INFO.{stream}", {})
    try:
        state, room = found["state"], found["config"].get("max_bytes", -1)
        fullness = state["bytes"] / room if room > 0 else 0.0
        return StreamState(found["created"], state["first_seq"], state["last_seq"], fullness)
    except (KeyError, TypeError):
        raise UnknownStateError(stream) from None


async def purge(nats: Client, stream: str, place: int, filters: str | None = None) -> bool:
    """Delete messages up to a place, of one subject or of all; tell whether the server did it."""
    wanted: dict[str, Any] = {"seq": place + 1}
    if filters:
        wanted["filter"] = filters
    return bool((await api(nats, f"STREAM.PURGE.{stream}", wanted)).get("success"))


async def first_after(nats: Client, stream: str, seconds: float) -> int | None:
    """Return the place of the first message that is younger than so many seconds; None when there is none."""
    since = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
    found = await api(nats, f"STREAM.MSG.GET.{stream}", {"start_time": since})
    place = found.get("message", {}).get("seq")
    return int(place) if place else None
