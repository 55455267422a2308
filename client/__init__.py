"""Incident Manager for callers: `async with connect(…) as client`, then send, ask, download and watch."""

from client.client import Client, connect
from client.deliveries import Submitted
from client.errors import PendingError, Refused, UnreachableError
from client.feed import CloudEvent
from contracts.ids import uuid7

__all__ = ["Client", "CloudEvent", "PendingError", "Refused", "Submitted", "UnreachableError", "connect", "uuid7"]
