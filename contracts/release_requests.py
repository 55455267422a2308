"""Commands and events of releases that need two persons: one requests the release, another one releases."""

from contracts.retention import HoldCommand, HoldEvent
from contracts.values import Reason


class ReleaseRequested(HoldEvent):
    """Somebody requested the release of a hold, which stays in force until another principal releases it."""

    subject = "retention.release-requested"


class RequestRelease(HoldCommand[ReleaseRequested]):
    """Request the release of a hold, with the same permissions as a release; one request at a time.

    With the setting `two_person_release`, `retention.release` needs the request of another principal.
    """

    subject = "retention.request-release"

    reason: Reason


class ReleaseWithdrawn(HoldEvent):
    """The request to release a hold was withdrawn."""

    subject = "retention.release-withdrawn"


class WithdrawRelease(HoldCommand[ReleaseWithdrawn]):
    """Withdraw the request to release a hold, one's own or another person's: the hold stays."""

    subject = "retention.withdraw-release"
