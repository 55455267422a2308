"""What a worker process counts of its commands."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """What a worker process did since it started."""

    applied: int = 0
    rejected: int = 0
    repeated: int = 0
    retried: int = 0
    dead: int = 0
    turned_away: int = 0
    sent: int = 0
    """Commands that handlers sent, of which chains are made: each link waits for the one before."""

    def retry(self) -> None:
        """Count a batch that had to be tried again."""
        self.retried += 1
