"""Commands of administrators: definitions, roles, settings, the licence and the site."""
