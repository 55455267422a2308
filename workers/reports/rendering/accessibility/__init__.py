"""What a report says to readers who do not see it, where the typesetter does not say it."""
