"""Which activity goes to which store: the table of the wire, written out once more by hand."""

import pytest

from contracts import catalogue
from contracts.message import Store

NOWHERE: frozenset[Store] = frozenset()
PROJECT = frozenset({Store.INCIDENT_MANAGER})
SITE = frozenset({Store.LOG_SERVER})
BOTH = PROJECT | SITE

TABLE = {
    # What administrators do goes to the log server alone.
    "administration.category-defined": SITE,
    "administration.category-value-added": SITE,
    "administration.category-value-deleted": SITE,
    "administration.category-value-edited": SITE,
    "administration.data-field-defined": SITE,
    "administration.letter-discarded": SITE,
    "administration.letter-opened": SITE,
    # Who replayed or discarded it is said by the other two.
    "administration.letter-removed": NOWHERE,
    "administration.letter-replayed": SITE,
    "administration.licence-activated": SITE,
    "administration.role-assigned": SITE,
    "administration.role-defined": SITE,
    "administration.role-deleted": SITE,
    "administration.role-unassigned": SITE,
    "administration.settings-changed": SITE,
    "administration.status-added": SITE,
    "administration.status-deleted": SITE,
    "administration.status-edited": SITE,
    "administration.status-marked": SITE,
    "administration.type-added": SITE,
    "administration.type-deleted": SITE,
    "administration.type-edited": SITE,
    # Creating and deleting projects, generating and printing reports: both.
    "projects.created": BOTH,
    "projects.deleted": BOTH,
    "projects.redacted": BOTH,
    "projects.erased": BOTH,
    "projects.restored": BOTH,
    "projects.restricted": BOTH,
    "projects.restriction-lifted": BOTH,
    "reports.generated": BOTH,
    "reports.printed": BOTH,
    # Everything else that operators do stays with the project.
    "projects.opened": PROJECT,
    "audit.page-viewed": PROJECT,
    "projects.exported": PROJECT,
    "projects.updated": PROJECT,
    "projects.comment-added": PROJECT,
    "projects.comment-deleted": PROJECT,
    "projects.comment-edited": PROJECT,
    "projects.call-added": PROJECT,
    "projects.call-deleted": PROJECT,
    "projects.call-edited": PROJECT,
    "projects.sequences-added": PROJECT,
    "projects.sequences-removed": PROJECT,
    "projects.sequences-drafted": PROJECT,
    "projects.sequences-undrafted": PROJECT,
    "projects.draft-cleared": PROJECT,
    # Ours, beyond the reference: both.
    "audit.refused": BOTH,
    "audit.surplus-counted": BOTH,
    "projects.imported": BOTH,
    "projects.downloaded": BOTH,
    "projects.export-cancelled": SITE,
    "reports.downloaded": BOTH,
    "reports.deleted": BOTH,
    # Each project of a batch has its own entry; what is done to the file as a whole is of the site.
    "reports.included": BOTH,
    "reports.batch-recorded": NOWHERE,
    "reports.batch-generated": SITE,
    "reports.batch-downloaded": SITE,
    "reports.batch-deleted": SITE,
    "reports.summary-generated": SITE,
    "reports.summary-downloaded": SITE,
    "reports.summary-deleted": SITE,
    "reports.register-generated": SITE,
    "reports.record-generated": SITE,
    "reports.template-set": SITE,
    "reports.template-removed": SITE,
    "reports.logo-set": SITE,
    "reports.logo-removed": SITE,
    "retention.expiries-announced": BOTH,
    # Feeds show each project of it; the entry is that of all of them.
    "retention.expiry-announced": NOWHERE,
    "retention.held": BOTH,
    "retention.hold-changed": BOTH,
    "retention.policy-set": SITE,
    "retention.policy-deleted": SITE,
    "retention.release-requested": BOTH,
    "retention.release-withdrawn": BOTH,
    "retention.released": BOTH,
    "retention.sweep-started": BOTH,
    "retention.swept": BOTH,
    # A step of a sweep is no activity: each project that it deletes has its own entry.
    "projects.expired": NOWHERE,
}


def test_every_event_is_in_the_table() -> None:
    """Anyone who adds an event decides where it is kept."""
    assert set(TABLE) == set(catalogue.events())


@pytest.mark.parametrize("subject", TABLE)
def test_event_names_its_stores(subject: str) -> None:
    """An event goes to the stores that the wire promises (LOG-T1 to LOG-T5, LOG-09)."""
    assert catalogue.events()[subject].stores == TABLE[subject]
