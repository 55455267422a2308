"""All benchmarks, one after the other: python -m benchmarks."""

from benchmarks import batches
from benchmarks.commands.__main__ import main as measure_commands
from benchmarks.lists.__main__ import main as measure_lists
from benchmarks.reports.__main__ import main as measure_reports
from benchmarks.sweeps.__main__ import main as measure_sweeps


def main() -> None:
    """Measure commands, then lists, sweeps, reports and batches of them."""
    measure_commands()
    measure_lists()
    measure_sweeps()
    measure_reports()
    batches.main([])


if __name__ == "__main__":
    main()
