"""Binding the reports of many projects to one file. A child process imports `pdf_binding` alone."""
