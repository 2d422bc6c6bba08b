"""What holds for extraction whatever was said."""

import time
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.extraction import Category, Judge, Pay, Said, Score, Turn, Verdict, extract
from app.transcripts.values import Role

PIECES = [
    "I love this job.", "What do you earn?", "I make 52,000 a year.", "The worst part is the noise.", "Why?", "Yeah.",
    "You should talk to Mara Quill.", "we start at seven", "I wish I had known.", "$", "60 to 70k", "…", "Dr.", "\n\n",
]  # fmt: skip
words = st.text() | st.lists(st.sampled_from(PIECES)).map(" ".join)
turns = st.lists(
    st.builds(Turn, st.sampled_from(["a", "b", None]), st.none() | st.sampled_from(Role), words), max_size=6
)

ANSWERS = "Well, I love the quiet. I make $50,000 a year. The hardest part is the cold."


def categories(*turns: Turn) -> set[Category]:
    return {category for finding in extract(turns) for category in finding.categories}


@settings(deadline=None)  # the first example pays for a cold start
@given(turns)
def test_every_quote_is_where_it_says(turns: list[Turn]) -> None:
    for finding in extract(turns):
        assert turns[finding.turn_index].text[finding.start : finding.end] == finding.quote
        assert finding.quote.strip() == finding.quote != ""
        assert finding.categories
        assert 0 < finding.confidence <= 1
        assert finding.because


@settings(deadline=None)  # the first example pays for a cold start
@given(turns)
def test_findings_come_in_order_and_do_not_overlap(turns: list[Turn]) -> None:
    places = [(f.turn_index, f.start, f.end) for f in extract(turns)]
    assert places == sorted(places)
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in combinations(places, 2))


@settings(deadline=None)  # the first example pays for a cold start
@given(turns)
def test_extraction_is_deterministic(turns: list[Turn]) -> None:
    assert extract(turns) == extract(turns)


@settings(deadline=None)  # the first example pays for a cold start
@given(turns)
def test_a_known_interviewer_only_counts_when_pay_was_confirmed(turns: list[Turn]) -> None:
    asked = [Turn("q", Role.INTERVIEWER, turn.text) for turn in turns]
    assert all(finding.value is not None for finding in extract(asked))


@pytest.mark.parametrize("role", [Role.INTERVIEWER, Role.OTHER])
def test_words_of_others_are_not_the_interviewees(role: Role) -> None:
    assert extract([Turn("S1", role, ANSWERS)]) == []


def test_the_same_words_are_insights_of_the_interviewee() -> None:
    assert categories(Turn("S1", Role.INTERVIEWEE, ANSWERS)) == {
        Category.ENJOYS,
        Category.COMPENSATION,
        Category.DISLIKES,
    }


def test_what_was_asked_says_what_a_plain_answer_is_about() -> None:
    answer = Turn("b", Role.INTERVIEWEE, "Standing on the bridge at four in the morning.")
    assert categories(Turn("a", Role.INTERVIEWER, "What do you like most?"), answer) == {Category.ENJOYS}
    assert categories(Turn("a", Role.INTERVIEWER, "What is the hardest part?"), answer) == {Category.DISLIKES}


def test_a_question_back_is_never_an_insight() -> None:
    assert extract([Turn("b", Role.INTERVIEWEE, "What do I love about my job?")]) == []


def test_a_figure_that_is_denied_is_not_the_interviewers_to_give() -> None:
    figure = Turn("a", Role.INTERVIEWER, "I read that it pays $60,000 a year. Is that right?")
    assert extract([figure, Turn("b", Role.INTERVIEWEE, "Yes, that's about right.")])[0].turn_index == 0
    denied = extract([figure, Turn("b", Role.INTERVIEWEE, "No, nobody gets that.")])
    assert [finding.value for finding in denied if finding.value] == []


def test_not_knowing_who_spoke_lowers_confidence() -> None:
    known, unknown = (extract([Turn("S1", role, "I love the quiet here.")]) for role in (Role.INTERVIEWEE, None))
    assert unknown[0].confidence < known[0].confidence


def test_another_judge_takes_the_place_of_the_rules() -> None:
    def verdicts(said: Sequence[Said]) -> list[Verdict]:
        return [Verdict({Category.CULTURE: Score(0.9, ("model",))}) for _ in said]

    (finding,) = extract(
        [Turn("S1", Role.INTERVIEWEE, "We eat lunch together.")], judge=Judge(verdicts, method="model")
    )
    assert (finding.categories, finding.because, finding.method) == ((Category.CULTURE,), "model", "model")


def test_figures_of_a_sentence_that_only_goes_on_stand_behind_the_main_one() -> None:
    first, second = (Pay(amount_min=a, amount_max=a, currency="USD", period="year") for a in (50_000, 60_000))

    judged = ((0.9, (first,)), (0.4, (second, first)), (0.9, (second,)))
    verdicts = [Verdict({Category.COMPENSATION: Score(strength, ("pay",))}, pay) for strength, pay in judged]
    turn = Turn("S1", Role.INTERVIEWEE, "It is fifty. Some say sixty. Here it is sixty.")
    found = extract([turn], judge=Judge(lambda _said: verdicts))
    assert [(one.quote, one.values) for one in found] == [
        ("It is fifty. Some say sixty.", (first, second)),
        ("Here it is sixty.", (second,)),
    ]
    assert found[0].value == first


@pytest.mark.parametrize(
    "text",
    [
        "word " * 20_000,
        "I make 60 to 70, " * 5_000,
        "What do you like? I love it. " * 14_000,
        "a" * 200_000,
        "." * 60_000,
        "$" * 60_000,
        "9" * 60_000,
        "one twenty " * 10_000,
        " \n" * 40_000,
        "hmmmm" * 2_000 + "x",
        "yeah, um, so, " * 4_000 + "x",
    ],
    ids=[
        "words",
        "figures",
        "questions",
        "one-word",
        "dots",
        "dollars",
        "digits",
        "numbers",
        "blanks",
        "humming",
        "nods",
    ],
)
def test_long_and_strange_texts_take_seconds(text: str) -> None:
    begun = time.process_time()
    extract([Turn("S1", None, text)])
    assert time.process_time() - begun < 30  # a quadratic step takes minutes; a slow machine does not
