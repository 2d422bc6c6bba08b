"""Names of people: by their capitals, by a title, or by "named" where a transcript has no capitals."""

from app.extraction.people import words
from app.extraction.people.tokens import Tokens

NAME_WORDS = 4
BARE_WORDS = 2  # of a name in a transcript without capitals
# "in Austin" and "the Cleveland main" are places, "by Ellen Marsh" tells an author, in quotation marks stands a title.
NOT_BEFORE = ("in", "near", "by", "at", "from", "the", "called", "named", '"', "'")
CUES = (
    ("named",),
    ("called",),
    ("by", "the", "name", "of"),
    *((whose, "name", verb) for whose in ("his", "her", "their") for verb in ("is", "'s", "was")),
)


def read(tokens: Tokens, place: int) -> int | None:
    """Where the name that begins at `place` ends."""
    if tokens.at(place) in words.TITLES:
        return _titled(tokens, place)
    first = _after_initials(tokens, place)
    if not tokens.is_capital(first) or _is_opening(tokens, place) or _is_within(tokens, place):
        return None
    end = _capitals(tokens, first)
    low = tokens.low[place : end + 1]
    known = any(word in words.PLATFORMS | words.ENDINGS or words.is_organisation(word) for word in low)
    return None if known else end


def _titled(tokens: Tokens, place: int) -> int | None:
    first = place + 2 if tokens.at(place + 1) == "." else place + 1
    if tokens.is_capital(first):
        return _capitals(tokens, first)
    if not tokens.is_bare or tokens.at(place - 1) in ("a", "the", "my", "your", "our", "her", "his", "their"):
        return None
    end = tokens.run(first, limit=BARE_WORDS)
    return end if end > first else None


def _is_opening(tokens: Tokens, place: int) -> bool:
    """Whether it may have its capital only from where it stands."""
    low = tokens.at(place)
    is_common = low in words.OPENERS | words.DOINGS or words.is_certain_person(low) or words.is_plural(low)
    return tokens.begins_sentence(place) and is_common


def _is_within(tokens: Tokens, place: int) -> bool:
    """Whether it goes on something that is no person: the Ito of "by Kenji Ito", the House of "Back of House"."""
    before = place - 1
    while (step := _step_back(tokens, before)) > 0:
        before -= step
    return before < place - 1 or tokens.at(before) in NOT_BEFORE


def _step_back(tokens: Tokens, place: int) -> int:
    if tokens.at(place) == "of" and tokens.is_written_large(place - 1):
        return 2
    return 1 if tokens.is_written_large(place) and not _is_opening(tokens, place) else 0


def _capitals(tokens: Tokens, place: int) -> int:
    end = place + 1
    while end < place + NAME_WORDS:
        following = _after_particles(tokens, _after_initials(tokens, end))
        if not tokens.is_capital(following):
            break
        end = following + 1
    return end


def _after_initials(tokens: Tokens, place: int) -> int:
    """Where "J. R. Bell" goes on after its initials."""
    while tokens.is_written_large(place) and len(tokens.at(place)) == 1 and tokens.at(place + 1) == ".":
        place += 2
    return place


def _after_particles(tokens: Tokens, place: int) -> int:
    while tokens.at(place) in words.PARTICLES:
        place += 1
    return place


def called(tokens: Tokens, place: int) -> tuple[int, int] | None:
    """The name after "named", "who's called", "her name is" at `place`: its first token, and the one after it."""
    at = place + 1 if tokens.at(place) == "," else place
    at = at + 2 if tokens.has(at, "who", "'s") or tokens.has(at, "who", "is") else at
    for cue in CUES:
        if tokens.has(at, *cue):
            return _any(tokens, at + len(cue))
    return None


def _any(tokens: Tokens, first: int) -> tuple[int, int] | None:
    end = _capitals(tokens, first) if tokens.is_capital(first) else read(tokens, first) or first
    end = tokens.run(first, limit=BARE_WORDS) if end == first and tokens.is_bare else end
    return (first, end) if end > first else None


def after_role(tokens: Tokens, place: int) -> tuple[int, int] | None:
    """The name that follows "my colleague" at once, or after a comma."""
    first = place + 1 if tokens.at(place) == "," else place
    end = read(tokens, first)
    if end is not None:
        return first, end
    if not tokens.is_bare or first > place:
        return None
    end = tokens.run(first, limit=1)
    # "my friend owns a bakery" has a word there too, but a name is followed by a verb, "at", "who" or nothing.
    is_name = end > first and not tokens.is_word(end) and tokens.at(end) not in ("a", "an", "the", "my", "his", "her")
    return (first, end) if is_name and not tokens.at(first).endswith("ly") else None
