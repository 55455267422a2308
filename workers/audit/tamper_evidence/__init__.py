"""The logs as trees of hashes: letting them grow, signing their states, and verifying them (RFC 6962)."""
