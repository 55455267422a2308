"""Images of others are the same bytes for ever: each is named by its version and by its digest."""

import re

from tests.checks.test_compose import BASE, TLS, TRACES, services
from tests.checks.tree import ROOT, require_none

WITHOUT_DIGEST = {"nats:2.15.1-alpine"}
"""What no public list of digests holds yet: its tag is the version that the tests have seen."""

_NAMED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+[\w.-]*")
_PINNED = re.compile(rf"{_NAMED.pattern}@sha256:[0-9a-f]{{64}}")


def foreign() -> set[str]:
    """Return the images of others that are started, or built upon."""
    started = {str(service["image"]) for service in services(BASE, TLS, TRACES).values()}
    built = set(re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE))
    return {image for image in started | built if not image.startswith("incident-manager:")}


def test_images_are_pinned_by_digest() -> None:
    """An image has a version for people and a digest for machines, but for those that are named here."""
    images = foreign()
    assert len(images) >= 8
    require_none(
        "Pin it by its digest.", sorted(image for image in images - WITHOUT_DIGEST if not _PINNED.fullmatch(image))
    )
    require_none("It is not used any more.", sorted(WITHOUT_DIGEST - images))
    require_none("Name its version.", sorted(unpinned for unpinned in WITHOUT_DIGEST if not _NAMED.fullmatch(unpinned)))


def test_a_version_has_one_digest() -> None:
    """The same version is the same bytes wherever it is named, and no digest was copied to another image."""
    pairs = {tuple(image.split("@")) for image in foreign() - WITHOUT_DIGEST}
    assert len({name for name, _ in pairs}) == len({digest for _, digest in pairs}) == len(pairs)


def test_the_page_says_how_digests_are_renewed() -> None:
    """The page names what has no digest, so that nobody takes it for pinned."""
    page = (ROOT / "docs/operations.md").read_text()
    assert "docker buildx imagetools inspect" in page
    require_none("Name it on the page.", [unpinned for unpinned in WITHOUT_DIGEST if f"`{unpinned}`" not in page])
