"""Live feeds: queries with a continuous answer."""
