"""Numbers as people say them."""

import pytest

from app.extraction import numbers


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("52,000", 52_000),
        ("45.000", 45_000),
        ("3.5 million", 3_500_000),
        ("ninety k", 90_000),
        ("a hundred and ten k", 110_000),
        ("two hundred fifty thousand", 250_000),
        ("fifty-two thousand five hundred", 52_500),
        ("fifty two five", 52_500),
        ("twenty-five hundred", 2_500),
        ("one twenty", 120),
        ("one oh five", 105),
        ("three and a half grand", 3_500),
        ("one point two million", 1_200_000),
        ("half a million", 500_000),
        ("a couple thousand", 2_000),
        ("a hundred k", 100_000),
        ("one-ten", 110),
        ("seventy-one thousand, four hundred", 71_400),
        ("twelve lakh", 1_200_000),
        ("4.5 lakhs", 450_000),
        ("two crore", 20_000_000),
        ("12,00,000", 1_200_000),
    ],
)
def test_a_spoken_number_has_its_value(said: str, value: float) -> None:
    number = numbers.read(numbers.tokens_of(said), 0)
    assert number is not None
    assert number.value == value
    assert number.end == len(said)


def test_twelve_fifty_is_also_dollars_and_cents() -> None:
    number = numbers.read(numbers.tokens_of("twelve fifty"), 0)
    assert number is not None
    assert number.cents == 12.5


def test_two_tens_in_a_row_are_two_numbers() -> None:
    number = numbers.read(numbers.tokens_of("fifty sixty thousand"), 0)
    assert number is not None
    assert (number.value, number.tokens) == (50, 1)


@pytest.mark.parametrize("said", ["401k", "403b", "of", "", "a couple", "k", "hundredth"])
def test_these_are_not_numbers(said: str) -> None:
    assert numbers.read(numbers.tokens_of(said), 0) is None


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("mid eighties", 84, 86),
        ("low nineties", 90, 93),
        ("high 40s", 47, 49),
        ("mid-80's", 84, 86),
        ("low to mid sixties", 60, 66),
    ],
)
def test_a_part_of_a_decade_has_two_ends(said: str, low: float, high: float) -> None:
    ends = numbers.decade(numbers.tokens_of(said), 0)
    assert ends is not None
    assert [(end.value, end.end) for end in ends] == [(low, len(said)), (high, len(said))]


@pytest.mark.parametrize("said", ["the eighties", "mid", "low 85s", "mid eighty", "high hopes", "low to"])
def test_these_are_no_part_of_a_decade(said: str) -> None:
    assert numbers.decade(numbers.tokens_of(said), 0) is None
