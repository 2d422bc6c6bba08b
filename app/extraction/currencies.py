"""How currencies are named: signs, codes and words, and which nation's dollars, francs or pounds."""

import re
from collections.abc import Iterator, Sequence

from app.extraction.numbers import Token

SYMBOLS = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR", "₦": "NGN"}
CODES = {
    "usd": "USD", "gbp": "GBP", "eur": "EUR", "jpy": "JPY", "inr": "INR", "rs": "INR", "ngn": "NGN", "cad": "CAD",
    "aud": "AUD", "nzd": "NZD", "sgd": "SGD", "hkd": "HKD", "chf": "CHF",
}  # fmt: skip
WORDS = {
    "dollar": "USD", "dollars": "USD", "buck": "USD", "bucks": "USD", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
    "euro": "EUR", "euros": "EUR", "yen": "JPY", "rupee": "INR", "rupees": "INR", "naira": "NGN", "franc": "CHF",
    "francs": "CHF", **CODES,
}  # fmt: skip
NATIONS = {
    "us": "USD", "american": "USD", "canadian": "CAD", "australian": "AUD", "aussie": "AUD", "singapore": "SGD",
    "sterling": "GBP", "british": "GBP", "swiss": "CHF", "indian": "INR", "nigerian": "NGN", "japanese": "JPY",
    "new zealand": "NZD", "hong kong": "HKD",
}  # fmt: skip
DOLLARS = {
    "us": "USD", "a": "AUD", "au": "AUD", "c": "CAD", "ca": "CAD", "nz": "NZD", "s": "SGD", "hk": "HKD",
}  # fmt: skip
LAKHS = frozenset({"lakh", "lakhs", "lac", "lacs", "lpa", "crore", "crores"})
PLAIN = "plain"  # dollars of no nation
MENTION = re.compile(
    r"(?:\b(?P<prefix>us|au?|ca?|nz|s|hk))?(?P<sign>[$£€¥₹₦])"
    rf"|\b(?P<nation>{'|'.join(NATIONS)}) (?P<national>dollars?|pounds?|francs?|rupees?|naira|yen)\b"
    # Pounds are a weight too, unless they are many or come by the hour.
    r"|(?:(?:thousand|grand|k|,[0-9]{3}) |\b(?=pounds (?:an?|per) (?:hour|day|week|month|year)))(?P<pounds>pounds)\b"
    rf"|\b(?P<word>{'|'.join(word for word in WORDS if word not in {'pound', 'pounds', 'rs'})})\b",
    re.IGNORECASE,
)


def mentions(text: str) -> Iterator[str]:
    """The code of every currency named in `text`, as often as it is; `PLAIN` for dollars of no nation."""
    for found in MENTION.finditer(text.lower()):
        said = {name: value for name, value in found.groupdict().items() if value}
        if "nation" in said:
            yield NATIONS[said["nation"]]
        elif said.get("sign") == "$":
            yield DOLLARS[said["prefix"]] if "prefix" in said else PLAIN
        elif "sign" in said:
            yield SYMBOLS[said["sign"]]
        else:
            word = said.get("pounds") or said["word"]
            yield PLAIN if word in {"dollar", "dollars", "buck", "bucks"} else WORDS[word]


def before(tokens: Sequence[Token], at: int) -> tuple[str | None, int]:
    """The currency written before a number, "$", "CHF", "A$", and how many tokens wrote it."""
    word, sign = _word(tokens, at), _word(tokens, at + 1)
    if word in DOLLARS and sign == "$" and tokens[at].end == tokens[at + 1].start:
        return DOLLARS[word], 2
    if word in CODES:
        return CODES[word], 2 if word == "rs" and sign == "." else 1
    return SYMBOLS.get(word), 1 if word in SYMBOLS else 0


def after(tokens: Sequence[Token], at: int) -> tuple[str | None, int]:
    """The currency said after a number, "dollars", "Swiss francs", "Canadian", and how many tokens said it."""
    nation, used = _nation(tokens, at)
    said = WORDS.get(_word(tokens, at + used))
    if said:
        return (NATIONS.get(nation, said), used + 1)
    is_alone = nation not in {"", "us"} and not _word(tokens, at + used)[:1].isalnum()
    return (NATIONS[nation], used) if is_alone else (None, 0)


def _nation(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    two = f"{_word(tokens, at)} {_word(tokens, at + 1)}"
    if two in NATIONS:
        return two, 2
    return (_word(tokens, at), 1) if _word(tokens, at) in NATIONS else ("", 0)


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""
