"""Glyphs that draw one text together, a letter and its marks, and the part of the text that each of them carries."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from workers.reports.rendering.text_layer.right_to_left import is_leftward
from workers.reports.rendering.text_layer.silent_glyphs import SilentGlyphs
from workers.reports.rendering.text_layer.text_show_operators import Cluster, Show, Span


def find_clusters(shows: Iterable[Show], texts: Mapping[bytes, Mapping[int, str]], silent: SilentGlyphs) -> None:
    """Find the glyphs that draw one text together; a letter is never drawn twice."""
    cluster: list[tuple[Show, int]] = []
    shared, first = "", -1
    for show in shows:
        for place, glyph in show.glyphs():
            text = texts[show.font][glyph] if show.actual is None else show.actual
            if text != shared or glyph == first or not (_may_be_shared(text) or _is_part(cluster[-1][0], show)):
                _share(cluster, shared, silent)
                cluster, shared, first = [], text, glyph
            cluster.append((show, place))
    _share(cluster, shared, silent)


def _is_part(show: Show, following: Show) -> bool:
    """Tell whether the next glyph is a part of the same letter: a letter alone has a width or no ActualText."""
    if show is following:
        return show.actual is not None
    return show.place is not None and show.place == following.place


def _share(cluster: Sequence[tuple[Show, int]], text: str, silent: SilentGlyphs) -> None:
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


def _gather(cluster: Sequence[tuple[Show, int]], text: str, silent: SilentGlyphs) -> None:
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
