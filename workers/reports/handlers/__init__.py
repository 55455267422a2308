"""The command handlers of reports, one function per command."""

from workers.reports.handlers import design, reports, summaries

__all__ = ["design", "reports", "summaries"]
