"""A stand-in for a worker: answers the pages that a worker serves, and nothing else."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

METRICS = '# HELP handled_total Handled.\n# TYPE handled_total counter\nhandled_total{lane="0"} 2.0\n'


class Pages(BaseHTTPRequestHandler):
    name = ""

    def do_GET(self) -> None:
        sick = self.path == "/ready" and os.environ.get("SICK") == self.name
        self.send_response(503 if sick else 200)
        self.end_headers()
        self.wfile.write(METRICS.encode() if self.path == "/metrics" else b"{}")


def run(name: str) -> None:
    """Serve the pages of a worker until somebody ends this process."""
    Pages.name = name
    print(name, os.environ.get("INCIDENTS_SITE"), flush=True)
    HTTPServer(("127.0.0.1", int(os.environ["INCIDENTS_HEALTH_PORT"])), Pages).serve_forever()


def fail(name: str) -> None:
    """End as a worker does that cannot start."""
    sys.exit(f"{name} cannot start")


if __name__ == "__main__":
    run(sys.argv[-1])
