"""Who may connect: the keys of a site and the register of credentials."""
