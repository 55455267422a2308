"""Comments, calls and sequences in a report."""

from collections.abc import Iterable

from contracts.figures import exact_duration
from contracts.projects.queries import AttachedSequence, Call, Comment
from contracts.projects.recordings import media_at
from workers.reports.rendering.content.writer import Content, Fact, Writer
from workers.reports.rendering.render_input import CommentChange, Section


def comments(writer: Writer) -> Content:
    """Return the comments, each with its earlier wordings, and when others were deleted."""
    document, words = writer.document, writer.words
    section = writer.section(
        Section.COMMENTS, "entries", [_comment(writer, comment) for comment in document.project.comments or ()]
    )
    deleted = [change for change in document.comment_changes if change.text is None]
    remarks = list[Fact]()
    if deleted:
        times = [writer.done(change.at, change.by) for change in deleted]
        remarks.append((words.deleted_comments.format(len(deleted)), "\n".join(times)))
    if document.unlisted_wordings:
        remarks.append((words.unlisted_wordings, str(document.unlisted_wordings)))
    if not remarks:
        return section
    empty = {"heading": words.sections[Section.COMMENTS], "empty": section.get("nothing", "")}
    return {**(section if "heading" in section else empty), "remarks": remarks}


def _comment(writer: Writer, comment: Comment) -> Content:
    earlier = [
        (_until(writer, change), change.text)
        for change in writer.document.comment_changes
        if change.comment_id == comment.comment_id and change.text is not None
    ]
    return {
        "head": writer.done(comment.created_at, comment.created_by),
        "aside": writer.edited(comment.edited_at, comment.edited_by),
        "facts": [],
        "text": comment.text or writer.words.redacted,
        "earlier": earlier,
    }


def _until(writer: Writer, change: CommentChange) -> str:
    words, at, name = writer.words, writer.time(change.at), writer.name(change.by)
    return words.wording_until_by.format(at, name) if name else words.wording_until.format(at)


def calls(writer: Writer) -> Content:
    """Return the calls."""
    entries = [_call(writer, call) for call in writer.document.project.calls or ()]
    return writer.section(Section.CALLS, "entries", entries)


def _call(writer: Writer, call: Call) -> Content:
    words = writer.words
    facts = (
        (words.party, call.party or words.redacted),
        (words.telephone, call.number),
        (words.duration, "" if call.duration_seconds is None else exact_duration(call.duration_seconds)),
        (words.reference, call.reference),
        (words.recorded, writer.done(call.created_at, call.created_by)),
        (words.notes, call.notes),
    )
    return {
        "head": f"{words.directions[call.direction]} – {writer.time(call.at)}",
        "aside": writer.edited(call.edited_at, call.edited_by),
        "facts": [fact for fact in facts if fact[1]],
        "text": "",
        "earlier": [],
    }


def sequences(writer: Writer) -> Content:
    """Return the table of sequences: where, when, how long, and whether the recording still exists."""
    words = writer.words
    rows = [_sequence(writer, sequence) for sequence in writer.document.project.sequences or ()]
    section = writer.section(Section.SEQUENCES, "sequences", rows)
    if not rows:
        return section
    head = [words.camera, words.start, words.end, words.duration, words.recording]
    return {**section, "sequences": {"head": head, "rows": rows}}


def _sequence(writer: Writer, sequence: AttachedSequence) -> Content:
    words, name = writer.words, writer.name(sequence.added_by)
    added = [words.added.format(writer.time(sequence.added_at)), *([words.by.format(name)] if name else [])]
    return {
        "camera": [sequence.camera_name or writer.words.redacted, ", ".join(_place(sequence)), *added],
        "facts": [
            writer.time_below(sequence.start),
            writer.time_below(sequence.end),
            exact_duration(int((sequence.end - sequence.start).total_seconds())),
            _recording(writer, sequence),
        ],
    }


def _place(sequence: AttachedSequence) -> Iterable[str]:
    return filter(None, (sequence.camera_id, sequence.site))


def _recording(writer: Writer, sequence: AttachedSequence) -> str:
    """Return the state of a recording when the report was made, and until when it is kept."""
    expires_at = sequence.media_expires_at
    state = media_at(writer.document.generated_at, expires_at)
    if expires_at is None:
        return writer.words.media_kept
    return writer.words.media[state].format(f"\n{writer.time_below(expires_at)}")
