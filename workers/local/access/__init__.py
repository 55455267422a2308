"""Access to the message bus: the keys of a site and the register of credentials."""
