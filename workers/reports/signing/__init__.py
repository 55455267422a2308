"""Signing finished PDF files."""
