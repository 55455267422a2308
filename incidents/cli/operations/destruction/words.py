"""What a certificate of destruction says, in words of the session's language."""

from pathlib import Path
from typing import Final

from contracts.destruction import CertificateSupplement
from contracts.evidence.destruction import Certificate, Kind, PolicyRule
from contracts.evidence.supplements import Supplement
from contracts.retention_policies import CountedFrom
from incidents.terminal.session import Session

KINDS: Final[dict[Kind, str]] = {
    Kind.SWEEP: "sweep",
    Kind.MANUAL: "deletion by hand",
    Kind.REDACTION: "redaction",
    Kind.REPETITION: "repetition after a restore",
}
_KEPT: Final[dict[CountedFrom, str]] = {
    "creation": "“{property}” is kept for {time} from the creation",
    "closing": "“{property}” is kept for {time} from the closing",
    "year-end": "“{property}” is kept for {time} from the end of the year of the creation",
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
    return "; ".join([site, *(_policy_in_words(session, policy) for policy in rule.policies)])


def _policy_in_words(session: Session, policy: PolicyRule) -> str:
    if policy.exempt:
        return session.say("“{property}” is kept without end", property=policy.property)
    years = [session.count(policy.years, "{count} year", "{count} years")] if policy.years else []
    days = [session.count(policy.days, "{count} day", "{count} days")] if policy.days else []
    return session.say(_KEPT[policy.counted_from], property=policy.property, time=" + ".join([*years, *days]))


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
        ("Fields", ", ".join(certificate.fields)),
        ("Overwritten", (supplement or certificate).overwritten_at or session.say("not yet")),
        ("Log entries", certificate.log.size),
        ("Root hash", certificate.log.root),
        ("Issued", certificate.issued_at),
        ("Supplement", supplement.issued_at if supplement else ""),
    ]
    return [(name, value) for name, value in rows if value != ""]
