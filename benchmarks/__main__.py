"""All benchmarks, one after the other: python -m benchmarks."""

from benchmarks import reports
from benchmarks.commands.__main__ import main as measure_commands
from benchmarks.lists.__main__ import main as measure_lists


def main() -> None:
    """Measure commands, then lists, then reports."""
    measure_commands()
    measure_lists()
    reports.main()


if __name__ == "__main__":
    main()
