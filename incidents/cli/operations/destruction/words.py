"""What a certificate of destruction says, in words of the session's language."""

from pathlib import Path
from typing import Final

from contracts.destruction import CertificateSupplement
from contracts.evidence.destruction import Certificate, Kind
from contracts.evidence.supplements import Supplement
from incidents.terminal.session import Session
from incidents.terminal.text.policies import kept_by_policy
from incidents.terminal.text.words import names_of

KINDS: Final[dict[Kind, str]] = {
    Kind.SWEEP: "sweep",
    Kind.MANUAL: "deletion by hand",
    Kind.REDACTION: "redaction",
    Kind.REPETITION: "repetition after a restore",
}
_SUPPLEMENT: Final = "-supplement"


def supplement_beside(path: Path) -> Path:
    """Return where the supplement of a certificate is saved: beside it."""
    return path.with_stem(f"{path.stem}{_SUPPLEMENT}")


def certificate_beside(path: Path) -> Path:
    """Return the path of a certificate, also if its supplement is named."""
    return path.with_stem(path.stem.removesuffix(_SUPPLEMENT))


def rule_in_words(session: Session, certificate: Certificate) -> str:
    """Return by which rule data were destroyed."""
    rule = certificate.rule
    if rule.retention_days is None:
        return session.say(KINDS[certificate.kind])
    site = session.count(rule.retention_days, "{count} day after the creation", "{count} days after the creation")
    return "; ".join([site, *(kept_by_policy(session.language, each.property, each) for each in rule.policies)])


def facts_of(
    session: Session, certificate: Certificate, supplement: Supplement | CertificateSupplement | None
) -> list[tuple[str, object]]:
    """Return what a certificate and its supplement say, each fact under its name."""
    rows: list[tuple[str, object]] = [
        ("Site", certificate.site),
        ("Certificate", certificate.number),
        ("Erased by", session.say(KINDS[certificate.kind])),
        ("Rule", rule_in_words(session, certificate)),
        ("Erased", certificate.erased_until),
        ("Projects", ", ".join(certificate.projects)),
        ("Count", certificate.count),
        ("Fields", names_of(session.language, "field", certificate.fields)),
        ("Overwritten", (supplement or certificate).overwritten_at or session.say("not yet")),
        ("Log entries", certificate.log.size),
        ("Root hash", certificate.log.root),
        ("Issued", certificate.issued_at),
        ("Supplement", supplement.issued_at if supplement else ""),
    ]
    return [(name, value) for name, value in rows if value != ""]
