"""The incident report: what it says, in which words, on which pages. A child process imports `printing` alone."""
