"""What a search compares."""

from hypothesis import example, given
from hypothesis import strategies as st

from workers.common.text_search.text_folding import is_unspaced, line_of, line_part, read, sort_key
from workers.projects.queries.search_terms import ways_of
from workers.projects.search.ngrams import all_grams, grams_of, guesses_of, numbers_of, pairs_of

LETTERS = st.text(st.characters(categories=["Ll", "Lu", "Lo", "Nd", "Mn", "Mc"]), min_size=1, max_size=12)
PLATES = st.text("0123abé", min_size=1, max_size=12)
CODES = st.text(st.sampled_from("0127abZ -./+() ١仓"), max_size=20)


def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return read(text)[0]


def finds(term: str, word: str) -> bool:
    """Say whether the numbers of a term lead to a word."""
    numbers = grams_of(word)
    return numbers.issuperset(numbers_of(term)) and (not guesses_of(term) or not numbers.isdisjoint(guesses_of(term)))


def is_found(text: str, search: str) -> bool:
    """Say whether a text is found, by its line as well as by its numbers."""
    words, codes = read(text)
    line, numbers = line_of([(words, codes)]), all_grams([*words, *codes]) | pairs_of(words)
    return all(
        any(
            all(
                number.line_part in line
                and number.every <= numbers
                and (not number.alternatives or number.alternatives & numbers)
                for number in way
            )
            for way in ways
        )
        for ways in ways_of(search)
    )


@given(word=LETTERS | PLATES, start=st.integers(0, 9), length=st.integers(1, 9))
def test_a_word_has_the_numbers_of_all_its_parts(word: str, start: int, length: int) -> None:
    """Whatever part is sought that is long enough, its numbers lead to the word, and are in PostgreSQL's range."""
    for indexed in words_of(word):
        part = indexed[start : start + length]
        if len(part) > 2 or (part and is_unspaced(part)):
            assert finds(part, indexed)
            assert line_part(part) in line_of([([indexed], [])])
        assert all(-(2**31) <= number < 2**31 for number in grams_of(indexed))


@given(word=LETTERS | PLATES)
def test_a_whole_word_is_sought_by_its_own_numbers(word: str) -> None:
    """A word finds itself, however short it is and whatever it is written in."""
    assert all(finds(number, number) for number in words_of(word))


@given(first=LETTERS, second=LETTERS)
def test_every_term_has_numbers(first: str, second: str) -> None:
    """No term is without numbers, and plain letters share no number with other words of four letters (no chaff)."""
    for word in words_of(f"{first} {second}"):
        assert bool(numbers_of(word)) != bool(guesses_of(word))
    plain = {
        number
        for number in words_of(f"{first} {second}")
        if number.isascii() and len(number) <= 4 and not number.isdigit()
    }
    assert len({number for character in plain for number in grams_of(character)}) == len(plain)


@given(digits=st.text("0123456789", min_size=3, max_size=15))
def test_digits_are_sought_as_they_are(digits: str) -> None:
    """A number has at least three digits in a row among its numbers, and no neighbour is guessed for it."""
    assert not guesses_of(digits)
    assert len(set(numbers_of(digits))) <= len(digits) // 2 + 1


@given(word=st.text("abcdefghijklmnopqrstuvwxyzé", min_size=5, max_size=30), most=st.integers(1, 4))
def test_few_numbers_of_a_word_are_looked_up(word: str, most: int) -> None:
    """So many fours at most are looked up; a word has them all, and those of rarer letters come first."""
    [indexed] = words_of(word)
    numbers = set(numbers_of(indexed, most))
    assert 1 <= len(numbers) <= most
    assert numbers <= grams_of(indexed)
    assert set(numbers_of("tionquewhizzing", 1)) == {*numbers_of("whizz", 4)} & grams_of("hizz")


@given(text=st.text() | CODES)
def test_folding_again_changes_nothing(text: str) -> None:
    """A folded word is a word, and folded: what was kept is found by what is typed."""
    words, codes = read(text)
    assert all(words_of(word) == [word] for word in (*words, *codes) if word.isascii() or word in words)


@given(text=st.text() | CODES)
@example(text="+41 (0)44 123 45 67")
@example(text="(0)")
def test_a_text_finds_itself(text: str) -> None:
    """A text is found by all of it, as it was written, and as a phrase."""
    unquoted = "".join(" " if character in '"“”„«»\uff02' else character for character in text)
    assert is_found(unquoted, unquoted)
    assert is_found(unquoted, f'"{unquoted}"')


@given(
    words=st.lists(st.sampled_from(["仓库北门", "gate", "of", "7", "ไฟไหม้"]), min_size=1, max_size=6), ends=st.data()
)
def test_a_phrase_is_found_where_a_word_goes_on(words: list[str], ends: st.DataObject) -> None:
    """A phrase may begin and end within a word where no spaces are written, and its numbers lead there."""
    first, last = (
        ends.draw(st.integers(0, len(word) - 1)) if is_unspaced(word) else 0 for word in (words[0], words[-1])
    )
    phrase = " ".join(words)
    assert is_found(phrase, f'"{phrase[first : len(phrase) - last]}"')


@given(text=CODES)
def test_plain_texts_are_read_as_all_others(text: str) -> None:
    """A text of plain letters is read in a faster way, to the same words and codes as beside any other letter."""
    plain = "".join(character for character in text if character.isascii())
    words, codes = read(f"{plain} \u03b6\u03b6\u03b6\u03b6")
    assert read(plain) == (words[:-1], codes)


@given(text=st.text())
def test_what_orders_texts_stays_short(text: str) -> None:
    """What orders texts has a place in a cursor, whatever letters become in it, and nothing below its own marks."""
    key = sort_key(text)
    assert len(key) <= 40 + 80 + 40 + 2
    assert key.count("\x01") == 2


def test_accents_case_and_unseen_characters_are_folded() -> None:
    """Accents, case, unseen characters and what is between words do not matter."""
    text = "Élève BLESSÉ, ﬁn_Straße: İstanbul, \u0131rmak, Œil, zero\u200b\u00adwidth, ١٢"
    assert words_of(text) == ["eleve", "blesse", "fin", "strasse", "istanbul", "irmak", "oeil", "zerowidth", "12"]
