"""Comments, calls and sequences in a report."""

from collections.abc import Iterable

from contracts.projects.queries import AttachedSequence, Call, Comment
from contracts.projects.recordings import media_at
from workers.reports.rendering.content.printed_values import print_length
from workers.reports.rendering.content.writing import Content, Fact, Writing
from workers.reports.rendering.render_input import CommentChange, Section


def comments(writing: Writing) -> Content:
    """Return the comments, each with its earlier wordings, and when others were deleted."""
    document, words = writing.document, writing.words
    section = writing.section(
        Section.COMMENTS, "entries", [_comment(writing, comment) for comment in document.project.comments or ()]
    )
    deleted = [change for change in document.comment_changes if change.text is None]
    remarks = list[Fact]()
    if deleted:
        times = [writing.done(change.at, change.by) for change in deleted]
        remarks.append((words.deleted_comments.format(len(deleted)), "\n".join(times)))
    if document.unlisted_wordings:
        remarks.append((words.unlisted_wordings, str(document.unlisted_wordings)))
    if not remarks:
        return section
    empty = {"heading": words.sections[Section.COMMENTS], "empty": section.get("nothing", "")}
    return {**(section if "heading" in section else empty), "remarks": remarks}


def _comment(writing: Writing, comment: Comment) -> Content:
    earlier = [
        (_until(writing, change), change.text)
        for change in writing.document.comment_changes
        if change.comment_id == comment.comment_id and change.text is not None
    ]
    return {
        "head": writing.done(comment.created_at, comment.created_by),
        "aside": writing.edited(comment.edited_at, comment.edited_by),
        "facts": [],
        "text": comment.text,
        "earlier": earlier,
    }


def _until(writing: Writing, change: CommentChange) -> str:
    words, at, name = writing.words, writing.time(change.at), writing.name(change.by)
    return words.wording_until_by.format(at, name) if name else words.wording_until.format(at)


def calls(writing: Writing) -> Content:
    """Return the calls."""
    entries = [_call(writing, call) for call in writing.document.project.calls or ()]
    return writing.section(Section.CALLS, "entries", entries)


def _call(writing: Writing, call: Call) -> Content:
    words = writing.words
    facts = (
        (words.party, call.party),
        (words.telephone, call.number),
        (words.duration, "" if call.duration_seconds is None else print_length(call.duration_seconds)),
        (words.reference, call.reference),
        (words.recorded, writing.done(call.created_at, call.created_by)),
        (words.notes, call.notes),
    )
    return {
        "head": f"{words.directions[call.direction]} – {writing.time(call.at)}",
        "aside": writing.edited(call.edited_at, call.edited_by),
        "facts": [fact for fact in facts if fact[1]],
        "text": "",
        "earlier": [],
    }


def sequences(writing: Writing) -> Content:
    """Return the table of sequences: where, when, how long, and whether the recording still exists."""
    words = writing.words
    rows = [_sequence(writing, sequence) for sequence in writing.document.project.sequences or ()]
    section = writing.section(Section.SEQUENCES, "sequences", rows)
    if not rows:
        return section
    head = [words.camera, words.start, words.end, words.duration, words.recording]
    return {**section, "sequences": {"head": head, "rows": rows}}


def _sequence(writing: Writing, sequence: AttachedSequence) -> Content:
    words, name = writing.words, writing.name(sequence.added_by)
    added = [words.added.format(writing.time(sequence.added_at)), *([words.by.format(name)] if name else [])]
    return {
        "camera": [sequence.camera_name, ", ".join(_place(sequence)), *added],
        "facts": [
            writing.time_below(sequence.start),
            writing.time_below(sequence.end),
            print_length(int((sequence.end - sequence.start).total_seconds())),
            _recording(writing, sequence),
        ],
    }


def _place(sequence: AttachedSequence) -> Iterable[str]:
    return filter(None, (sequence.camera_id, sequence.site))


def _recording(writing: Writing, sequence: AttachedSequence) -> str:
    """Return the state of a recording when the report was made, and until when it is kept."""
    expires_at = sequence.media_expires_at
    state = media_at(writing.document.generated_at, expires_at)
    if expires_at is None:
        return writing.words.media_kept
    return writing.words.media[state].format(f"\n{writing.time_below(expires_at)}")
