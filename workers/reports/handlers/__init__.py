"""The command handlers of reports, one function per command."""

from workers.reports.handlers import design, registers, reports, summaries

__all__ = ["design", "registers", "reports", "summaries"]
