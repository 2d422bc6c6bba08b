"""Numbers as people say them: "52,000", "ninety k", "a hundred and ten", "one twenty", "twelve fifty"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ONES = "zero one two three four five six seven eight nine".split()  # noqa: SIM905 - counting reads best as words
UNITS = {word: n for n, word in enumerate(ONES)} | {"oh": 0}
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1_000, "thou": 1_000, "grand": 1_000, "k": 1_000, "million": 1_000_000}
INDIAN = {
    "lakh": 100_000, "lakhs": 100_000, "lac": 100_000, "lacs": 100_000, "lpa": 100_000,
    "crore": 10_000_000, "crores": 10_000_000,
}  # fmt: skip
DECADES = {f"{word[:-1]}ies": ten for word, ten in TENS.items()}
WHERE = {  # in a decade
    "low": (0, 3), "lower": (0, 3), "mid": (4, 6), "middle": (4, 6), "high": (7, 9), "upper": (7, 9),
}  # fmt: skip
PLAN_NAMES = frozenset({401, 403, 457})  # retirement plans: 401k, 403b
DIGITS = frozenset("0123456789")  # str.isdigit is also true of superscripts
SMALLEST_FULL = 1_000
SMALLEST_DOLLARS = 7  # "seven fifty an hour" is 7.50; "two fifty" is 250

TOKEN = re.compile(
    r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"  # 12,00,000: lakhs
    r"|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?|[0-9]{1,3}(?:\.[0-9]{3})+(?![0-9])|[0-9]{1,12}(?:\.[0-9]{1,4})?"
    r"|[A-Za-z]+|[^\sA-Za-z0-9]"
)


@dataclass(frozen=True)
class Token:
    start: int
    end: int
    word: str


@dataclass(frozen=True)
class Number:
    """A number and where it was said. `scale`: the multiplier spoken last (1: none was).

    `cents`: "twelve fifty" is 1250 as a number and 12.50 as an hourly rate.
    """

    start: int
    end: int
    tokens: int
    value: float
    scale: int = 1
    digits: bool = False
    cents: float | None = None

    @property
    def is_full(self) -> bool:
        """Nothing is left to be understood: a multiplier was said or written out."""
        return self.scale > SCALES["hundred"] or self.value >= SMALLEST_FULL


def tokens_of(text: str) -> list[Token]:
    return [Token(m.start(), m.end(), m.group().lower()) for m in TOKEN.finditer(text)]


def read(tokens: Sequence[Token], at: int) -> Number | None:
    """The number that begins at token `at`, or None."""
    return _Reader(tokens, at).read()


def decade(tokens: Sequence[Token], at: int) -> tuple[Number, Number] | None:
    """Both ends of "mid eighties", "low 90s", "low to mid sixties" at token `at`: 84 and 86, 90 and 93, 60 and 66."""
    words = [token.word for token in tokens[at : at + 8]] + [""] * 8
    if words[0] not in WHERE:
        return None
    low, last = WHERE[words[0]][0], 0
    if words[1] in {"to", "or", "-"} and words[2] in WHERE:
        last = 2
    begin = last + (2 if words[last + 1] in {"-", "to"} else 1)
    ten, used = _ten(words[begin:])
    if not ten:
        return None
    first, final = tokens[at], tokens[at + begin + used - 1]
    count = begin + used
    ends = (ten + low, ten + WHERE[words[last]][1])
    return Number(first.start, final.end, count, ends[0]), Number(first.start, final.end, count, ends[1])


def _ten(words: Sequence[str]) -> tuple[int, int]:
    """(80, how many words said it) for "eighties", "80s", "80's"; (0, 0) for anything else."""
    if words[0] in DECADES:
        return DECADES[words[0]], 1
    if words[0][:1] in DIGITS and words[0].isdecimal() and int(words[0]) in TENS.values():
        used = 2 if words[1] == "s" else 3 if words[1] == "'" and words[2] == "s" else 0
        return (int(words[0]), used) if used else (0, 0)
    return 0, 0


class _Reader:
    """Reads one number from left to right; `i` is the next token."""

    def __init__(self, tokens: Sequence[Token], at: int) -> None:
        self.tokens, self.at, self.i = tokens, at, at

    def word(self, ahead: int = 0) -> str:
        place = self.i + ahead
        return self.tokens[place].word if place < len(self.tokens) else ""

    def read(self) -> Number | None:
        return self._written() if self.word()[:1] in DIGITS else self._spoken()

    def _number(self, value: float, **more: float | bool | None) -> Number:
        first, last = self.tokens[self.at], self.tokens[self.i - 1]
        return Number(first.start, last.end, self.i - self.at, value, **more)  # type: ignore[arg-type]  # narrow by use

    def _written(self) -> Number | None:
        raw = self.word()
        thousands = "," in raw or re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+", raw)
        value = (
            float(raw.replace(",", "").replace(".", ""))
            if thousands and "," not in raw
            else float(raw.replace(",", ""))
        )
        self.i += 1
        if value in PLAN_NAMES and self.word() in {"k", "b"}:
            return None
        value += self._and_a_half()
        scale = self._scale()
        return self._number(round(value * scale, 2), scale=scale, digits=True)

    def _spoken(self) -> Number | None:
        if self.word() == "half" and self.word(1) == "a" and self.word(2) == "million":
            self.i += 3
            return self._number(500_000, scale=SCALES["million"])
        if self.word() == "a" and self.word(1) == "couple":
            self.i += 3 if self.word(2) == "of" else 2
            scale = self._scale()
            return self._number(2 * scale, scale=scale) if scale > 1 else None
        group = self._under_thousand()
        if group is None:
            return None
        value, cents = group
        value += self._point() + self._and_a_half()
        scale = self._scale()
        total = value * scale + (self._rest() if scale > 1 else 0)
        return self._number(round(total, 2), scale=scale, cents=None if scale > 1 else cents)

    def _under_thousand(self) -> tuple[float, float | None] | None:
        """(value, the same read as dollars and cents)."""
        if self.word() == "a" and self.word(1) in SCALES and self.word(1) != "k":
            self.i += 1
            return (self._hundreds(1), None)
        small = self._small()
        if small is None:
            return None
        if self.word() == "hundred":
            return (self._hundreds(small), None)
        return self._pair(small)

    def _hundreds(self, count: float) -> float:
        if self.word() != "hundred":
            return count
        self.i += 1
        before = self.i
        if self.word() == "and":
            self.i += 1
        rest = self._small()
        if rest is None or self.word() == "hundred":
            self.i = before
            return count * 100
        return count * 100 + rest

    def _small(self) -> int | None:
        """Nought to ninety-nine."""
        word = self.word()
        if word in TENS:
            self.i += 1
            skip = 1 if self.word() == "-" else 0
            unit = UNITS.get(self.word(skip), 0) if self.word(skip) != "oh" else 0
            self.i += skip + 1 if unit else 0
            return TENS[word] + unit
        for table in (TEENS, UNITS):
            if word in table and word != "oh":
                self.i += 1
                return table[word]
        return None

    def _pair(self, first: int) -> tuple[float, float | None]:
        """Two numbers said as one: "one twenty", "one oh five", "twelve fifty", but not "fifty sixty"."""
        begin = self.i
        if self.word() == "-" and first < 10 and (self.word(1) in TEENS or self.word(1) in TENS):  # noqa: PLR2004 - "one-ten"
            self.i += 1
        if self.word() == "oh" and self.word(1) in UNITS:
            self.i += 2
            return self._joined(first, UNITS[self.word(-1)])
        if first > max(TEENS.values()) and first % 10 and self.word() == "five" and self.word(1) not in SCALES:
            self.i += 1
            return ((first + 0.5) * SCALES["thousand"], None)
        second = self._small()
        ten = 10
        if second is None or second < ten or not first or self.word() in {"thousand", "grand", "hundred"}:
            self.i = begin
            return (first, None)
        if first in TENS.values() and second - first == ten:
            self.i = begin
            return (first, None)
        return self._joined(first, second)

    def _joined(self, first: int, second: int) -> tuple[float, float | None]:
        return (first * 100 + second, first + second / 100 if first >= SMALLEST_DOLLARS else None)

    def _and_a_half(self) -> float:
        if self.word() == "and" and self.word(1) == "a" and self.word(2) == "half":
            self.i += 3
            return 0.5
        return 0.0

    def _point(self) -> float:
        if self.word() == "point" and self.word(1) in UNITS:
            self.i += 2
            return UNITS[self.word(-1)] / 10
        return 0.0

    def _scale(self) -> int:
        if self.word() in INDIAN:
            self.i += 1
            return INDIAN[self.word(-1)]
        scale = 1
        while self.word() in SCALES and scale * SCALES[self.word()] <= SCALES["million"]:
            scale *= SCALES[self.word()]
            self.i += 1
        if self.word() == "mil" or (self.word() == "m" and self.i - self.at == 1):
            self.i += 1
            scale = SCALES["million"]
        return scale

    def _rest(self) -> float:
        """What follows "thousand": "fifty-two thousand five hundred", with a comma too where "hundred" is said."""
        begin = self.i
        paused = self.word() == ","
        if paused or self.word() == "and":
            self.i += 1
        group = self._under_thousand()
        said_hundred = "hundred" in {token.word for token in self.tokens[begin : self.i]}
        over = group is not None and group[0] >= SMALLEST_FULL
        if group is None or over or (paused and not said_hundred) or self.word() in {*SCALES, *INDIAN}:
            self.i = begin
            return 0
        return group[0]
