"""What was asked and answered: exchanges of a conversation, and how alike two questions are."""

import pytest

from app.extraction import questions
from app.extraction.alike import similarity
from app.extraction.asking import ANSWER_SENTENCES, LOOKS_AHEAD, exchanges
from app.extraction.values import Category, Turn
from app.planned_questions import ALIKE_ENOUGH
from app.transcripts.values import Role

ASKER, TELLER = Role.INTERVIEWER, Role.INTERVIEWEE


def talk(*said: tuple[Role | None, str]) -> list[Turn]:
    """Turns; without a role all have one label, as where one microphone heard both."""
    return [Turn("S1" if role is None else role.value, role, text) for role, text in said]


def heard(turns: list[Turn]) -> list[tuple[str, str | None]]:
    """Per exchange the words of the question and of the answer."""

    def words(index: int, start: int, end: int) -> str:
        return turns[index].text[start:end]

    return [
        (
            words(one.question.turn_index, one.question.start, one.question.end),
            words(one.answer.turn_index, one.answer.start, one.answer.end) if one.answer else None,
        )
        for one in exchanges(turns)
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(ASKER, "What do you do?"), (TELLER, "I wind clocks.")], [("What do you do?", "I wind clocks.")]),
        ([(ASKER, "What do you do?"), (TELLER, "Um, well. I wind clocks.")], [("What do you do?", "I wind clocks.")]),
        ([(ASKER, "Do you like it?"), (TELLER, "Yes.")], [("Do you like it?", None)]),
        ([(ASKER, "Do you like it?"), (ASKER, "Thank you.")], [("Do you like it?", None)]),
        ([(ASKER, "What do you do?")], [("What do you do?", None)]),
        ([(ASKER, "You wind clocks."), (TELLER, "I do wind clocks.")], []),
        ([(TELLER, "Why do I do this? I like brass.")], []),
        ([], []),
    ],
)
def test_a_question_and_the_beginning_of_its_answer(
    said: list[tuple[Role | None, str]], expected: list[tuple[str, str | None]]
) -> None:
    assert heard(talk(*said)) == expected


def test_questions_in_one_breath_share_their_answer() -> None:
    turns = talk((ASKER, "How are the hours? And do you travel? I would hate that."), (TELLER, "I never leave town."))
    assert heard(turns) == [
        ("How are the hours?", "I never leave town."),
        ("And do you travel?", "I never leave town."),
    ]


def test_a_question_that_is_put_again_has_the_answer_and_the_first_try_has_none() -> None:
    turns = talk(
        (ASKER, "What does it pay?"), (TELLER, "Hmm."), (ASKER, "What did it pay at first?"), (TELLER, "Ten an hour.")
    )
    assert heard(turns) == [("What does it pay?", None), ("What did it pay at first?", "Ten an hour.")]


def test_a_nod_and_a_really_do_not_end_an_answer() -> None:
    turns = talk(
        (ASKER, "What does it pay?"), (TELLER, "Well."), (ASKER, "Right."), (TELLER, "Oh."), (ASKER, "Really?"),
        (TELLER, "It pays ten an hour."),
    )  # fmt: skip
    assert heard(turns) == [("What does it pay?", "It pays ten an hour.")]


def test_an_answer_ends_after_three_sentences_or_with_what_it_ends_on() -> None:
    told = [f"Thing number {word} matters here." for word in ("one", "two", "three", "four")]
    turns = talk((ASKER, "What matters to you?"), (TELLER, " ".join(told)))
    assert heard(turns) == [("What matters to you?", " ".join(told[:ANSWER_SENTENCES]))]
    trailing = talk((ASKER, "What matters to you?"), (TELLER, "Brass matters. Yeah. You know."))
    assert heard(trailing) == [("What matters to you?", "Brass matters.")]


def test_both_voices_in_one_turn_are_told_apart_by_who_asks() -> None:
    turns = talk(
        (None, "What do you do? I wind clocks all day. So you work alone. Do you like that? I love the quiet of it.")
    )
    assert heard(turns) == [
        ("What do you do?", "I wind clocks all day."),
        ("Do you like that?", "I love the quiet of it."),
    ]
    assert [one.led_in for one in exchanges(turns)] == ["", "So you work alone."]


def test_what_leads_in_to_a_question_is_kept_with_it() -> None:
    turns = talk((ASKER, "Let's talk about the night shifts. How do you bear them?"), (TELLER, "With a lot of tea."))
    assert [(one.led_in, one.text) for one in exchanges(turns)] == [
        ("Let's talk about the night shifts.", "How do you bear them?")
    ]


def test_roles_are_inferred_from_who_asks() -> None:
    turns = [Turn("A", None, "What do you do?"), Turn("B", None, "I wind clocks."), Turn("A", None, "Is it hard?")]
    assert heard(turns) == [("What do you do?", "I wind clocks."), ("Is it hard?", None)]


def test_curly_quotes_change_no_place() -> None:
    turns = talk((ASKER, "What\u2019s the \u201cbest\u201d part?"), (TELLER, "It\u2019s the brass."))
    assert heard(turns) == [("What\u2019s the \u201cbest\u201d part?", "It\u2019s the brass.")]


def test_what_comes_much_later_is_no_answer() -> None:
    small_talk = [(ASKER, "This is my own story of clocks.")] * (LOOKS_AHEAD + 1)
    turns = talk((ASKER, "What do you do?"), *small_talk, (TELLER, "I wind clocks."))
    assert heard(turns) == [("What do you do?", None)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How much do you earn?", "What's the salary like in this line of work?"),
        ("What does a typical day look like?", "Can you walk me through your day-to-day?"),
        ("What do you like least?", "What's the hardest part of what you do?"),
        ("Do I need a degree?", "Is a college degree required for this?"),
        ("Who else should I talk to?", "Could you introduce me to somebody else?"),
        ("Which lamps do you mend?", "So which kinds of lamps are you mending?"),
        ("What is it like?", "What is it like?"),
    ],
)
def test_the_same_asked_in_other_words_is_alike(one: str, other: str) -> None:
    assert similarity([one], [other])[0][0] >= ALIKE_ENOUGH
    assert similarity([one], [other]) == similarity([other], [one])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What do you like most?", "What do you like least?"),
        ("How much do you earn?", "How are the hours?"),
        ("How did you get into this?", "How can someone get into this?"),
        ("What is the team like?", "What is your boss like?"),
        ("Do you travel a lot?", "Do you work a lot of overtime?"),
        ("How does promotion work?", "How do you promote your shop?"),
        ("What is it like?", "What is that?"),
        ("", "What is it like?"),
    ],
)
def test_another_question_in_like_words_is_not(one: str, other: str) -> None:
    assert similarity([one], [other])[0][0] < ALIKE_ENOUGH


@pytest.mark.parametrize(
    ("question", "is_pay"),
    [
        ("And what do you make an hour?", True),
        ("What does a deckhand take home a month?", True),
        ("What can a journeyman clear per week?", True),
        ("What do you make every day?", False),
        ("What do you make of that?", False),
    ],
)
def test_what_somebody_makes_an_hour_is_asked_of_pay(question: str, *, is_pay: bool) -> None:
    assert (Category.COMPENSATION in questions.topics(question)) is is_pay
