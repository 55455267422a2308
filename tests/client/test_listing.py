"""`incidents projects list`: what is typed is what is asked."""

import json
from pathlib import Path

from tests.client.command_line import incidents
from tests.client.conftest import Bus, Peer
from tests.client.test_commands import PROPERTIES


async def run_line(bus: Bus, peer: Peer, folder: Path, *line: object) -> int:
    """Type a command line as alice, who is connected to the peer, and return its status."""
    peer.answers["projects.list"] = json.dumps({"items": [], "next": None, "total": 0}).encode()
    peer.answers["administration.properties"] = json.dumps(PROPERTIES).encode()
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    return (await incidents("projects", "list", *line, folder=folder, environment=environment)).status


async def test_a_list_is_searched_sorted_and_counted(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """Every filter, the search, the order and the count of the wire can be typed (PRJ-07, PRJ-12)."""
    options = (
        "--search",
        "ladder",
        "--category",
        "1=11",
        "--category",
        "1=12",
        "--created-by",
        "alice",
        "--camera",
        "c",
    )
    more = ("--number", 12, "--sort=-updated_at", "--count", "--started-since", "2025-01-31T00:00Z")
    assert await run_line(bus, peer, tmp_path, *options, *more) == 0
    [body] = [json.loads(query.data) for query in peer.queries if query.subject.endswith(".projects.list")]
    assert body["search"] == "ladder"
    assert body["sort"] == "-updated_at"
    assert body["count"] == "exact"
    assert body["filter"]["categories"] == {"1": [11, 12]}
    assert [body["filter"][name] for name in ("created_by", "camera_ids", "numbers")] == [["alice"], ["c"], [12]]
    assert body["filter"]["start_time"]["from"] == "2025-01-31T00:00:00Z"


async def test_an_order_that_is_not_there_is_told(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """What the wire would refuse is reported before anything is asked."""
    assert await run_line(bus, peer, tmp_path, "--sort", "colour") != 0
    assert peer.queries == []


async def test_where_a_search_did_not_look_is_told(bus: Bus, peer: Peer, tmp_path: Path) -> None:
    """A principal who may not see comments knows that nothing was searched in them, in a table and as JSON (PRJ-12)."""
    page = {"items": [], "next": None, "total": None, "withheld": ["comments", "calls"]}
    peer.answers["projects.list"] = json.dumps(page).encode()
    environment = {"INCIDENTS_NATS_URL": bus.url, "INCIDENTS_NATS_CREDS": bus.credentials("alice")}
    line = ("projects", "list", "--search", "ladder")
    result = await incidents(*line, "--lang", "fr", folder=tmp_path, environment=environment)
    assert "faute de permission\u00a0: commentaires, appels" in result.out
    output = await incidents(*line, "--json", folder=tmp_path, environment=environment)
    assert output.json["withheld"] == ["comments", "calls"]
