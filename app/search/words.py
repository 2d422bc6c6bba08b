"""Words as search sees them: runs of letters and digits, without case and accents. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_CHARS = 100
# Han, kana, Thai, Lao, Burmese, Khmer: nobody puts blanks between their words. Each sign is a word of its own, and
# what is written together is searched together.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
# What an accented Latin, Greek or Cyrillic letter has beside its base. Marks of other scripts carry vowels and stay.
ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True)
class Token:
    """A word of a text: where it stands, and how it is looked for."""

    start: int
    end: int
    folded: str


class _Blanked(dict[int, int]):
    """For `str.translate`: every sign that is no letter, digit or mark becomes a blank."""

    def __missing__(self, code: int) -> int:
        self[code] = code if unicodedata.category(chr(code))[0] in "LMN" else ord(" ")
        return self[code]


_blanked = _Blanked()


def tokens(text: str) -> Iterator[Token]:
    # One sign for one: what is found in the second text stands in the same place in the first.
    for found in WORD.finditer(text.translate(_blanked)):
        folded = fold(found.group())
        if folded:
            yield Token(found.start(), found.end(), folded)


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """The word without case, accents and ways of writing: `ﬁancée`, `FIANCÉE` and `Fiance\u0301e` are one.

    Stemmed it is not: no rule holds in every language, and two databases do not share one. Empty for a sign that
    stands for none, and never longer than MOST_CHARS.
    """
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold()))
    return "".join(unicodedata.normalize("NFKC", plain).translate(_blanked).split())[:MOST_CHARS]
