"""The command handlers of reports, one function per command."""

from workers.reports.handlers import reports, summaries

__all__ = ["reports", "summaries"]
