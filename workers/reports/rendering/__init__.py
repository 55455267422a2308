"""The incident report: what it says, in which words, on which pages."""

from workers.reports.rendering.document import DataValue, ReportDocument, Section
from workers.reports.rendering.renderer import Rendered, Renderer

__all__ = ["DataValue", "Rendered", "Renderer", "ReportDocument", "Section"]
