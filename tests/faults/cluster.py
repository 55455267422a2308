"""The system under test on a bus of three servers, with every worker as a supervised process."""

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

import psutil

from contracts.subjects import WORKERS
from tests.delivery.test_cluster import SERVERS, Cluster, are_replicated
from tests.faults import launcher
from tests.faults.disk import Disk
from tests.faults.proxies import Proxy, pause
from tests.faults.system import SECOND
from tests.support import Site, eventually
from tests.support.databases import prepared
from tests.support.system import environment
from workers.local.access.signing_keys import Trust
from workers.local.servers.cache_sizing import CACHE_MEBIBYTES
from workers.local.servers.postgres import EmbeddedPostgres
from workers.local.supervision.supervisor import Supervisor
from workers.runtime.bus.streams import COMMANDS, DEAD, EVENTS, api


class ClusterSystem:
    """Three servers of the bus, one database, all workers and a second process of `projects`."""

    def __init__(self, directory: Path) -> None:
        self.disk = Disk(directory)
        self.disk.why_not = "the cluster form has no disk of its own"
        self.plan = directory / "plan"
        self.plan.mkdir(parents=True)
        self.proxies: dict[str, Proxy] = {}
        self._postgres = EmbeddedPostgres(directory / "postgres", cache=CACHE_MEBIBYTES[0])
        self._stack = AsyncExitStack()
        self._directory = directory
        self._site: Site | None = None
        self._supervisor: Supervisor | None = None

    @property
    def site(self) -> Site:
        """The site, once it is made."""
        assert self._site
        return self._site

    @property
    def bus(self) -> Cluster:
        """The three servers."""
        assert isinstance(self.site.server, Cluster)
        return self.site.server

    @property
    def urls(self) -> list[str]:
        return [node.url for node in self.bus.nodes]

    @property
    def trust(self) -> Trust:
        return self.site.trust

    def database(self, name: str) -> str:
        return self._postgres.url(name)

    async def start(self) -> None:
        self._postgres.start()
        await prepared(self._postgres, "incident_manager", "log_server")
        site = self._site = Site(
            self._directory / "site", self.database("incident_manager"), self.database("log_server")
        )
        site.server = Cluster(self._directory / "cluster", site.trust, site.credentials("ops", "ops"))
        await self._stack.enter_async_context(site.open())
        await self._replicate()
        (self.plan / "proxies.json").write_text("{}")
        environments = {name: environment(site, name) for name in WORKERS}
        environments[SECOND] = environment(site, "projects")
        self._supervisor = Supervisor(environments, self._directory / "logs", launcher.spawner(self.plan))
        self._supervisor.start()

    async def _replicate(self) -> None:
        ops = await self.site.overseer()
        for stream in (COMMANDS, EVENTS, DEAD):
            config = (await api(ops, f"STREAM.INFO.{stream}", {}))["config"]
            if config["num_replicas"] != SERVERS:
                response = await api(ops, f"STREAM.UPDATE.{stream}", {**config, "num_replicas": SERVERS})
                assert "error" not in response, response
        await eventually(partial(are_replicated, ops), within=60)

    def processes(self) -> dict[str, list[psutil.Process]]:
        pids = {f"bus-{number}": node.pid for number, node in enumerate(self.bus.nodes)}
        pids |= {worker.name: worker.pid for worker in self._supervisor.workers} if self._supervisor else {}
        results: dict[str, list[psutil.Process]] = {}
        for name, pid in pids.items():
            with suppress(psutil.NoSuchProcess):
                results[name] = [psutil.Process(pid)] if pid else []
        return results

    async def revive(self, name: str) -> None:
        """Start a server of the bus again, after all those of its process that are left have gone."""
        if name.startswith("bus-"):
            node = self.bus.nodes[int(name.removeprefix("bus-"))]
            while node.pid is not None:
                await pause(0.05)
            await asyncio.to_thread(node.prepare)
            node.launch()
            await asyncio.to_thread(node.wait)

    async def stop(self) -> None:
        for parts in self.processes().values() if self._supervisor else ():
            for each in parts:
                with suppress(psutil.NoSuchProcess):
                    each.resume()
        if self._supervisor:
            await self._supervisor.stop()
        await self._stack.aclose()
        self._postgres.stop()
