"""Lists and searches at ten thousand and at a million projects."""
