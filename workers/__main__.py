"""The entry point of supervisors: `python -m workers worker NAME`, or `python -m workers fork` for many workers."""

import gc
import sys
from importlib import import_module

gc.disable()  # importing makes a million objects that stay; the worker enables it before it serves
# Each branch imports only its own modules, and a call without arguments gets its message without any of them.
match sys.argv[1:]:
    case ["worker", name]:
        import_module("workers.local.run_worker").run(name)
    case ["fork"]:
        import_module("workers.local.supervision.prefork").main()
    case _:
        sys.exit(f"{__doc__} To run one worker yourself: incidents worker NAME")
