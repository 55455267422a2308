"""The incident report: its content, words and pages. A child process imports `pdf_typesetting` alone."""
