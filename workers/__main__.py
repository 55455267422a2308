"""What a supervisor runs: `python -m workers worker NAME`, or `python -m workers fork`, which becomes many workers."""

import sys
from importlib import import_module

# Each way imports what it needs alone, and who typed nothing is told what to type without any of it.
match sys.argv[1:]:
    case ["worker", name]:
        import_module("workers.local.run_worker").run(name)
    case ["fork"]:
        import_module("workers.local.supervision.prefork").main()
    case _:
        sys.exit(f"{__doc__} To type one yourself: incidents worker NAME")
