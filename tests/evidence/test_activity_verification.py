"""The activity of a package is verified entry by entry: each by its proof, all of them by the site's key."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import x25519

from contracts.evidence import bag
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.packaged_activity import ENTRIES, LOG_KEY, PROOFS
from incidents.evidence.encrypted_bags import decrypt
from incidents.evidence.findings import Activity, Finding, Verification
from incidents.evidence.verification import verify
from tests.evidence.logged_activity import LOG_SIZE, ORIGIN, activity, log_files, log_note, proof_of, row
from tests.evidence.sample import PACKAGE, PASSWORD, copy, encrypted_to, export, files, package, packed
from workers.common.signing_key import SigningKey

KEY, FORGER = SigningKey.generate("incident-manager-main"), SigningKey.generate("somebody")
FILE = "data/activity.json"
INDEXES = [299, 256, 255, 128, 7, 6]
Change = Callable[[list[dict[str, Any]]], object]


def bagged(*, shows_names: bool = True, **changed: Any) -> dict[str, bytes]:
    """Return the files of a package with some entries."""
    exported = export(activity=activity(INDEXES, shows_names=shows_names), **changed)
    return {str(name): data for name, data in files(exported, KEY, encrypted=False).items()}


def forged(contents: dict[str, bytes], sealer: SigningKey = FORGER) -> bytes:
    """Return a package whose manifests were made anew by somebody without the site's key."""
    contents["manifest-sha256.txt"] = bag.manifest(bag.digests(contents), tags=False).encode()
    contents["tagmanifest-sha256.txt"] = bag.manifest(bag.digests(contents), tags=True).encode()
    return packed(contents, sealer)


def changed_entries(contents: dict[str, bytes], change: Change) -> dict[str, bytes]:
    """Return the files with changed entries."""
    document = json.loads(contents[FILE])
    change(document["items"])
    return {**contents, FILE: json.dumps(document, indent=2).encode()}


def of_activity(result: Verification) -> list[tuple[str, str, int | None, int | None]]:
    """Return what was found about the activity."""
    return [
        (finding.kind, finding.name, finding.entry, finding.log_index)
        for finding in result.findings
        if finding.kind.startswith(("entr", "activity", "checkpoint"))
    ]


@pytest.mark.parametrize("shows_names, partial", [(True, 0), (False, 6)])
def test_every_entry_of_a_package_is_proven(shows_names: bool, partial: int) -> None:
    """Entries are proven against the signed state of the log, those without the name of their actor, too."""
    result = verify(packed(bagged(shows_names=shows_names), KEY), KEY.fingerprint)
    assert result.verified
    assert result.findings == []
    assert result.activity == Activity(6, 6, partial, ORIGIN, LOG_SIZE)


def test_entries_younger_than_the_checkpoint_are_counted() -> None:
    """An entry that was recorded after the last signed state has no proof, and that is no change."""
    contents = files(export(activity=activity(INDEXES)), KEY, encrypted=False, log_size=200)
    result = verify(packed(contents, KEY), KEY.fingerprint)
    assert result.findings == []
    assert result.activity == Activity(6, 3, 0, ORIGIN, 200)


def test_a_package_of_an_older_form_has_no_proofs() -> None:
    """What was made before entries had places in a log is verified as it was."""
    entry: dict[str, Any] = {
        "at": "2026-03-01T12:00:00Z",
        "actor": "",
        "activity": "projects.opened",
        "revision": None,
        "details": {},
    }
    described, of_project = copy(export(activity=[]))
    of_project["activity.json"] = json.dumps({"items": [entry], "withheld": []}).encode()
    contents = files(export(activity=[]), KEY, encrypted=False, copies=[(described, {**of_project})])
    assert PROOFS not in contents
    result = verify(packed(contents, KEY))
    assert result.findings == []
    assert result.activity is None


CHANGES: dict[str, tuple[Change, str, int]] = {
    "actor": (lambda items: items[2].update(actor="olivia"), "entry-changed", 3),
    "time": (lambda items: items[2].update(at="2026-03-01T12:04:15.000001Z"), "entry-changed", 3),
    "zone": (lambda items: items[2].update(at=items[2]["at"].replace("Z", "+00:00")), "entry-changed", 3),
    "detail": (lambda items: items[3]["details"].update(number=1), "entry-changed", 4),
    "more": (lambda items: items[0].update(remark="guilty"), "entry-changed", 1),
    "swapped": (lambda items: items[1].update(activity="projects.deleted"), "entry-changed", 2),
    "moved": (lambda items: items[4].update(log_index=8), "entry-added", 5),
    "added": (lambda items: items.insert(1, {**items[0], "log_index": 260}), "entry-added", 2),
    "doubled": (lambda items: items.insert(1, dict(items[0])), "entry-added", 2),
    "placeless": (lambda items: items.insert(0, {"at": "2026-03-01T12:00:00Z"}), "entry-added", 1),
}


@pytest.mark.parametrize("change, kind, entry", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.parametrize("shows_names", [True, False], ids=["whole", "partial"])
def test_a_changed_or_added_entry_is_named(shows_names: bool, change: Change, kind: str, entry: int) -> None:
    """Whoever changes an entry and writes all manifests anew is refused, and the entry is named by file and number."""
    result = verify(forged(changed_entries(bagged(shows_names=shows_names), change)), KEY.fingerprint)
    assert not result.verified
    assert of_activity(result)[0][:3] == (kind, FILE, entry)


def test_a_missing_entry_is_named() -> None:
    """An entry that was removed leaves its proof, which names its place in the log."""
    result = verify(forged(changed_entries(bagged(), lambda items: items.pop(2))))
    assert of_activity(result) == [("entry-missing", PROOFS, None, 255)]


@pytest.mark.parametrize("shows_names", [True, False], ids=["whole", "partial"])
def test_a_missing_entry_without_its_proof_is_noticed(shows_names: bool) -> None:
    """Whoever removes the proof, too, does not have the signature of the entries that are left."""
    contents = changed_entries(bagged(shows_names=shows_names), lambda items: items.pop(2))
    items = json.loads(contents[FILE])["items"]
    contents[PROOFS] = log_files(items, KEY, PACKAGE)[PROOFS]
    assert of_activity(verify(forged(contents))) == [("entries-changed", ENTRIES, None, None)]
    contents |= log_files(items, FORGER, PACKAGE)
    assert ("checkpoint-not-signed", ENTRIES, None, None) in of_activity(verify(forged(contents)))


def replaced(contents: dict[str, bytes], index: int, **changed: Any) -> dict[str, bytes]:
    """Return the files with another proof of an entry."""
    blocks = contents[PROOFS].decode().split("c2sp.org/tlog-proof@v1\n")
    place = next(place for place, block in enumerate(blocks) if f"index {index}\n" in block)
    proof = proof_of(index, log_note(KEY), None)._replace(**changed)
    extra = blocks[place].partition("\n")[0]
    blocks[place] = f"{extra}\n{proof.text.partition(chr(10))[2]}"
    return {**contents, PROOFS: "c2sp.org/tlog-proof@v1\n".join(blocks).encode()}


@pytest.mark.parametrize("name", ["actor", "time", "zone", "detail", "swapped"])
def test_a_change_that_the_package_agrees_with_is_not_in_the_log(name: str) -> None:
    """Whoever changes an entry and everything that the package says of it still lacks its proof: so does the site."""
    before, contents = bagged(), changed_entries(bagged(), CHANGES[name][0])
    entries = json.loads(contents[FILE])["items"]
    [number] = [place for place, entry in enumerate(entries) if entry != json.loads(before[FILE])["items"][place]]
    contents |= log_files(entries, KEY, PACKAGE)
    result = verify(forged(contents), KEY.fingerprint)
    named = [("entry-not-logged", FILE, number + 1, entries[number]["log_index"])]
    assert of_activity(result) == ([] if name == "zone" else named)  # the same moment, written otherwise


def test_a_leaf_is_the_canonical_json_of_eight_fields() -> None:
    """The form of a leaf is written out here, because no entry that was recorded can get another one."""
    details = '{"number":7,"text":"\u00e9t\u00e9 \u2028 </script>"}'
    assert leaf_of(row(7)).decode() == (
        '{"activity":"projects.opened","actor":"oscar","at":"2026-03-01T12:00:07.000001Z","command_id":null,'
        f'"details":{details},"event_id":"0190a000-0000-7000-8000-0000000003f0",'
        '"project_id":"0190a000-0000-7000-8000-000000000001","revision":null}'
    )


def test_a_proof_of_another_place_is_refused() -> None:
    """A proof with the hashes of another leaf names its entry."""
    contents = bagged()
    other = replaced(contents, 128, hashes=proof_of(129, "", None).hashes)
    assert of_activity(verify(forged(other))) == [("entry-not-logged", FILE, 4, 128)]
    short = replaced(contents, 128, hashes=proof_of(128, "", None).hashes[:-1])
    assert of_activity(verify(forged(short))) == [("entry-not-logged", FILE, 4, 128)]


@pytest.mark.parametrize(
    "note",
    [
        log_note(FORGER),
        log_note(KEY, origin="incidents/main/log_server"),
        log_note(KEY, origin="incidents/other/incident_manager"),
        log_note(KEY).replace(f"\n{LOG_SIZE}\n", "\n301\n", 1),
        "",
    ],
    ids=["other key", "other store", "other site", "other size", "none"],
)
def test_a_checkpoint_of_another_key_or_log_proves_nothing(note: str) -> None:
    """Only the signed state of this log counts; every proof has the same one."""
    contents = replaced(bagged(), 128, note=note)
    findings = of_activity(verify(forged(contents)))
    assert findings[0][:2] in {("checkpoint-not-signed", PROOFS), ("activity-unreadable", PROOFS)}


@pytest.mark.parametrize("name", [ENTRIES, LOG_KEY])
def test_the_small_files_are_of_this_package(name: str) -> None:
    """The signed entries of another package, and another key of the log, are named."""
    finding = ("checkpoint-not-signed", name, None, None)
    other = log_files(activity(INDEXES), KEY if name == ENTRIES else FORGER, "another")
    assert of_activity(verify(forged({**bagged(), name: other[name]}))) == [finding]
    without = {each: data for each, data in bagged().items() if each != name}
    assert finding in of_activity(verify(forged(without)))


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"items": 7}', b'{"items": [7]}', b'{"items": [{"log_index": 7, "log_index": 8}]}'],
)
def test_what_is_no_activity_is_named(content: bytes) -> None:
    """A file of another form, or one that readers understand differently, is named and stops nothing."""
    result = verify(forged({**bagged(), FILE: content}))
    assert ("activity-unreadable", FILE, None, None) in of_activity(result)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_byte_of_the_activity_can_be_changed(data: st.DataObject) -> None:
    """Whatever is changed in the entries, their proofs or their signature, without the site's key it is refused."""
    contents = bagged(shows_names=data.draw(st.booleans()))
    name = data.draw(st.sampled_from([FILE, PROOFS, ENTRIES, LOG_KEY]))
    place = data.draw(st.integers(0, len(contents[name]) - 1))
    kind = data.draw(st.sampled_from(["change", "cut", "add"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    rest = contents[name][place + 1 :] if kind == "change" else contents[name][place:] if kind == "add" else b""
    tampered = contents[name][:place] + (b"" if kind == "cut" else byte) + rest
    result = verify(forged({**contents, name: tampered}), KEY.fingerprint)
    assert not result.verified
    if is_other(contents[name], tampered, name):
        assert of_activity(result)


def is_other(before: bytes, after: bytes, name: str) -> bool:
    """Tell whether a file says something else than before."""
    if name == LOG_KEY:
        return before.strip() != after.decode(errors="replace").strip().encode()
    if name != FILE:
        return before != after
    try:
        return bool(json.loads(before)["items"] != json.loads(after)["items"])
    except (ValueError, KeyError, TypeError):
        return True


def test_a_finding_has_the_place_of_its_entry() -> None:
    """Programs read the number of an entry and its place in the log."""
    result = verify(forged(changed_entries(bagged(), lambda items: items[2].update(actor="olivia"))))
    assert Finding("entry-changed", FILE, entry=3, log_index=255) in result.findings
    assert result.document()["activity"]["proven"] == 5


FIELDS = {
    "at": st.datetimes().map(lambda at: f"{at.isoformat(timespec='microseconds')}Z"),
    "actor": st.text(max_size=5),
    "activity": st.sampled_from(["projects.opened", "projects.deleted"]),
    "revision": st.none() | st.integers(0, 9),
    "details": st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
    "log_index": st.integers(-1, LOG_SIZE - 1),
}


@settings(deadline=None, max_examples=100)
@given(st.booleans(), st.integers(0, len(INDEXES) - 1), st.sampled_from(sorted(FIELDS)), st.data())
def test_the_first_bad_entry_is_named(shows_names: bool, number: int, field: str, data: st.DataObject) -> None:
    """Whichever field of whichever entry is changed, that entry is the first that is named."""
    value = data.draw(FIELDS[field])
    before = bagged(shows_names=shows_names)
    contents = changed_entries(before, lambda entries: entries[number].update({field: value}))
    if json.loads(contents[FILE]) == json.loads(before[FILE]):
        return
    kind, name, entry, _ = of_activity(verify(forged(contents), KEY.fingerprint))[0]
    doubled = [place for place, index in enumerate(INDEXES, 1) if field == "log_index" and index == value]
    assert kind == ("entry-added" if field == "log_index" and not doubled else kind)
    assert name == FILE
    assert entry in {number + 1, *doubled}


def test_an_entry_moved_behind_the_signed_log_is_missed() -> None:
    """A place that no checkpoint covers may be that of a later entry, so the proof without an entry is named."""
    contents = changed_entries(bagged(shows_names=True), lambda entries: entries[0].update({"log_index": LOG_SIZE}))
    kind, name, _, _ = of_activity(verify(forged(contents), KEY.fingerprint))[0]
    assert kind == "entry-missing"
    assert name == PROOFS


def test_the_activity_of_an_encrypted_package_is_verified_when_it_is_opened() -> None:
    """Without the password nothing is said of the activity; with it, or with an identity, every entry is proven."""
    police = x25519.Identity.generate()
    closed = package(KEY, PASSWORD)
    assert verify(closed).verified
    assert verify(closed).activity is None
    opened = verify(closed, password=PASSWORD)
    opener = partial(decrypt, identities=[police])
    decrypted = verify(encrypted_to([str(police.to_public())], KEY), opener=opener)
    for result in (opened, decrypted):
        assert result.findings == []
        assert result.activity == Activity(3, 3, 0, ORIGIN, LOG_SIZE)
