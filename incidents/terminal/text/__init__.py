"""Texts in the language of the reader: words, times, translations."""
