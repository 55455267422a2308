"""Create many incidents and a report of each, sixteen at a time, and save the PDFs.

Start a system with `incidents up --nats-port 4222`. Then, in a second terminal:

    .venv/bin/python examples/many_reports.py nats://127.0.0.1:4222 .incidents/creds/admin.creds reports 500
"""

import asyncio
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path

from incidents import Client, CreateProject, DownloadReport, GenerateReport, UnreachableError, connect, uuid7

AT_ONCE = 16
"""Concurrent reports: each principal has a share of a worker, so more would only wait."""


async def make_report(client: Client, folder: Path, number: int) -> int:
    """Create an incident, generate and save its report, and return its size."""
    project_id, report_id = uuid7(), uuid7()
    await client.send(CreateProject(project_id=project_id, description=f"Example {number}"))
    report = await client.send(GenerateReport(report_id=report_id, project_id=project_id))
    pdf = b"".join([part async for part in client.download(DownloadReport(report_id=report_id))])
    if sha256(pdf).hexdigest() != report.sha256:
        raise ValueError(f"report {report_id} arrived damaged")
    (folder / f"{number:04}.pdf").write_bytes(pdf)
    return len(pdf)


async def main(url: str, credentials: str, folder: str, count: int) -> None:
    """Save `count` reports in `folder`."""
    Path(folder).mkdir(exist_ok=True)
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(client: Client, number: int) -> int:
        async with turns:
            return await make_report(client, Path(folder), number)

    async with connect(url, credentials) as client:
        sizes = await asyncio.gather(*(in_turn(client, number) for number in range(1, count + 1)))
    print(f"{len(sizes)} reports, {sum(sizes)} bytes")


if __name__ == "__main__":
    parser = ArgumentParser()
    for name in ("url", "credentials", "folder"):
        parser.add_argument(name)
    parser.add_argument("count", nargs="?", type=int, default=500)
    try:
        asyncio.run(main(**vars(parser.parse_args())))
    except UnreachableError as error:
        parser.exit(1, f"{error}\n")
