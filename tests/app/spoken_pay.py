"""A generator that speaks figures of pay in many ways, each with the pay it should be heard as."""

from dataclasses import dataclass

from hypothesis import strategies as st

from app.extraction.values import Pay, PayKind, Period

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()  # noqa: SIM905 - counts
ONES += ["seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
PENSION_PLANS = {401, 403, 457}  # "401k" is a plan, never a salary

PERIODS: dict[Period, tuple[str, ...]] = {
    "hour": ("an hour", "per hour", "every hour", "hourly"),
    "day": ("a day", "per day", "each day"),
    "week": ("a week", "per week", "every single week", "weekly"),
    "month": ("a month", "per month", "each month", "monthly"),
    "year": ("a year", "per year", "annually", "per annum", "every year"),
}
SIZES: dict[Period, tuple[int, int]] = {  # what such a period is paid, in units
    "hour": (8, 180), "day": (60, 900), "week": (200, 4_000), "month": (1_000, 9_900), "year": (12_000, 480_000),
}  # fmt: skip
STEPS: dict[Period, int] = {"hour": 1, "day": 10, "week": 50, "month": 100, "year": 500}
BEFORE = {
    "$": "USD",
    "£": "GBP",
    "€": "EUR",
    "₹": "INR",
    "₦": "NGN",
    "¥": "JPY",
    "C$": "CAD",
    "A$": "AUD",
    "CHF ": "CHF",
}
AFTER = {
    "dollars": "USD", "bucks": "USD", "pounds": "GBP", "quid": "GBP", "euros": "EUR", "rupees": "INR", "naira": "NGN",
    "yen": "JPY", "Canadian dollars": "CAD", "Australian dollars": "AUD", "Swiss francs": "CHF",
}  # fmt: skip
KINDS: dict[PayKind, tuple[str, ...]] = {
    "base": ("I make", "I'm making", "My salary is", "I earn", "They pay me", "I get paid", "These days I make"),
    "starting": ("My starting salary was", "I started at", "My first job paid me", "New grads start at"),
    "total": ("All in, I make", "With overtime I make", "My total pay is", "Altogether I earn"),
    "bonus": ("I get a bonus of", "My bonus is"),
    "equity": ("I get stock of", "My equity is"),
}
HEDGES = ("", " about", " like", " around", " probably", ", you know,", ", uh,", " maybe", ", I'd say,", " roughly")
LEAST, MOST = ("at least", "more than", "upwards of"), ("up to", "at most", "as much as", "less than")


@dataclass(frozen=True)
class Spoken:
    text: str
    pay: Pay


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
    """An amount in digits, in words, and by its thousands."""
    said = [f"{amount:,}", in_words(amount)]
    thousands, rest = divmod(amount, 1000)
    if thousands and not rest and thousands not in PENSION_PLANS:
        words = in_words(thousands)
        said += [f"{thousands}k", f"{thousands}K", f"{thousands} thousand", f"{words} k", f"{words} grand"]
    if 1_000 < amount < 10_000 and amount % 100 == 0 and amount % 1000:
        said.append(f"{in_words(amount // 100)} hundred")
    return said


def spans(low: int, high: int) -> list[str]:
    """A range, each end in full or both with the unit that is said last."""
    said = [f"{a} to {b}" for a, b in zip(ways(low), ways(high), strict=False)]
    said += [f"between {low:,} and {high:,}", f"{low:,}-{high:,}", f"from {in_words(low)} up to {in_words(high)}"]
    if low % 1000 == high % 1000 == 0 and high // 1000 not in PENSION_PLANS:
        a, b = low // 1000, high // 1000
        said += [
            f"{a} to {b}k",
            f"{a}-{b}k",
            f"between {a} and {b} thousand",
            f"{in_words(a)} to, like, {in_words(b)} grand",
        ]
    return said


@st.composite
def amounts(draw: st.DrawFn, period: Period) -> int:
    (low, high), step = SIZES[period], STEPS[period]
    return draw(st.integers(-(-low // step), high // step)) * step


@st.composite
def figures(draw: st.DrawFn, period: Period) -> tuple[str, int | None, int | None]:
    """What is said of an amount, a range or an open end, and its two ends."""
    amount = draw(amounts(period))
    shape = draw(st.sampled_from(["one", "one", "range", "least", "most"]))
    said = draw(st.sampled_from(ways(amount)))
    if shape == "least":
        return f"{draw(st.sampled_from(LEAST))} {said}", amount, None
    if shape == "most":
        return f"{draw(st.sampled_from(MOST))} {said}", None, amount
    if shape == "range":
        high = amount + STEPS[period] * draw(st.integers(1, 20))
        return draw(st.sampled_from(spans(amount, high))), amount, high
    return f"{draw(st.sampled_from(HEDGES))} {said}", amount, amount


@st.composite
def spoken(draw: st.DrawFn) -> Spoken:
    """A sentence that names one figure of pay with its period, and mostly its currency."""
    period = draw(st.sampled_from(list(PERIODS)))
    kind = draw(st.sampled_from(list(KINDS)))
    said, low, high = draw(figures(period))
    currency = draw(st.sampled_from(["", *AFTER]))
    priced = f"{said} {currency}" if currency else said
    rate = draw(st.sampled_from(PERIODS[period]))
    text = " ".join(f"{draw(st.sampled_from(KINDS[kind]))} {priced} {rate}.".split()).replace(" ,", ",")
    code = AFTER.get(currency)
    return Spoken(text, Pay(amount_min=low, amount_max=high, currency=code, period=period, kind=kind))


@st.composite
def written(draw: st.DrawFn) -> Spoken:
    """The same as a machine spells it: a sign or a code before the digits."""
    period = draw(st.sampled_from(list(PERIODS)))
    sign, code = draw(st.sampled_from(list(BEFORE.items())))
    low = draw(amounts(period))
    high = low + STEPS[period] * draw(st.integers(0, 20))
    said = (
        f"{sign}{low:,}"
        if low == high
        else draw(st.sampled_from([f"{sign}{low:,} to {sign}{high:,}", f"{sign}{low:,}-{high:,}"]))
    )
    text = f"{draw(st.sampled_from(KINDS['base']))} {said} {draw(st.sampled_from(PERIODS[period]))}."
    return Spoken(text, Pay(amount_min=low, amount_max=high, currency=code, period=period, kind="base"))
