"""Send raw frames and odd documents to a real system, and see that they cost nobody but their sender.

Frames are written to a bare socket by a client with valid credentials: header blocks, bodies, subjects and reply
subjects that no library would write, with valid commands among them. After every 500 an honest client's command and
query must be answered within 5 s; at the end every frame that was kept must have an outcome or a dead letter.
Documents are reports of texts in every script, with every mark and every joiner.

The same seed makes the same frames. A failure is narrowed down by replaying halves. The last line is a JSON document;
the status is 0 when nothing was found, else 1.

    make fuzz
    make fuzz FRAMES=20000 DOCUMENTS=0 SEED=3
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.fuzz import documents, frames


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=100_000, help="how many frames (default: 100000)")
    parser.add_argument("--documents", type=int, default=10_000, help="how many documents (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    return parser.parse_args()


def say(line: str) -> None:
    """Tell how far the run is."""
    print(line, file=sys.stderr, flush=True)


async def main(options: argparse.Namespace) -> dict[str, Any]:
    """Run what was asked for."""
    results: dict[str, Any] = {}
    directory = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/tmp"))
    try:
        if options.frames:
            results["frames"] = frames.as_document(await frames.run(directory, options.seed, options.frames, say))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    if options.documents:
        summary = await documents.run(options.documents, options.seed, say)
        results["documents"] = {**vars(summary), "failed": summary.failed}
    return results


if __name__ == "__main__":
    result = asyncio.run(main(arguments()))
    print(json.dumps(result, default=str))
    sys.exit(int(any(summary["failed"] for summary in result.values())))
