"""Where a sequence may come from, and how long its recording lasts."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.administration import ChangeSettings
from contracts.administration_queries import GetSettings
from contracts.errors import Code
from contracts.ids import uuid7
from contracts.projects.commands import AddSequences, CreateProject
from contracts.projects.drafts import Camera, DraftSequences, GetDraft
from contracts.projects.recordings import Sequence, media_at
from tests.projects.helpers import NOON, Operator, sequence


def of_site(site: str | None) -> Sequence:
    """Return a recording of a site."""
    return sequence().model_copy(update={"site": site})


@pytest.fixture
async def parent(operator: Operator) -> Operator:
    """An operator of a site that has one child, `harbour`."""
    await operator.site.worker("administration")
    await operator.send(ChangeSettings(child_sites=["harbour"]))
    return operator


async def test_child_sites_are_a_setting(parent: Operator) -> None:
    """The children of a site are a setting, reported in the event by their names (FED-01)."""
    changed = await parent.send(ChangeSettings(child_sites=["harbour", "airport"]))
    change = changed.changed["child_sites"]
    assert change.old == "harbour"
    assert change.new == "harbour airport"
    assert (await parent.client.ask(GetSettings())).child_sites == ["harbour", "airport"]


@pytest.mark.parametrize("site_name", [None, "main", "harbour"])
async def test_own_and_child_sites_are_accepted(parent: Operator, site_name: str | None) -> None:
    """Sequences of the own site and of its children are added, drafted and created with (SEQ-10, FED-03)."""
    camera = Camera(camera_id="7", camera_name="Gate", site=site_name)
    await parent.send(AddSequences(project_id=parent.project_id, sequences=[of_site(site_name)]))
    await parent.send(CreateProject(project_id=uuid7(), sequences=[of_site(site_name)]))
    await parent.send(
        DraftSequences(sequences=[of_site(site_name)], cameras=[camera], start=NOON, end=NOON + timedelta(1))
    )
    assert {sequence.site for sequence in (await parent.client.ask(GetDraft())).sequences} == {site_name}


async def test_other_sites_are_refused_by_name(parent: Operator) -> None:
    """A sequence of a site that is no child is refused, naming the field, wherever it is given (SEQ-10, FED-03)."""
    sequences = [of_site("harbour"), of_site("elsewhere")]
    camera = Camera(camera_id="7", camera_name="Gate", site="elsewhere")
    for command, field in (
        (AddSequences(project_id=parent.project_id, sequences=sequences), "sequences.1.site"),
        (CreateProject(project_id=uuid7(), sequences=sequences), "sequences.1.site"),
        (DraftSequences(sequences=sequences), "sequences.1.site"),
        (DraftSequences(cameras=[camera], start=NOON, end=NOON), "cameras.0.site"),
    ):
        error = (await parent.refusal(command)).error
        assert error.code is Code.UNKNOWN_REFERENCE
        (refused_field,) = error.details["fields"]
        assert refused_field["field"] == field
        assert refused_field["kind"] == "no_child_site"
        assert refused_field["value"] == "elsewhere"
    assert await parent.site.count("projects.sequence") == 0


async def test_a_project_says_what_is_left_of_its_recordings(operator: Operator) -> None:
    """Every sequence of a project says whether its recording is available, expiring or lost (SEQ-06, SEQ-07)."""
    now = datetime.now(UTC)
    lasting = {"lost": now - timedelta(hours=1), "expiring": now + timedelta(hours=2), "available": None}
    sequences = [sequence(name).model_copy(update={"media_expires_at": expires}) for name, expires in lasting.items()]
    await operator.send(AddSequences(project_id=operator.project_id, sequences=sequences))
    attached = (await operator.project()).sequences or []
    assert {attached_sequence.camera_name: attached_sequence.media for attached_sequence in attached} == {
        name: name for name in lasting
    }


@pytest.mark.parametrize(
    "expires_in,media",
    [
        (None, "available"),
        (timedelta(hours=24, seconds=1), "available"),
        (timedelta(hours=24), "expiring"),
        (timedelta(seconds=1), "expiring"),
        (timedelta(0), "lost"),
    ],
)
def test_media_expire_by_their_own_time(expires_in: timedelta | None, media: str) -> None:
    """A recording expires within 24 hours, is lost from its time on, and is available without one (SEQ-07)."""
    assert media_at(NOON, NOON + expires_in if expires_in is not None else None) == media


async def test_a_sequence_is_a_reference(operator: Operator) -> None:
    """A sequence names site, camera and time; nothing of the recording can be stored (SEQ-01, SEQ-06, SEQ-08)."""
    stored = await operator.site.sql(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'projects' AND table_name IN ('sequence', 'draft')"
    )
    kinds = {kind for name, kind in stored if name not in {"revision", "place", "number"}}
    assert kinds == {"uuid", "text", "timestamp with time zone"}
    assert {name for name, _ in stored} >= {"camera_id", "camera_name", "site", "start", "end", "media_expires_at"}
