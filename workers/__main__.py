"""What a supervisor runs: `python -m workers worker NAME`, or `python -m workers fork`, which becomes many workers."""

import sys
from importlib import import_module

from workers.local import one

match sys.argv[1:]:
    case ["worker", name]:
        one.run(name)
    case ["fork"]:
        import_module("workers.local.prefork").main()  # a worker of its own needs nothing of it
    case _:
        sys.exit(f"{__doc__} To type one yourself: incidents worker NAME")
