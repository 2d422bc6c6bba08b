"""Pay, understood: what is spoken comes back as an amount, and what is no pay does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extraction import pay
from app.extraction.values import Pay, PayKind, Period

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()  # noqa: SIM905 - counts
ONES += ["seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
TRAPS = [
    line
    for line in (Path(__file__).parent / "traps.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def in_words(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{in_words(number // 100)} hundred{rest}"
    rest = f" {in_words(number % 1000)}" if number % 1000 else ""
    return f"{in_words(number // 1000)} thousand{rest}"


def ways(amount: int) -> list[str]:
    """Some of the ways in which people say an amount of thousands."""
    thousands = amount // 1000
    said = [f"{amount:,}", f"${amount:,}", f"{amount:,} dollars", in_words(amount), f"{in_words(amount)} dollars"]
    if amount % 1000 == 0:
        words = in_words(thousands)
        said += [f"{thousands}k", f"${thousands}K", f"{thousands} thousand", f"{words} k", f"{words} grand"]
    return said


def only(text: str, *, asked: bool = False) -> Pay:
    found = pay.named(text, asked=asked)
    assert len(found) == 1, found
    return found[0].pay


yearly = st.integers(12, 480).map(lambda thousands: thousands * 1000) | st.integers(24, 500).map(lambda n: n * 500)
opening = st.sampled_from(["I make", "I'm making about", "My salary is", "it pays around", "Most nurses earn"])
by_the_year = st.sampled_from(["a year", "per year", "annually", "every year"])


@given(opening, yearly, by_the_year, st.data())
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


@given(
    st.integers(8, 95),
    st.sampled_from(["an hour", "per hour", "/hour", "every hour"]),
    st.sampled_from(["${n}", "{n} bucks", "{w} dollars", "{n} pounds", "€{n}"]),
)
def test_an_hourly_figure_comes_back_with_its_currency(amount: int, period: str, form: str) -> None:
    said = form.format(n=amount, w=in_words(amount))
    found = only(f"I get paid {said}{'' if period[0] == '/' else ' '}{period}.")
    assert (found.amount_min, found.period) == (amount, "hour")
    assert found.currency == ("GBP" if "pound" in said else "EUR" if "€" in said else "USD")


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


def test_the_currency_of_the_conversation_is_used_when_a_figure_names_none() -> None:
    assert pay.currency_of(iter(["It costs £5.", "Twenty quid."])) == "GBP"
    assert pay.currency_of(iter(["It costs £5.", "or $7"])) is None
    assert pay.named("I make 40k.", currency="GBP")[0].pay.currency == "GBP"
