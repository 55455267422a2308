"""docker-compose.yml without building anything: whatever it names is there, and Compose would take it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.resources import files as files_of
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema import builtin_schemas
from jsonschema.validators import validator_for

from contracts.subjects import WORKERS
from tests.checks.tree import ROOT, require_none
from tests.checks.typed_lines import unknown

BASE, TLS, TRACES = "docker-compose.yml", "docker-compose.tls.yml", "docker-compose.otel.yml"
TOGETHER = [(BASE,), (BASE, TLS), (BASE, TRACES), (BASE, TLS, TRACES)]
"""Which files are laid over each other."""

GIVEN = {"INCIDENTS_NATS_ADDRESS": "192.0.2.1"}
"""Variables without a default, which an operator sets."""

WRITTEN_FOR = {
    ("access", path): "nats" for path in ("/data/jetstream", "/run/secrets/tls_certificate", "/run/secrets/tls_key")
}
"""Paths that one container writes into the configuration of another."""

OF_THE_IMAGE = {"/bin/sh", "/entrypoint.sh"}
OPERATORS_OWN = {"exchange", "backups", "secrets"}
"""Folders that hold what is of one machine."""

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_MONITORING = ROOT / "deploy" / "monitoring"


@cache
def composed(*files: str) -> dict[str, Any]:
    """Read compose files as Compose does: variables filled in, later files over earlier ones."""
    results: dict[str, Any] = {}
    for name in files:
        filled = _VARIABLE.sub(
            lambda match: GIVEN.get(match[1], match[3] if match[2] == "-" else ""), (ROOT / name).read_text()
        )
        results = _over(results, yaml.safe_load(filled))
    return results


def _over(below: Any, above: Any, name: str = "") -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {key: _over(below.get(key), above.get(key), key) for key in {**below, **above}}
    if isinstance(below, list) and isinstance(above, list) and name not in {"command", "entrypoint"}:
        return [*below, *above]
    return below if above is None else above


def services(*files: str) -> dict[str, dict[str, Any]]:
    """Return the services of some files."""
    services_by_name: dict[str, dict[str, Any]] = composed(*(files or (BASE,)))["services"]
    return services_by_name


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Return what is mounted where in a service: its place in the container, and the source."""
    return {each.split(":")[1]: each.split(":")[0] for each in service.get("volumes", [])}


@cache
def specification() -> Any:
    """Return what judges by the schema of the Compose specification, in the language that the schema is written in."""
    schema = json.loads((files_of(builtin_schemas) / "vendor" / "compose-spec.json").read_text())
    return validator_for(schema)(schema)


@pytest.mark.parametrize("files", TOGETHER)
def test_compose_would_take_it(files: tuple[str, ...]) -> None:
    """The files, filled in and laid over each other, are valid by the schema of the Compose specification."""
    findings = specification().iter_errors(composed(*files))
    require_none("Compose would refuse it.", [f"{finding.json_path}: {finding.message[:200]}" for finding in findings])


@pytest.mark.parametrize(
    "wrong", [{"restarts": "no"}, {"deploy": {"resources": {"limit": {}}}}, {"build": {"arg": {}}}, {"image": 3}]
)
def test_compose_would_not_take_everything(wrong: dict[str, Any]) -> None:
    """The schema refuses a word that it does not know, wherever it is, and a value of another kind."""
    assert not specification().is_valid({"services": {"one": {"image": "x", **wrong}}})


def has_compose() -> bool:
    """Tell whether Compose itself is installed."""
    line = ("docker", "compose", "version")
    return bool(shutil.which("docker")) and subprocess.run(line, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_compose(), reason="docker compose is not installed here")
@pytest.mark.parametrize("files", TOGETHER)
def test_compose_itself_takes_it(files: tuple[str, ...]) -> None:
    """Where Compose is installed, it reads the files itself."""
    options = [word for name in files for word in ("--file", name)]
    line = ["docker", "compose", *options, "--profile", "*", "config", "--quiet"]
    done = subprocess.run(line, cwd=ROOT, env={**os.environ, **GIVEN}, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""


def missing_declarations(files: tuple[str, ...]) -> Iterator[str]:
    """Name what a service names and the file does not declare, and what is declared for nobody."""
    whole = composed(*files)
    used: dict[str, set[str]] = {"volumes": set(), "networks": {"default"}, "secrets": set()}
    for name, service in whole["services"].items():
        paths = {source for source in mounts(service).values() if not source.startswith(".")}
        for kind, names in (
            ("volumes", paths),
            ("networks", set(service.get("networks", []))),
            ("secrets", set(service.get("secrets", []))),
        ):
            used[kind] |= names
            yield from (f"{name}: {kind} {missing}" for missing in names - whole.get(kind, {}).keys() - {"default"})
        for needed, how in service.get("depends_on", {}).items():
            other = whole["services"].get(needed, {})
            if not other or (how["condition"] == "service_healthy" and "healthcheck" not in other):
                yield f"{name}: depends on {needed}"
    for kind, names in used.items():
        yield from (f"{kind} {missing} for nobody" for missing in whole.get(kind, {}).keys() - names)


@pytest.mark.parametrize("files", TOGETHER)
def test_what_is_named_is_declared(files: tuple[str, ...]) -> None:
    """Volumes, networks, secrets and services that a service names are there, and none is there for nobody."""
    require_none("Declare it, or take it away.", list(missing_declarations(files)))


@pytest.mark.parametrize("files", TOGETHER)
def test_files_are_there(files: tuple[str, ...]) -> None:
    """What is mounted or built from this directory is in it; folders of one machine are left out of git."""
    whole = composed(*files)
    paths = [source for service in whole["services"].values() for source in mounts(service).values()]
    paths += [str(secret["file"]) for secret in whole["secrets"].values()]
    paths += [service["build"]["dockerfile"] for service in whole["services"].values() if "build" in service]
    here = {Path(path) for path in paths if path.startswith(".") or "/" in path}
    require_none(
        "There is no such file.",
        [str(mounted) for mounted in here if mounted.parts[0] not in OPERATORS_OWN and not (ROOT / mounted).is_file()],
    )
    left_out = (ROOT / ".gitignore").read_text().split()
    assert {f"/{name}/" for name in OPERATORS_OWN} <= set(left_out)


def test_every_container_is_confined() -> None:
    """None writes into its image, gains rights or takes the whole machine; the database keeps what its start needs."""
    for name, service in services(BASE, TRACES).items():
        limits = service["deploy"]["resources"]["limits"]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"memory", "cpus", "pids"} <= limits.keys()
    assert [name for name, service in services().items() if "cap_add" in service] == ["postgres"]


def test_no_variable_holds_a_secret() -> None:
    """Passwords are files; each service is given those that it reads, and no others."""
    for name, service in services(BASE, TLS, TRACES).items():
        by_name = {variable: str(value) for variable, value in service.get("environment", {}).items()}
        assert not [setting for setting in by_name if "PASSWORD" in setting and not setting.endswith("_FILE")], name
        read = {value.removeprefix("/run/secrets/") for value in by_name.values() if value.startswith("/run/secrets/")}
        assert read <= set(service.get("secrets", [])), name
    assert "/run/secrets/app_password" in (ROOT / "deploy/postgres/roles.sh").read_text()


def inside() -> Iterator[tuple[str, str]]:
    """Yield every absolute path in a command, and in the configuration of monitoring, with its service."""
    for name, service in services(BASE, TLS, TRACES).items():
        for word in [
            *service.get("entrypoint", []),
            *(service["command"] if isinstance(service.get("command"), list) else []),
        ]:
            yield from ((name, path) for path in re.findall(r"(?:^|=)(/[\w./-]+)$", str(word)))
    for name, file in (
        ("prometheus", "prometheus.yml"),
        ("alertmanager", "alertmanager.yml"),
        ("grafana", "grafana-dashboards.yml"),
    ):
        yield from ((name, path) for path in re.findall(r"[\s\[](/[\w./-]+)", (_MONITORING / file).read_text()))


def test_paths_inside_are_mounted() -> None:
    """What a command or a configuration reads or writes in its container is mounted there, or is a secret."""
    missing = []
    for name, path in inside():
        service = services(BASE, TLS, TRACES)[WRITTEN_FOR.get((name, path), name)]
        paths = [*mounts(service), *(f"/run/secrets/{secret}" for secret in service.get("secrets", []))]
        is_there = any(f"{folder}/".startswith(f"{path}/") or path.startswith(f"{folder}/") for folder in paths)
        if not is_there and path not in OF_THE_IMAGE:
            missing.append(f"{name}: {path}")
    require_none("Mount it.", missing)


def test_commands_are_known() -> None:
    """What our containers run is on the command line, with its options."""
    for service in services(BASE, TLS, TRACES).values():
        command = service.get("command", [])
        for line in command[2].split("&&") if command[:1] == ["sh"] else [" ".join(command)]:
            if line.strip().startswith("incidents "):
                assert unknown(line.strip()) == []


def test_monitoring_finds_what_it_watches() -> None:
    """Prometheus asks where workers answer, alerts go to Alertmanager, and Grafana has both and the dashboard."""
    scraped = yaml.safe_load((_MONITORING / "prometheus.yml").read_text())
    (config,) = scraped["scrape_configs"][0]["dns_sd_configs"]
    assert {str(config["port"])} == {
        services()[name]["environment"]["INCIDENTS_HEALTH_PORT"] for name in config["names"]
    }
    sources = yaml.safe_load((_MONITORING / "grafana-datasources.yml").read_text())["datasources"]
    targets = {source["url"].removeprefix("http://") for source in sources} | set(
        scraped["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    )
    published = {
        f"{name}:{port.rsplit(':', 1)[1]}" for name, service in services().items() for port in service.get("ports", [])
    }
    assert targets <= published
    routed = yaml.safe_load((_MONITORING / "alertmanager.yml").read_text())
    assert {routed["route"]["receiver"]} == {receiver["name"] for receiver in routed["receivers"]}
    assert services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] in mounts(
        services()["grafana"]
    )


def test_spans_find_their_way() -> None:
    """Anyone who makes spans names the collector, which names Jaeger, whose pages are published to this machine."""
    traced = services(BASE, TRACES)
    document = yaml.safe_load((ROOT / "deploy/tracing/collector.yml").read_text())
    port = document["receivers"]["otlp"]["protocols"]["http"]["endpoint"].partition(":")[2]
    sending = {name for name, value in traced.items() if ENDPOINT in value.get("environment", {})}
    assert sending == {*WORKERS, "incidents"}
    assert {traced[name]["environment"][ENDPOINT] for name in sending} == {f"http://collector:{port}"}
    pipeline = document["service"]["pipelines"]["traces"]
    assert {name: set(pipeline[name]) for name in pipeline} == {
        name: set(document[name]) for name in ("receivers", "processors", "exporters")
    }
    assert document["exporters"]["otlp_http"]["endpoint"] == "http://jaeger:4318"
    assert traced["jaeger"]["ports"] == ["127.0.0.1:16686:16686"]
    limit = int(traced["collector"]["deploy"]["resources"]["limits"]["memory"].removesuffix("m"))
    assert document["processors"]["memory_limiter"]["limit_mib"] < limit


def test_the_image_has_what_is_asked_for() -> None:
    """Each list of packages that the image can be built from is there, is copied, and one of them is the usual one."""
    recipe = (ROOT / "deploy/Dockerfile").read_text()
    [usual] = re.findall(r"^ARG REQUIREMENTS=(\w+)$", recipe, re.MULTILINE)
    [argument] = services(BASE, TRACES)["access"]["build"]["args"].values()
    assert '-r "requirements/$REQUIREMENTS.txt"' in recipe
    for name in (usual, argument):
        assert (ROOT / f"requirements/{name}.txt").is_file()
        assert f"requirements/{name}.txt " in recipe
    assert usual == "runtime"
    assert argument == "otel"


def test_the_image_starts_what_it_is_given(tmp_path: Path) -> None:
    """The image's first program reads the password from its file, and then is the program that was asked for."""
    (tmp_path / "password").write_text("it's $(secret)\n")
    line = ["/bin/sh", str(ROOT / "deploy/entrypoint.sh"), "printenv", "PGPASSWORD"]
    result = subprocess.run(
        line,
        env={"PATH": os.environ["PATH"], "PGPASSWORD_FILE": str(tmp_path / "password")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "it's $(secret)\n"
    assert "ENTRYPOINT" in (ROOT / "deploy/Dockerfile").read_text()


def test_what_proves_the_logs_is_outside_the_databases() -> None:
    """The workers that sign checkpoints and certificates write them into a volume that no database has."""
    services = composed(BASE)["services"]
    for name in ("audit", "retention"):
        folder = services[name]["environment"]["INCIDENTS_CHECKPOINTS"]
        assert f"checkpoints:{folder}" in services[name]["volumes"]
