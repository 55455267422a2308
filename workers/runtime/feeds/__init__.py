"""Live feeds: queries whose answer does not end."""
