"""Admission: decides by address, body, rate, sender and past decisions whether a message is handled."""
