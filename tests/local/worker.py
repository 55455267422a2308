"""A stand-in for a worker: answers the pages that a worker serves, and nothing else."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

NAME = sys.argv[-1]
METRICS = '# HELP handled_total Handled.\n# TYPE handled_total counter\nhandled_total{lane="0"} 2.0\n'


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        sick = self.path == "/ready" and os.environ.get("SICK") == NAME
        self.send_response(503 if sick else 200)
        self.end_headers()
        self.wfile.write(METRICS.encode() if self.path == "/metrics" else b"{}")


print(NAME, os.environ.get("INCIDENTS_SITE"), flush=True)
HTTPServer(("127.0.0.1", int(os.environ["INCIDENTS_HEALTH_PORT"])), Pages).serve_forever()
