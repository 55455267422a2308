"""The command handlers of reports, one function per command."""

from workers.reports.handlers import design, records, registers, reports, summaries

__all__ = ["design", "records", "registers", "reports", "summaries"]
