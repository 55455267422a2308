"""Streams and consumers: made or compared by one command, bound but never altered by workers."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from nats.aio.client import Client
from pydantic_core import from_json, to_json

from contracts.subjects import COMMANDED, LANES, lane_filter

COMMANDS = "COMMANDS"
EVENTS = "EVENTS"
DEAD = "DEAD"

_ADVISORIES = ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>")
_SECOND = 1_000_000_000
_DAY = 24 * 3600 * _SECOND
_GIB = 1 << 30


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
    remembered = {"duplicate_window": 120 * _SECOND}
    old = {"discard": "old", "max_age": 30 * _DAY}
    return [
        {
            "name": COMMANDS,
            "subjects": [f"im.{site}.cmd.*.{worker}.*.*" for worker in COMMANDED],
            "subject_transform": {
                "src": "im.*.cmd.*.*.*.*",
                "dest": "im.{{wildcard(1)}}.work.{{wildcard(3)}}"
                f".{{{{partition({LANES},4)}}}}.{{{{wildcard(2)}}}}.{{{{wildcard(4)}}}}.{{{{wildcard(5)}}}}",
            },
            "discard": "new",
            "max_bytes": _GIB,
            "max_msg_size": 256 * 1024,
            **remembered,
            **common,
        },
        {
            "name": EVENTS,
            "subjects": [f"im.{site}.evt.*.*.*"],
            "max_bytes": 4 * _GIB,
            "allow_atomic": True,
            "allow_direct": True,
            **remembered,
            **common,
            **old,
        },
        {
            "name": DEAD,
            "subjects": [f"im.{site}.dead.*", *_ADVISORIES],
            "max_bytes": _GIB // 4,
            "duplicate_window": _DAY,
            **common,
            **old,
        },
    ]


def lane_consumer(worker: str, lane: int) -> str:
    """Return the durable name of the consumer of one lane."""
    return f"{worker}-{lane}"


def events_consumer(worker: str) -> str:
    """Return the durable name of a worker's consumer of events."""
    return f"{worker}-events"


def _consumers(site: str, heard: Mapping[str, Iterable[str]]) -> list[tuple[str, dict[str, Any]]]:
    common = {
        "ack_policy": "all",
        "deliver_policy": "all",
        "ack_wait": 60 * _SECOND,
        "max_deliver": -1,
        "max_ack_pending": 20_000,
        "replay_policy": "instant",
    }
    lanes = [
        (
            COMMANDS,
            {
                "durable_name": lane_consumer(worker, lane),
                "filter_subjects": [lane_filter(site, worker, lane)],
                **common,
            },
        )
        for worker in COMMANDED
        for lane in range(LANES)
    ]
    events = [
        (EVENTS, {"durable_name": events_consumer(worker), "filter_subjects": sorted(subjects), **common})
        for worker, subjects in heard.items()
        if subjects
    ]
    return lanes + events


async def provision(nats: Client, site: str, heard: Mapping[str, Iterable[str]]) -> Provisioned:
    """Make what is missing, compare what is there; `heard` gives the event subjects of each worker's consumer."""
    done = Provisioned([], [], [])
    for stream in _streams(site):
        name = stream["name"]
        found = await api(nats, f"STREAM.INFO.{name}", {})
        if "error" in found:
            found = await _make(nats, f"STREAM.CREATE.{name}", stream)
            done.created.append(f"stream {name}")
        _compare(f"stream {name}", stream, found, done)
    for stream_name, consumer in _consumers(site, heard):
        name = consumer["durable_name"]
        found = await api(nats, f"CONSUMER.INFO.{stream_name}.{name}", {})
        if "error" in found:
            wanted = {"stream_name": stream_name, "config": consumer, "action": "create"}
            found = await _make(nats, f"CONSUMER.CREATE.{stream_name}.{name}", wanted)
            done.created.append(f"consumer {name}")
        _compare(f"consumer {name}", consumer, found, done)
    return done


async def _make(nats: Client, verb: str, wanted: dict[str, Any]) -> dict[str, Any]:
    made = await api(nats, verb, wanted)
    if "error" in made:
        raise NotProvisionedError(verb, made["error"].get("description", ""))
    return made


def _compare(what: str, wanted: dict[str, Any], found: dict[str, Any], done: Provisioned) -> None:
    different = [
        Difference(what, setting, expected, found["config"].get(setting))
        for setting, expected in wanted.items()
        if _as_listed(found["config"], setting) != expected
    ]
    done.differences.extend(different)
    if not different and what not in done.created:
        done.same.append(what)


def _as_listed(config: dict[str, Any], setting: str) -> Any:
    if setting == "filter_subjects" and "filter_subject" in config:
        return [config["filter_subject"]]
    return config.get(setting)


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


async def trim(nats: Client) -> None:
    """Purge COMMANDS up to what every consumer has handled: what people wrote must not lie there longer.

    The stream's end is read before the consumers: one that has nothing left when it is asked later has handled all
    up to that end, wherever its own floor stands.
    """
    stream = await api(nats, f"STREAM.INFO.{COMMANDS}", {})
    if "error" in stream or not stream["state"]["messages"]:
        return
    last = stream["state"]["last_seq"]
    floor = last
    for consumer in await _all_consumers(nats):
        if consumer["num_pending"] or consumer["num_ack_pending"]:
            floor = min(floor, consumer["ack_floor"]["stream_seq"])
    if floor >= stream["state"]["first_seq"]:
        await api(nats, f"STREAM.PURGE.{COMMANDS}", {"seq": floor + 1})


async def _all_consumers(nats: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = await api(nats, f"CONSUMER.LIST.{COMMANDS}", {"offset": len(found)})
        found += page.get("consumers") or []
        if len(found) >= page.get("total", 0):
            return found
