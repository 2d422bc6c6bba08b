"""Pay, understood: what is spoken comes back as an amount, and what is no pay does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extraction import pay
from app.extraction.values import Pay, PayKind, Period
from tests.app.pay_phrases import FRESH, HELD_OUT, TUNING, Phrase
from tests.app.spoken_pay import PENSION_PLANS, Spoken, amounts, in_words, spoken, ways, written

TRAPS = [
    line
    for line in (Path(__file__).parent / "traps.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def only(text: str, *, asked: bool = False) -> Pay:
    found = pay.named(text, asked=asked)
    assert len(found) == 1, found
    return found[0].pay


def understood(phrase: Phrase) -> tuple[Pay, ...]:
    found = pay.named(phrase.text, asked=bool(phrase.question), question=phrase.question)
    return pay.main_first(one.pay for one in found)


opening = st.sampled_from(["I make", "I'm making about", "My salary is", "it pays around", "Most nurses earn"])
by_the_year = st.sampled_from(["a year", "per year", "annually", "every year"])


@given(opening, amounts("year"), by_the_year, st.data())
def test_a_yearly_figure_comes_back_however_it_is_said(
    opens: str, amount: int, period: str, data: st.DataObject
) -> None:
    said = data.draw(st.sampled_from(ways(amount)))
    found = only(f"{opens} {said} {period}.")
    assert (found.amount_min, found.amount_max, found.period) == (amount, amount, "year")


@given(opening, st.integers(20, 180), st.integers(1, 90), st.data())
def test_a_range_comes_back_however_it_is_said(opens: str, low: int, more: int, data: st.DataObject) -> None:
    high = low + more
    a, b = in_words(low), in_words(high)
    said = data.draw(
        st.sampled_from(
            [
                f"{low} to {high}k",
                f"{low}-{high}k",
                f"${low},000 to ${high},000",
                f"between {low} and {high} thousand",
                f"{a} to {b} thousand dollars",
                f"between {a} and {b} grand",
                f"{low} to {high}",
                f"from {low}k up to {high}k",
            ]
        )
    )
    found = only(f"{opens} {said}.")
    assert (found.amount_min, found.amount_max, found.period) == (low * 1000, high * 1000, "year")


@given(spoken())
def test_a_figure_comes_back_whole_in_any_period_currency_kind_and_shape(said: Spoken) -> None:
    assert [one.pay for one in pay.named(said.text)] == [said.pay]


@given(written())
def test_a_figure_comes_back_whole_as_a_machine_spells_it(said: Spoken) -> None:
    assert [one.pay for one in pay.named(said.text)] == [said.pay]


@given(
    amounts("year"),
    st.sampled_from(["no", "sorry", "wait, no", "I mean", "well, actually", "make that, sorry,"]),
    st.data(),
)
def test_a_figure_that_is_taken_back_is_not_kept(amount: int, back: str, data: st.DataObject) -> None:
    wrong, right = (data.draw(st.sampled_from(ways(value))) for value in (amount + 1_000, amount))
    assert only(f"I make {wrong}, {back}, {right} a year.").amount_min == amount


@given(st.sampled_from(sorted(PENSION_PLANS)), st.sampled_from(["k", "K"]))
def test_a_pension_plan_is_no_figure(plan: int, k: str) -> None:
    assert pay.named(f"I get a {plan}{k}.", asked=True) == []


@given(st.text(alphabet="0123456789$,.k to-anhourmde", max_size=120), st.text(max_size=60))
def test_any_text_is_read_without_a_stumble_and_every_figure_lies_in_it(said: str, question: str) -> None:
    for one in pay.named(f"I make {said}", asked=True, question=question):
        assert 0 <= one.start < one.end <= len(said) + len("I make ")


@given(
    st.sampled_from(["at least", "more than", "over", "upwards of"]),
    st.sampled_from(["up to", "at most", "under", "as much as"]),
    st.integers(20, 300),
)
def test_open_ends_stay_open(least: str, most: str, thousands: int) -> None:
    floor, roof = only(f"You'll earn {least} {thousands}k."), only(f"You can make {most} ${thousands},000 a year.")
    assert (floor.amount_min, floor.amount_max) == (thousands * 1000, None)
    assert (roof.amount_min, roof.amount_max) == (None, thousands * 1000)


@pytest.mark.parametrize(
    ("text", "low", "high", "period", "kind"),
    [
        ("I make around ninety to a hundred and ten k.", 90_000, 110_000, "year", "base"),
        ("I was making like 30 at the mill.", 30_000, 30_000, "year", "base"),
        ("They started me at fifteen an hour.", 15, 15, "hour", "starting"),
        ("Apprentices start at eighteen fifty an hour.", 18.5, 18.5, "hour", "starting"),
        ("I make fifty, sixty grand.", 50_000, 60_000, "year", "base"),
        ("I got a signing bonus of $5,000.", 5_000, 5_000, None, "bonus"),
        ("A small job pays maybe $400 per project.", 400, 400, None, "base"),
        ("I get 300 a day.", 300, 300, "day", "base"),
        ("With overtime I make $71,000 in total.", 71_000, 71_000, "year", "total"),
        ("The salary range is 41 to 58 thousand euros.", 41_000, 58_000, "year", "range"),
        ("I was granted stock, $20,000 a year in RSUs.", 20_000, 20_000, "year", "equity"),
        ("I make one twenty.", 120_000, 120_000, "year", "base"),
        ("I make 90 before bonus.", 90_000, 90_000, "year", "base"),
        ("When I turned 30 I was making 80k.", 80_000, 80_000, "year", "base"),
        ("With two degrees I make 52,000.", 52_000, 52_000, "year", "base"),
        ("I earn in the mid eighties.", 84_000, 86_000, "year", "base"),
        ("I make low to mid sixties.", 60_000, 66_000, "year", "base"),
        ("I make between forty and, I don't know, fifty thousand.", 40_000, 50_000, "year", "base"),
    ],
)
def test_figures_are_understood_from_their_sentence(
    text: str, low: float, high: float, period: Period | None, kind: PayKind
) -> None:
    found = only(text)
    assert (found.amount_min, found.amount_max, found.period, found.kind) == (low, high, period, kind)


def test_a_bare_range_is_pay_only_when_pay_was_asked_for() -> None:
    assert pay.named("Probably 60 to 70.") == []
    assert only("Probably 60 to 70.", asked=True).amount_max == 70_000


def test_each_clause_is_judged_by_its_own_words() -> None:
    assert only("My rent is 1,200 and I make 4,500 a month.").amount_min == 4_500
    assert only("I have 30 students and I make 45.").amount_min == 45_000


def test_six_figures_name_no_amount() -> None:
    assert pay.named("I make low six figures.", asked=True) == []


@pytest.mark.parametrize("trap", TRAPS)
def test_money_that_is_no_pay_is_left_alone(trap: str) -> None:
    assert pay.named(trap) == []


@pytest.mark.parametrize("trap", [trap for trap in TRAPS if "60 to 70" not in trap])
def test_a_question_about_pay_does_not_turn_other_money_into_pay(trap: str) -> None:
    assert pay.named(trap, asked=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "I was just trying to make $60,000 a year.",
        "If I had a million dollars I would stop.",
        "I make 50 sandwiches a day.",
        "I've been earning my keep there since 2015.",
        "We get a 401k match.",
        "Our raise was 5% and I got 3 percent.",
        "I work 40 hours a week and I make good money.",
        "I paid 30,000 dollars for the course.",
    ],
)
def test_counts_goals_and_costs_are_no_pay(text: str) -> None:
    assert pay.named(text) == []


def test_of_several_figures_the_sum_of_all_is_the_main_one() -> None:
    found = pay.named("I get 2,500 a month from the school and altogether it pays $48,000 a year.")
    assert [figure.amount_min for figure in pay.main_first(one.pay for one in found)] == [48_000, 2_500]


@pytest.mark.parametrize(
    ("said", "amounts"),
    [
        ("I make $52,000 a year.", [52_000]),
        ("I started at $15 an hour and now I make $52,000 a year.", [52_000, 15]),
        ("I get a bonus of $4,000 a year and my salary is $52,000 a year.", [52_000, 4_000]),
        ("I make $52,000 a year, yes, I make $52,000 a year.", [52_000]),
        ("I like it.", []),
    ],
)
def test_every_figure_is_kept_once_and_the_main_one_leads(said: str, amounts: list[float]) -> None:
    assert [figure.amount_min for figure in pay.main_first(one.pay for one in pay.named(said))] == amounts


@pytest.mark.parametrize(
    ("said", "currency"),
    [
        (["It costs £5.", "Twenty quid."], "GBP"),
        (["It costs £5.", "or $7"], None),
        (["I make $60,000.", "Five bucks.", "A trip was 40 euros."], "USD"),
        (["Sixty thousand Canadian dollars.", "It's in Canadian dollars.", "$70,000."], "CAD"),
        (["A hundred Canadian dollars.", "I make $70,000.", "Five bucks."], "USD"),
        (["20 US dollars, 30 Canadian dollars and 40 Canadian dollars."], "CAD"),
        (["Thirty thousand pounds."], "GBP"),
        (["It weighs 50 pounds."], None),
        (["A$5", "AU$6", "$7"], "AUD"),
        (["It's ₦5."], "NGN"),
        ([], None),
    ],
)
def test_a_conversation_counts_in_the_currency_that_it_names_most(said: list[str], currency: str | None) -> None:
    assert pay.currency_of(said) == currency


def test_the_currency_of_the_conversation_is_used_when_a_figure_names_none() -> None:
    assert pay.named("I make 40k.", currency="GBP")[0].pay.currency == "GBP"
    assert pay.named("I make $40,000.", currency="GBP")[0].pay.currency == "USD"


def test_plain_dollars_are_those_that_the_conversation_counts_in() -> None:
    assert pay.named("I make $40,000.", currency="CAD")[0].pay.currency == "CAD"
    assert pay.named("I make US$40,000.", currency="CAD")[0].pay.currency == "USD"


@pytest.mark.parametrize(
    ("question", "answer", "amount", "period", "kind"),
    [
        ("What do you make an hour?", "About 30.", 30, "hour", "base"),
        ("What's your hourly rate?", "Twenty-six fifty.", 26.5, "hour", "base"),
        ("How much do you earn a month?", "It's around four thousand.", 4_000, "month", "base"),
        ("What's your hourly rate?", "It's 60 thousand a year.", 60_000, "year", "base"),
        ("What do you earn a year?", "Sixty.", 60_000, "year", "base"),
        ("What did you start on?", "Forty.", 40_000, "year", "starting"),
        ("Is there a bonus?", "About five grand.", 5_000, None, "bonus"),
        ("How many hours a week do you work, and what do you make?", "Fifty.", 50_000, "year", "base"),
    ],
)
def test_the_question_says_what_the_answer_leaves_out(
    question: str, answer: str, amount: float, period: Period | None, kind: PayKind
) -> None:
    (found,) = pay.named(answer, asked=True, question=question)
    assert (found.pay.amount_min, found.pay.period, found.pay.kind) == (amount, period, kind)


def test_a_span_is_ones_own_when_the_question_was_about_oneself() -> None:
    yours = pay.named("Fifty to sixty.", asked=True, question="What do you make, if I may ask?")
    theirs = pay.named("Fifty to sixty.", asked=True, question="What do people here make?")
    assert [yours[0].pay.kind, theirs[0].pay.kind] == ["base", "range"]


@pytest.mark.parametrize("phrase", TUNING, ids=lambda phrase: phrase.text)
def test_a_phrase_that_the_patterns_were_mended_by_is_understood(phrase: Phrase) -> None:
    assert understood(phrase) == phrase.figures


def test_how_many_phrases_are_understood_whose_misses_nobody_read() -> None:
    # What was measured, of 64 and of 24. The figures of the fresh ones are 6 of 16: the fairer share of the two.
    assert sum(understood(phrase) == phrase.figures for phrase in HELD_OUT) >= 59
    assert sum(understood(phrase) == phrase.figures for phrase in FRESH) >= 14


@pytest.mark.parametrize(
    "phrase", [one for one in (*HELD_OUT, *FRESH) if not one.figures], ids=lambda phrase: phrase.text
)
def test_no_trap_of_the_others_is_pay(phrase: Phrase) -> None:
    assert understood(phrase) == ()
