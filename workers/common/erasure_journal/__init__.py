"""The erasure journal: what was erased and when, in a file that a restore of the databases does not take back."""
