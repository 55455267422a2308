"""The pages of a record of processing."""
