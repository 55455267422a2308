"""The room every worker shares: delivery, outbox, inbox, identity, lanes, health. It knows no slice."""
