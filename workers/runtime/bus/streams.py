"""Streams: one command creates or compares them; workers read and trim them but never change their settings."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic_core import from_json, to_json

from contracts.subjects import COMMANDED, LANES, probe, stored_form

COMMANDS = "COMMANDS"
EVENTS = "EVENTS"
DEAD = "DEAD"

LETTERS_PER_PRINCIPAL_MAX = 100
"""The newest dead letters of a principal are kept for each worker, so that nobody's letters displace another's."""

_ADVISORIES = ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>")
_SECOND = 1_000_000_000
_DAY = 24 * 3600 * _SECOND
_GIB = 1 << 30
_HALVINGS_MAX = 4
"""How often the sizes of the streams are halved until the server has room for all of them."""

_TRIAL_STREAM = "ROOM"
_NO_ROOM = 10047
"""JetStream's error code if the sizes of its streams would exceed its storage."""

_NO_STORE = frozenset({10049, 10077})
_STORE_ATTEMPTS_MAX = 10
_STORE_RETRY_SECONDS = 0.2


_PARTITION = "{{{{partition({},4)}}}}"
"""The function of the server that assigns the keys of commands to a number of parts."""


class Difference(NamedTuple):
    """A setting that is not as expected; it is reported and not changed."""

    what: str
    setting: str
    expected: Any
    found: Any


class Provisioned(NamedTuple):
    """The result of provisioning."""

    created: list[str]
    updated: list[str]
    same: list[str]
    differences: list[Difference]


def _transform(numbers: str) -> dict[str, str]:
    """Return how a command's subject is stored: with the numbers of its lane, in front of who sends what."""
    tokens = f"im.{{{{wildcard(1)}}}}.work.{{{{wildcard(3)}}}}.{numbers}"
    return {
        "src": "im.*.cmd.*.*.*.*",
        "dest": f"{tokens}.{{{{wildcard(2)}}}}.{{{{wildcard(4)}}}}.{{{{wildcard(5)}}}}",
    }


_EARLIER_TRANSFORM = _transform(_PARTITION.format(LANES))
"""How version 0.1 stored a command's subject."""


def _streams(site: str) -> list[dict[str, Any]]:
    common = {"storage": "file", "num_replicas": 1, "retention": "limits"}
    old = {"discard": "old", "max_age": 30 * _DAY}
    return [
        {
            "name": COMMANDS,
            "subjects": [*(f"im.{site}.cmd.*.{worker}.*.*" for worker in COMMANDED), probe(site, "*")],
            "subject_transform": _transform(stored_form(_PARTITION.format)),
            "discard": "new",
            "max_bytes": _GIB,
            "max_msg_size": 256 * 1024,
            # The inbox deduplicates. Within the server's window a known id is not delivered, whoever sent it.
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
            "max_msgs_per_subject": LETTERS_PER_PRINCIPAL_MAX,
            "duplicate_window": _DAY,
            **common,
            **old,
        },
    ]


async def provision(nats: Client, site: str) -> Provisioned:
    """Create missing streams, update what an earlier version made, and compare existing ones."""
    result = Provisioned([], [], [], [])
    expected = {stream["name"]: stream for stream in _streams(site)}
    answers = {name: await api(nats, f"STREAM.INFO.{name}", {}) for name in expected}
    for stream in await _fit(nats, [expected[name] for name in expected if "error" in answers[name]]):
        name = stream["name"]
        answers[name] = await _make(nats, f"STREAM.CREATE.{name}", stream)
        result.created.append(f"stream {name}")
    config = answers[COMMANDS]["config"]
    if config.get("subject_transform") == _EARLIER_TRANSFORM:
        newer = {**config, "subject_transform": expected[COMMANDS]["subject_transform"]}
        answers[COMMANDS] = await _make(nats, f"STREAM.UPDATE.{COMMANDS}", newer)
        result.updated.append(f"stream {COMMANDS}")
    for name, stream in expected.items():
        _compare(f"stream {name}", stream, answers[name], result)
    return result


async def _fit(nats: Client, missing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return streams scaled by the same factor, so that the server has room for all of them.

    The server does not report its free room, so one trial stream of their total size is created and deleted.

    Raises:
        NoRoomError: The server has no room even for the smallest sizes.
    """
    whole = sum(stream["max_bytes"] for stream in missing)
    for halvings in range(_HALVINGS_MAX + 1 if missing else 0):
        trial: dict[str, Any] = {
            "name": _TRIAL_STREAM,
            "subjects": [f"$SRV.{_TRIAL_STREAM}"],
            "storage": "file",
            "max_bytes": whole >> halvings,
        }
        answer = await api(nats, f"STREAM.CREATE.{_TRIAL_STREAM}", trial)
        if "error" not in answer:
            await api(nats, f"STREAM.DELETE.{_TRIAL_STREAM}", {})
            return [{**stream, "max_bytes": stream["max_bytes"] >> halvings} for stream in missing]
        if answer["error"].get("err_code") != _NO_ROOM:
            raise NotProvisionedError(_TRIAL_STREAM, answer["error"].get("description", ""))
    if missing:
        raise NoRoomError(whole >> _HALVINGS_MAX)
    return []


async def _make(nats: Client, verb: str, config: dict[str, Any]) -> dict[str, Any]:
    answer = await api(nats, verb, config)
    attempts = 1
    # The server removes the folder of all streams with the last stream, which may be the trial stream.
    while answer.get("error", {}).get("err_code") in _NO_STORE and attempts < _STORE_ATTEMPTS_MAX:
        await asyncio.sleep(_STORE_RETRY_SECONDS)
        answer = await api(nats, verb, config)
        attempts += 1
    if "error" in answer:
        raise NotProvisionedError(verb, answer["error"].get("description", ""))
    return answer


def _compare(what: str, expected: dict[str, Any], answer: dict[str, Any], result: Provisioned) -> None:
    different = [
        Difference(what, setting, value, answer["config"].get(setting))
        for setting, value in expected.items()
        if not _is_as_expected(answer["config"], setting, value)
    ]
    result.differences.extend(different)
    if not different and what not in (*result.created, *result.updated):
        result.same.append(what)


def _is_as_expected(config: dict[str, Any], setting: str, expected: Any) -> bool:
    actual = config.get(setting)
    if setting == "max_bytes" and isinstance(actual, int):
        size_max = int(expected)
        return size_max >> _HALVINGS_MAX <= actual <= size_max
    same: bool = actual == expected
    return same


async def api(nats: Client, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send a request to JetStream's API and return the answer."""
    body = to_json(request) if request else b""
    answer: dict[str, Any] = from_json((await nats.request(f"$JS.API.{verb}", body, timeout=5)).data)
    return answer


class NotProvisionedError(RuntimeError):
    """JetStream refused a stream or consumer. Compare the server's limits and version with the documentation."""

    def __init__(self, what: str, why: str) -> None:
        """Name the refused object and the server's reason."""
        super().__init__(f"{what} was refused by the server: {why}")


class NoRoomError(NotProvisionedError):
    """JetStream's storage is too small even for the smallest streams."""

    def __init__(self, needed: int) -> None:
        """Name the size that they need."""
        RuntimeError.__init__(
            self,
            f"The streams need {-(-needed // 1_000_000)} MB of the message bus's storage: "
            "give it a larger disk, or a larger max_file_store.",
        )


def is_full(error: Mapping[str, Any]) -> bool:
    """Return whether JetStream refused a message because its stream has reached a limit, and not because of a fault."""
    return str(error.get("description", "")).startswith("maximum ")


class StreamState(NamedTuple):
    """The places that a stream holds; `incarnation` distinguishes it from a recreated stream of the same name."""

    incarnation: str
    first: int
    last: int
    fullness: float
    """The used part of the stream's size; 0 if it has no limit."""

    last_ns: int = 0
    """When the last message was stored, in nanoseconds since 1970; 0 if there was none."""


class UnknownStateError(NatsError):
    """JetStream did not report the state of a stream: its leader changes, or it does not exist."""


async def stream_state(nats: Client, stream: str) -> StreamState:
    """Return the state of a stream.

    A lagging server reports an old state: never delete, or move a cursor forward, because of it.

    Raises:
        UnknownStateError: The answer has no state.
    """
    answer = await api(nats, f"STREAM.INFO.{stream}", {})
    try:
        state, bytes_max = answer["state"], answer["config"].get("max_bytes", -1)
        fullness = state["bytes"] / bytes_max if bytes_max > 0 else 0.0
        last = state["last_seq"]
        last_ns = nanoseconds(state["last_ts"]) if last else 0
        return StreamState(answer["created"], state["first_seq"], last, fullness, last_ns)
    except (KeyError, TypeError, ValueError):
        raise UnknownStateError(stream) from None


async def purge(nats: Client, stream: str, place: int, filters: str | None = None) -> bool:
    """Delete messages up to a place, of one subject or of all; return whether the server did it."""
    request: dict[str, Any] = {"seq": place + 1}
    if filters:
        request["filter"] = filters
    return bool((await api(nats, f"STREAM.PURGE.{stream}", request)).get("success"))


async def first_after(nats: Client, stream: str, seconds: float) -> int | None:
    """Return the place of the first message that is younger than this age; None if there is none."""
    since = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
    answer = await api(nats, f"STREAM.MSG.GET.{stream}", {"start_time": since})
    place = answer.get("message", {}).get("seq")
    return int(place) if place else None


async def stored_at_place(nats: Client, stream: str, place: int) -> int:
    """Return when the message at a place was stored, in nanoseconds since 1970; 0 if there is none."""
    answer = await api(nats, f"STREAM.MSG.GET.{stream}", {"seq": place})
    stored = answer.get("message", {}).get("time")
    return nanoseconds(stored) if stored else 0


def nanoseconds(time: str) -> int:
    """Return a time of the server in nanoseconds since 1970; Python's own times have only microseconds."""
    second, _, fraction = time.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{second}+00:00").timestamp()) * _SECOND + int(f"{fraction:0<9}"[:9])
