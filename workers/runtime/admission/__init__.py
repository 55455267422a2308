"""What decides whether a message is handled: its address, body, rate, sender, and what was decided before."""
