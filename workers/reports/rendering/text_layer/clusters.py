"""Glyphs that draw one text together, a letter and its marks, and the part of the text that each of them carries."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from workers.reports.rendering.text_layer.letters_below import (
    Glyph,
    begins_again,
    begins_before,
    continues_letter,
    is_letter,
)
from workers.reports.rendering.text_layer.right_to_left import is_leftward
from workers.reports.rendering.text_layer.silent_glyphs import SilentGlyphs
from workers.reports.rendering.text_layer.text_show_operators import Cluster, Show, Span


def find_clusters(shows: Iterable[Show], texts: Mapping[bytes, Mapping[int, str]], silent: SilentGlyphs) -> None:
    """Find the glyphs that draw one text together; a letter is never drawn twice."""
    cluster: list[Glyph] = []
    shared, last, first = "", "", -1
    for show in shows:
        for place, glyph in show.glyphs():
            text = texts[show.font][glyph] if show.actual is None else show.actual
            following = (show, place)
            is_part = text == last and glyph != first and _is_part(cluster, following, text, silent)
            if not (is_part or is_leftward(text[:1])) and cluster and begins_before(following, cluster[0], silent.face):
                shared, last, first = shared + text, text, glyph
            elif not is_part:
                _share(cluster, shared, silent)
                cluster, shared, last, first = [], text, text, glyph
            cluster.append(following)
    _share(cluster, shared, silent)


def _is_part(cluster: Sequence[Glyph], following: Glyph, text: str, silent: SilentGlyphs) -> bool:
    """Tell whether the next glyph is a part of the same letter: a letter alone has a width or no ActualText."""
    (show, _), (next_show, _) = cluster[-1], following
    if _may_be_shared(text):
        return is_leftward(text[:1]) or not begins_again(cluster, next_show)
    if show is next_show:
        return show.actual is not None
    if is_letter(text):
        return continues_letter(cluster[-1], following, silent.face)
    return show.place is not None and show.place == next_show.place


def _share(cluster: Sequence[Glyph], text: str, silent: SilentGlyphs) -> None:
    """Divide a text among its glyphs: the marks to the last ones, the rest to the letter."""
    count = len(cluster)
    if count == 1:
        show, place = cluster[0]
        show.texts[place] = text
        if leftward := is_leftward(text[:1]):
            show.clusters.append(Cluster([(show, place)], text))
        show.leftward &= leftward
        return
    letters = text if len(text) >= count else unicodedata.normalize("NFD", text)
    head = max(len(letters) - count + 1, 1)
    # A letter may be drawn by more glyphs than it has parts; the last ones carry nothing.
    shares = [letters[:head], *letters[head:], *([""] * (count - len(letters)))] if count else []
    if leftward := is_leftward(letters[:1]) and bool(count):
        shares.reverse()
        cluster[-1][0].clusters.append(Cluster(list(cluster), letters))
    for (show, place), share in zip(cluster, shares, strict=True):
        show.texts[place] = share
        show.leftward &= leftward
    if count > 1 and not leftward:
        _gather(cluster, text, silent)


def _gather(cluster: Sequence[Glyph], text: str, silent: SilentGlyphs) -> None:
    """Put a letter and its marks into one span, so that readers that know ActualText keep them together."""
    head = cluster[0][0]
    places = [place for show, place in cluster if show is head]
    others = list(dict.fromkeys(show for show, _ in cluster if show is not head))
    whole = sum(len(list(show.glyphs())) for show in others) == len(cluster) - len(places)
    if not (whole and all(show.at and show.frame and head.frame for show in others)):
        return
    for show in others:
        show.moved = True
    if len(places) == 1 and _ends_word(head, places[0]):
        head.texts[places[0]] = text
        for show, place in cluster[1:]:
            silent.add(show, place)
        return
    head.spans.append(Span(places[0], places[-1], text, others))
    lead = silent.face(head).lead
    for show in others:
        show.lead = lead


def _ends_word(show: Show, place: int) -> bool:
    """Tell whether a glyph is the last one, after a letter from left to right.

    It stays in one operation with the others then: the reader's picture of a letter depends on the next one. Readers
    would turn several texts around that begin an operation after a word from right to left.
    """
    letters = (show.texts[before] for before, _ in show.glyphs() if before < place)
    return place == len(show.items) - 1 and any(
        unicodedata.bidirectional(text[:1] or " ") == "L" and len(text) == 1 for text in letters
    )


@lru_cache(maxsize=10_000)
def _may_be_shared(text: str) -> bool:
    """Tell whether several glyphs may share a text: a letter with marks."""
    return len(unicodedata.normalize("NFD", text)) > 1
