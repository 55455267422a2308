"""What a supervisor runs: `python -m workers worker NAME`, or `python -m workers fork`, which becomes many workers."""

import sys
from importlib import import_module

from workers.local import run_worker

match sys.argv[1:]:
    case ["worker", name]:
        run_worker.run(name)
    case ["fork"]:
        import_module("workers.local.supervision.prefork").main()  # a worker of its own needs nothing of it
    case _:
        sys.exit(f"{__doc__} To type one yourself: incidents worker NAME")
