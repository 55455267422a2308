"""The message bus: connections, streams, lanes, and the place of a lane."""
