"""Everything that is measured, one after the other: python -m benchmarks."""

from benchmarks import reports
from benchmarks.commands.__main__ import main as measure_commands


def main() -> None:
    """Measure commands, then reports."""
    measure_commands()
    reports.main()


if __name__ == "__main__":
    main()
