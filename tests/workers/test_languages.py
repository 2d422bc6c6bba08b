import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import LanguageUnsupported
from app.transcripts.values import Notice
from workers.ears import languages

ENGLISH, SPANISH, GERMAN = {"en": 0.95, "es": 0.05}, {"es": 0.9, "en": 0.1}, {"de": 0.95, "en": 0.05}
MUMBLED = {"en": 0.4, "cy": 0.35, "nn": 0.25}


@pytest.mark.parametrize(
    ("votes", "spoken", "notices"),
    [
        ([ENGLISH], "en", ()),
        ([ENGLISH, ENGLISH, MUMBLED], "en", ()),
        ([MUMBLED], "en", (Notice.LANGUAGE_UNCERTAIN,)),
        ([ENGLISH, SPANISH, GERMAN, ENGLISH], "en", (Notice.SEVERAL_LANGUAGES,)),
        ([], None, ()),
        ([{}, ENGLISH], "en", ()),
    ],
)
def test_the_language_is_what_most_windows_hear_and_doubts_about_it_are_told(
    votes: list[dict[str, float]], spoken: str | None, notices: tuple[Notice, ...]
) -> None:
    verdict = languages.decide(votes, given=None, multilingual=True)

    assert (verdict.language, verdict.notices) == (spoken, notices)


@pytest.mark.parametrize(
    ("votes", "notices"),
    [
        ([ENGLISH, ENGLISH], ()),
        ([SPANISH, SPANISH], (Notice.LANGUAGE_MISMATCH,)),
        ([ENGLISH, ENGLISH, ENGLISH, SPANISH], ()),
        ([ENGLISH, ENGLISH, SPANISH], (Notice.LANGUAGE_MISMATCH,)),
        ([MUMBLED], ()),
        ([], ()),
    ],
)
def test_a_given_language_wins_but_windows_that_clearly_disagree_are_told(
    votes: list[dict[str, float]], notices: tuple[Notice, ...]
) -> None:
    verdict = languages.decide(votes, given="en", multilingual=True)

    assert (verdict.language, verdict.probability, verdict.notices) == ("en", None, notices)


def test_english_only_weights_assume_english_and_say_that_nobody_checked() -> None:
    verdict = languages.decide([], given=None, multilingual=False)

    assert (verdict.language, verdict.notices) == ("en", (Notice.LANGUAGE_UNCERTAIN,))


def test_another_language_asked_of_english_only_weights_says_what_to_choose() -> None:
    with pytest.raises(LanguageUnsupported, match=r"tiny\.en knows English only") as raised:
        languages.check("es", known={"en"}, model="tiny.en")

    assert raised.value.facts["language"] == "es"


def test_a_code_that_is_no_language_is_refused_with_the_codes_there_are() -> None:
    with pytest.raises(LanguageUnsupported, match="no language 'xx'") as raised:
        languages.check("xx", known={"es", "en"}, model="base")

    assert raised.value.facts["known"] == ["en", "es"]


def test_no_language_asked_for_suits_every_model() -> None:
    languages.check(None, known={"en"}, model="tiny.en")


@given(count=st.integers(0, 2000), at_most=st.integers(2, 9))
def test_windows_asked_are_few_different_and_reach_from_first_to_last(count: int, at_most: int) -> None:
    asked = languages.windows_to_ask(count, at_most=at_most)

    assert len(asked) == min(count, at_most)
    assert asked == sorted(set(asked))
    assert not asked or (asked[0], asked[-1]) == (0, count - 1)


def test_a_window_among_several_languages_falls_back_to_the_main_one_when_unclear() -> None:
    assert languages.of_window(SPANISH, otherwise="en") == "es"
    assert languages.of_window(MUMBLED, otherwise="de") == "de"
    assert languages.of_window(MUMBLED, otherwise=None) == "en"
