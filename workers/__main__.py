"""What a supervisor runs: `python -m workers worker NAME`, or `python -m workers fork`, which becomes many workers."""

import sys

from workers.local import one, prefork

match sys.argv[1:]:
    case ["worker", name]:
        one.run(name)
    case ["fork"]:
        prefork.main()
    case _:
        sys.exit(f"{__doc__} To type one yourself: incidents worker NAME")
