"""Where sentences end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extraction import sentences


def split(text: str) -> list[str]:
    return [sentence.text for sentence in sentences.split(text)]


@pytest.mark.parametrize(
    "whole",
    [
        "I earn $52,000.50 a year.",
        "I learned it all from Dr. Lee and Mrs. Okafor.",
        "It took 3.5 years to finish.",
        "You deal with, e.g. pumps and valves.",
        "We begin at 7 a.m. and stop at four.",
        "I was... um... not sure at all.",
        "I worked for J. Lee in the U.S. for years.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(whole: str) -> None:
    assert split(whole) == [whole]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("I love it. It pays well! Really?", ["I love it.", "It pays well!", "Really?"]),
        ("i love it. it pays well.", ["i love it.", "it pays well."]),
        ('He said "go." Then I went.', ['He said "go."', "Then I went."]),
        ("It was great.The pay was not.", ["It was great.", "The pay was not."]),
        ("I left in 2010. Then I came back.", ["I left in 2010.", "Then I came back."]),
        ("We open at 7 a.m. Then we sweep.", ["We open at 7 a.m.", "Then we sweep."]),
        ("One thing\n\nAnother thing", ["One thing", "Another thing"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, parts: list[str]) -> None:
    assert split(text) == parts


def test_words_without_any_punctuation_are_cut_at_questions_answers_and_clauses() -> None:
    text = (
        "so what do you do all day well i check the pumps and then i write down every reading and what do you like "
        "the most i love the quiet in the early morning when nobody is there"
    )
    assert split(text) == [
        "so what do you do all day",
        "well i check the pumps",
        "and then i write down every reading",
        "and what do you like the most",
        "i love the quiet in the early morning when nobody is there",
    ]


def test_a_sentence_that_runs_on_is_cut() -> None:
    text = "I walk the line and I check the bolts and I note what is loose " * 20
    assert max(len(part.split()) for part in split(text)) <= sentences.LONGEST_PIECE


@given(
    st.text()
    | st.text(alphabet="ab .?!\n…'\"1,")
    | st.lists(st.sampled_from(["so", "what", "do", "you", "i", ".", "?"])).map(" ".join)
)
def test_sentences_hold_every_word_in_order(text: str) -> None:
    parts = sentences.split(text)
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
    assert all(part.text == text[part.start : part.end] for part in parts)
    assert all(a.end <= b.start for a, b in pairwise(parts))
