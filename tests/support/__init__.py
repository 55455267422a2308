"""Props that tests share: fresh sites on real servers, and waiting without sleeping."""

from tests.support.eventually import eventually
from tests.support.outcomes import outcome_of
from tests.support.site import Caller, Site

__all__ = ["Caller", "Site", "eventually", "outcome_of"]
