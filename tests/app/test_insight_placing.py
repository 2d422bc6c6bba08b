"""Where a quote stands: which of several places is meant, which places are the same, what moves along."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extraction.turns import turns_of
from app.extraction.values import Place
from app.insights import placing
from app.insights.placing import Sought, Talk, in_pairs, is_same
from tests.scenes import WORD_MS, spoken

SOME_WORDS = st.lists(st.sampled_from(["tea", "sea", "fog", "it's"]), min_size=1, max_size=8)
TALKS = st.lists(SOME_WORDS.map(" ".join), min_size=1, max_size=4)


def talk(*texts: str) -> Talk:
    """Turns of two people in turns, words of 250 ms one after the other."""
    return Talk(turns_of(spoken(*((f"S{number % 2 + 1}", text) for number, text in enumerate(texts)))))


def starts(heard: Talk, quote: str) -> list[int]:
    """When the quote is said, in words from the beginning."""
    return [spot.start_ms // WORD_MS for spot in heard.spots(quote)]


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("I like the sea.", [0]),
        ("  the sea.\n", [2]),
        ("sea", [3, 7, 9]),
        ("the sea", [2, 6, 8]),
        ("the sea, the sea", [6]),
        ("art", []),
        ("start", [5]),
        ("Sea", []),
        ("the season", []),
        ("sea. I start", []),
        ("it\u2019s the", [10]),
        ("it's\tthe", [10]),
        ("", []),
    ],
)
def test_a_quote_stands_where_its_words_stand_whole_and_in_one_turn(quote: str, words: list[int]) -> None:
    heard = talk("I like the sea.", "I start the sea, the sea it's the end.")
    assert starts(heard, quote) == words


def test_what_is_kept_is_what_the_transcript_says() -> None:
    (spot,) = talk("It\u2019s quiet here.").spots("It's quiet")
    assert (spot.text, spot.evidence.segment_ids, spot.evidence.end_ms) == ("It\u2019s quiet", (1,), 2 * WORD_MS)


def test_words_without_blanks_between_them_can_be_quoted() -> None:
    assert len(talk("\u6d77\u304c\u597d\u304d\u3067\u3059").spots("\u597d\u304d")) == 1


@pytest.mark.parametrize(("start_ms", "word"), [(0, 0), (250, 0), (251, 2), (630, 3), (9_000, 5)])
def test_of_several_places_the_nearest_is_meant_and_of_equals_the_earlier(start_ms: int, word: int) -> None:
    spots = talk("ay b ay ay b ay").spots("ay")
    found = placing.nearest(spots, start_ms)
    assert found is not None
    assert found.start_ms == word * WORD_MS


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((0, 0, 10), (0, 0, 10), True),
        ((0, 0, 10), (0, 5, 15), True),
        ((0, 0, 10), (0, 6, 16), False),
        ((0, 0, 100), (0, 40, 50), True),
        ((0, 0, 10), (0, 10, 20), False),
        ((0, 0, 10), (1, 0, 10), False),
        ((0, 0, 10), (0, 8, 12), True),
    ],
)
def test_places_are_the_same_when_they_share_half_of_the_shorter(
    one: tuple[int, int, int], other: tuple[int, int, int], *, same: bool
) -> None:
    assert (is_same(Place(*one), Place(*other)), is_same(Place(*other), Place(*one))) == (same, same)


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        ([], [5], []),
        ([5], [], []),
        ([10], [8, 30], [(0, 0)]),
        ([10, 60], [12], [(0, 0)]),
        ([10, 60], [58], [(1, 0)]),
        ([10, 20], [20, 30], [(0, 0), (1, 1)]),
        ([10, 60], [12, 59, 90], [(0, 0), (1, 1)]),
        ([10, 60], [55, 90], [(0, 0), (1, 1)]),
    ],
)
def test_quotes_of_the_same_words_are_told_apart(
    before: list[int], after: list[int], pairs: list[tuple[int, int]]
) -> None:
    assert in_pairs(before, after) == pairs


@given(st.lists(st.integers(0, 50), max_size=5), st.lists(st.integers(0, 50), max_size=5))
def test_as_many_are_paired_as_can_be_and_no_other_way_moves_them_less(before: list[int], after: list[int]) -> None:
    before.sort()
    after.sort()
    pairs = in_pairs(before, after)
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == min(len(before), len(after))
    short, long = sorted((before, after), key=len)
    least = min(
        sum(abs(a - b) for a, b in zip(short, chosen, strict=True)) for chosen in permutations(long, len(short))
    )
    assert sum(abs(before[one] - after[other]) for one, other in pairs) == least


@given(TALKS, st.data())
def test_every_quote_is_found_again_where_it_was(texts: list[str], data: st.DataObject) -> None:
    heard = talk(*texts)
    words = sorted({word for text in texts for word in text.split()})
    every = [spot for word in words for spot in heard.spots(word)]
    chosen = data.draw(st.lists(st.sampled_from(every), unique_by=lambda spot: spot.place))
    sought = [Sought(str(number), spot.text, spot.start_ms) for number, spot in enumerate(chosen)]
    found = placing.settle(sought, heard)
    assert [found[one.id] for one in sought] == chosen


@given(TALKS, SOME_WORDS, st.data())
def test_whatever_becomes_of_the_words_a_quote_is_true_or_gone_and_no_place_has_two(
    texts: list[str], added: list[str], data: st.DataObject
) -> None:
    before, after = talk(*texts), talk(" ".join(added), *data.draw(st.permutations(texts)))
    every = [spot for word in ("tea", "sea", "fog tea", "it's") for spot in before.spots(word)]
    found = placing.settle([Sought(str(n), spot.text, spot.start_ms) for n, spot in enumerate(every)], after)
    placed = [spot for spot in found.values() if spot is not None]
    assert len(found) == len(every)
    assert len({(spot.place, spot.text) for spot in placed}) == len(placed)
    for number, spot in enumerate(every):
        now = found[str(number)]
        assert now is None or after.turns[now.place.turn_index].text[now.place.start : now.place.end] == spot.text


ASKED: dict[str, Any] = {"text": "What do you do?", "speaker": "S1", "start_ms": 0, "end_ms": 1000, "segment_ids": [1]}


@pytest.mark.parametrize(
    ("texts", "start_ms"),
    [
        (("What do you do?", "I wind clocks."), 0),
        (("Hello there.", "Hello.", "What do you do?", "I wind clocks."), 3 * WORD_MS),
        (("What do you do?", "Sing.", "What do you do?", "I wind clocks."), 5 * WORD_MS),
        (("What did you do?", "I wind clocks."), None),
        (("So.", "I wind clocks.", "What do you do?"), None),
    ],
)
def test_the_question_moves_with_its_answer_or_is_gone(texts: tuple[str, ...], start_ms: int | None) -> None:
    heard = talk(*texts)
    (spot,) = heard.spots("I wind clocks.")
    moved = placing.followed(ASKED, spot.start_ms - 4 * WORD_MS, spot, heard)
    assert (moved and moved["start_ms"]) == start_ms


@pytest.mark.parametrize(
    ("quote", "asked"),
    [
        ("wind clocks", "What do you do?"),
        ("Nobody pays.", "And what does it pay?"),
        ("What do you do?", None),
        ("Thank you.", None),
    ],
)
def test_what_was_asked_before_some_words_is_found(quote: str, asked: str | None) -> None:
    heard = talk("What do you do?", "I wind clocks.", "And what does it pay?", "Nobody pays.", "Thank you.")
    (spot,) = heard.spots(quote)
    question = heard.question_at(spot.place)
    assert (question and question["text"]) == asked
