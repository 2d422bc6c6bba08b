"""Organisations, and parts of them: by their names, or by what they are ("the state nurses' association")."""

from app.extraction.people import words
from app.extraction.people.tokens import Tokens

MODIFIERS = 5  # words between "the" and "association"
OF_WORDS = 4  # "guild of master thatchers"
BARE_WORDS = 3
ARTICLES = ("the", "a", "an", "our", "their", "his", "her", "my", "this", "that")
NEAR = ("local", "state", "city", "county", "regional", "nearest", "national")
NO_PLACES = ("home", "school", "least", "best", "night", "lunch", "noon", "end", "point", "moment", "heart", "scale")


def read(tokens: Tokens, place: int, *, works_there: bool = False) -> int | None:
    """Where the organisation that begins at `place` ends. `works_there`: after "at", where a name alone is enough."""
    start = place + 1 if tokens.at(place) in ARTICLES or _is_yours(tokens, place) else place
    proper = _proper(tokens, start, alone=works_there or tokens.at(place) == "the")
    if proper is not None:
        return proper
    if start > place:
        return _described(tokens, start, alone=works_there or tokens.at(place) in ("our", "their"))
    if works_there and tokens.is_bare and tokens.at(place) not in NO_PLACES:
        end = tokens.run(place, limit=BARE_WORDS)
        return end if end > place else None
    return None


def _is_yours(tokens: Tokens, place: int) -> bool:
    """Whether it is somewhere to go, "your local guild", and not anybody's, "your school"."""
    return tokens.at(place) == "your" and tokens.at(place + 1) in NEAR


def _proper(tokens: Tokens, start: int, *, alone: bool) -> int | None:
    """The end of "Northwind Labs", "Guild of Master Thatchers"; `alone`: even if no word says that it is one."""
    end = start
    while end < start + MODIFIERS + OF_WORDS and (tokens.is_proper(end) or (end > start and _goes_on(tokens, end))):
        end += 1
    if end == start:
        return None
    low = tokens.low[start:end]
    if low[0] in words.PLATFORMS and tokens.at(start - 1) not in ("at", "from"):
        return None
    if any(word in words.ENDINGS or words.is_organisation(word) for word in low):
        return end
    kind = _kind(tokens, end)
    # In "the Leeds meet-up" the name only says which.
    return kind if kind or not alone or tokens.is_word(end) else end


def _goes_on(tokens: Tokens, place: int) -> bool:
    """Whether a small word stands between two large ones: "Guild of Thatchers", "Tessy's Kitchen"."""
    if tokens.at(place) not in ("of", "for", "and", "&", "the", "'", "'s"):
        return False
    return tokens.is_proper(place + 2 if tokens.at(place + 1) == "the" else place + 1)


def _kind(tokens: Tokens, end: int) -> int | None:
    """The end of a name that goes on in small letters: "Mercer County extension office"."""
    after = tokens.run(end, limit=2)
    return after if after > end and words.is_organisation(tokens.at(after - 1)) else None


def joined(tokens: Tokens, place: int) -> int | None:
    """The end of "Bectu" in "join Bectu"."""
    return _proper(tokens, place, alone=True)


def _described(tokens: Tokens, start: int, *, alone: bool) -> int | None:
    for place in range(start, start + MODIFIERS + 1):
        low = tokens.at(place)
        if words.is_organisation(low) and tokens.at(place + 1) not in ("'", "'s"):
            return _whole(tokens, place, alone=alone or place > start)
        if not (tokens.is_word(place) or low in ("'", "'s")):
            return None
    return None


def _whole(tokens: Tokens, place: int, *, alone: bool) -> int | None:
    """The end of "guild of thatchers". "office" alone names nothing, unless somebody works there; "guild" does."""
    end = place + 1
    while words.is_organisation(tokens.at(end)):
        end += 1
    if tokens.at(end) in ("of", "for") and tokens.is_word(end + 1):
        return tokens.run(end + 1, limit=OF_WORDS)
    strong = tokens.at(end - 1).removesuffix("s") in words.INSTITUTIONS
    return end if alone or strong else None


def workplace(tokens: Tokens, place: int) -> tuple[int, int] | None:
    """The organisation after "at", "over at", "from": its first token, and the one after it."""
    at = place
    while tokens.at(at) in ("over", "down", "up", "out", "back", "there", ","):
        at += 1
    if tokens.at(at) not in ("at", "from", "with", "in"):
        return None
    inside = tokens.at(at) == "in"
    end = read(tokens, at + 1, works_there=tokens.at(at) in ("at", "from"))
    # "in the burn unit" is somewhere, "in the morning" is not, and "in Boston" is a town.
    if end is None or (inside and not words.is_organisation(tokens.at(end - 1))):
        return None
    return at + 1, end
