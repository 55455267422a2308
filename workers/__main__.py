"""`python -m workers worker NAME`: the program that a supervisor runs."""

import sys

from workers.local import one

one.run(sys.argv[2])
