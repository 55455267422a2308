"""The erasure journal for people: showing it, verifying it, and beginning another one."""
