"""`python -m workers worker NAME`: the program that a supervisor runs."""

from workers.local.commands import main

main()
