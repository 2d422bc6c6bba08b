"""Whom a referral sends to: table after table of phrases of ours, and that nothing is ever made up."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extraction.people import Tokens, mentions
from app.extraction.referred import Referred, Surroundings, around, referred, together
from app.extraction.sendings import Offered
from app.extraction.values import Place, Turn
from tests.app.referred_phrases import EXAMPLES, HELD_OUT, SENDING, TRAPS, TUNING, WHO_ELSE, Phrase

PEOPLE = st.sampled_from(
    ["Priya Raman", "Dr. Okafor", "my old boss", "our head of design", "a friend who runs a bakery", "Jean-Luc"]
)
SENT = st.sampled_from(["You should talk to {}.", "I can introduce you to {}.", "{} would love to talk to you."])


def found(phrase: Phrase) -> list[tuple[str | None, str | None, str | None, str]]:
    surroundings = Surroundings(phrase.question, phrase.before, phrase.after)
    people = referred(phrase.quote, surroundings)
    return sorted(((one.name, one.role, one.organisation, one.offered.value) for one in people), key=str)


def hits(phrases: Sequence[Phrase]) -> int:
    return sum(found(phrase) == sorted(phrase.expected, key=str) for phrase in phrases)


@pytest.mark.parametrize("phrase", SENDING, ids=lambda phrase: phrase.quote)
def test_who_is_named_and_what_is_offered(phrase: Phrase) -> None:
    assert found(phrase) == sorted(phrase.expected, key=str)


@pytest.mark.parametrize("phrase", TRAPS, ids=lambda phrase: phrase.quote)
def test_nobody_is_sent_anywhere_by_a_trap(phrase: Phrase) -> None:
    assert found(phrase) == []


def test_phrases_that_the_patterns_were_not_made_for_are_mostly_understood() -> None:
    # What was measured. The phrases that fail are listed nowhere on purpose: they are for measuring.
    assert hits(TUNING) >= 20
    assert hits(HELD_OUT) >= 18


@pytest.mark.parametrize("phrase", [*TUNING, *HELD_OUT], ids=lambda phrase: phrase.quote)
def test_no_trap_of_the_other_set_proposes_anybody(phrase: Phrase) -> None:
    assert phrase.expected or found(phrase) == []


def test_there_are_as_many_traps_as_referrals() -> None:
    assert len(EXAMPLES) >= 60
    assert len(TRAPS) >= len(SENDING)


@given(st.text(alphabet="PriyaI aDn.,'?!\n\u2019É" + "talkoufmyben", max_size=120), st.text(max_size=40))
def test_every_part_of_a_mention_is_a_piece_of_the_text(quote: str, before: str) -> None:
    for one in mentions(Tokens(before, quote)):
        parts = [part for part in (one.name, one.role, one.organisation) if part]
        assert all(part in f"{before}\n{quote}" for part in parts)


@given(st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=4))
def test_nothing_is_made_up_when_sentences_stand_side_by_side(phrases: list[Phrase]) -> None:
    quote = " ".join(phrase.quote for phrase in phrases)
    for one in referred(quote, Surroundings(question=phrases[0].question, before=phrases[0].before)):
        said = f"{phrases[0].question}\n{phrases[0].before}\n{quote}"
        assert all(part in said for part in (one.name, one.role, one.organisation) if part)


@given(PEOPLE, SENT)
def test_any_way_of_sending_fits_anybody(who: str, sent: str) -> None:
    (one,) = referred(sent.format(who))
    assert who in (one.name, one.role)


@given(st.text(max_size=300))
def test_any_text_can_be_read_twice_with_the_same_result(text: str) -> None:
    assert referred(text) == referred(text)


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ("Peter would love to talk to you.", "Peter"),
        ("You should talk to Will Parker.", "Will Parker"),
        ("I can introduce you to June.", "June"),
        ("You should talk to April Carter in May.", "April Carter"),
        ("i can introduce you to my colleague peter", "peter"),
        ("I'd call Maria de la Cruz.", "Maria de la Cruz"),
        ("Talk to J. R. Bell.", "J. R. Bell"),
        ("Engineers would love to talk to you.", None),
        ("You should talk to them in June.", None),
    ],
)
def test_names_that_are_words_too(quote: str, name: str | None) -> None:
    assert [one.name for one in referred(quote)] == ([name] if name else [])


def test_curly_quotes_come_back_as_they_were() -> None:
    assert [one.name for one in referred("You should talk to Carmen O\u2019Dell.")] == ["Carmen O\u2019Dell"]


def test_somebody_spoken_of_twice_is_one_with_the_most_that_is_offered() -> None:
    people = referred("Talk to Priya Raman. Priya runs our lab, I can introduce you to her.")
    assert people == [Referred("Priya Raman", "runs our lab", None, Offered.INTRODUCTION)]


def test_a_name_that_no_card_could_hold_is_no_name() -> None:
    assert referred(f"You should talk to P{'a' * 300}, our head of design.")[0].name is None
    assert referred(f"You should talk to P{'a' * 300}.") == []


def test_two_of_one_role_with_different_names_are_two() -> None:
    ana, bo = (Referred(name, "my friend", None, Offered.RECOMMENDATION) for name in ("Ana", "Bo"))
    assert together([ana, bo, ana]) == [ana, bo]


def test_who_is_meant_by_her_may_stand_before_the_quote_and_more_be_offered_after_it() -> None:
    text = "My friend Ines builds boats. I could introduce you to her. She'd love it."
    start = text.index("I could")
    turns = [Turn("S1", None, WHO_ELSE), Turn("S2", None, text)]
    surroundings = around(turns, Place(1, start, start + 30), question=WHO_ELSE)
    assert surroundings == Surroundings(WHO_ELSE, "My friend Ines builds boats.", "She'd love it.")
    assert [one.name for one in referred("I could introduce you to her.", surroundings)] == ["Ines"]


def test_the_same_breathless_offer_two_hundred_times_is_few_people() -> None:
    text = "and then my friend who does the thing i can introduce you to the people at the office " * 200
    assert len(referred(text)) <= 5
