"""Delivering a batch: from the messages of a lane to the commit, the outcomes and the outbox."""
