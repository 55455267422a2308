"""Administration: the definitions that operators choose from, the site's settings, and permissions."""
