"""Who somebody is, in words: "our head of design", "a friend who runs a bakery", "somebody in our HR department"."""

from dataclasses import dataclass, replace
from typing import Literal

from app.extraction.people import organisations, words
from app.extraction.people.tokens import Tokens

MODIFIERS = 4  # words between "my" and "boss", at most
OF_WORDS = 3
CLAUSE_WORDS = 10  # of what somebody does: "who runs a bakery"
OWN = ("my", "our", "his", "her", "their")
MODALS = frozenset("would could can might may will should 'd 'll i we you".split())  # noqa: SIM905  reads as words
BREAKS = MODALS | words.SUBJECTS | frozenset(("and", "but", "so", "because", "if", "there", "at", "over", "is", "'s"))

Kind = Literal["own", "one", "the", "some"]
KINDS: dict[str, Kind] = {
    **dict.fromkeys(OWN, "own"),
    **dict.fromkeys(("a", "an", "another", "this"), "one"),
    **dict.fromkeys(("some", "several", "two", "three"), "some"),
    "the": "the",
}


@dataclass(frozen=True)
class Role:
    """Tokens `first` to `end` say who somebody is; the text goes on at `next`.

    `vague`: so far it is only said that it is a person. `particular`: somebody certain, and not anybody of the kind.
    """

    first: int
    end: int
    next: int
    vague: bool = False
    particular: bool = False
    organisation: tuple[int, int] | None = None

    def to(self, end: int) -> "Role":
        return replace(self, end=end, next=end)


def read(tokens: Tokens, place: int) -> Role | None:
    """The role that begins at `place`."""
    if tokens.at(place) in ("somebody", "someone"):
        return _with_tails(tokens, Role(place, place + 1, place + 1, vague=True))
    start, kind = _determiner(tokens, place)
    end = _head(tokens, start) if kind else None
    if end is None:
        return None
    head = tokens.at(end - 1)
    # "a student competition" is no student; in "my friend Ana" and "my colleague dan" a name follows.
    is_other = kind == "one" and not tokens.is_bare and tokens.is_word(end) and not tokens.is_capital(end)
    if is_other or (kind in ("one", "the") and words.is_plural(head)):
        return None
    role = Role(place, end, end, vague=head in words.VAGUE and kind != "own")
    related = bool(set(tokens.low[start:end]) & words.RELATIONS)
    role = replace(role, particular=kind == "own" or (kind == "one" and related))
    found = _with_tails(tokens, role)
    explained = found.organisation is not None or found.end > end or end > start + 1
    return replace(found, particular=True) if kind == "the" and explained and not role.vague else found


def bare(tokens: Tokens, place: int) -> Role | None:
    """A role without an article, as it follows a name: "head of design"."""
    end = _head(tokens, place)
    return None if end is None else _with_tails(tokens, Role(place, end, end, particular=True))


def _determiner(tokens: Tokens, place: int) -> tuple[int, Kind | None]:
    """Where the words after "my", "one of our", "a" begin, and of whom it speaks."""
    counted = tokens.at(place) in ("one", "both", "some", "two", "three", "any", "each", "either")
    if counted and tokens.at(place + 1) == "of" and tokens.at(place + 2) in OWN:
        return place + 3, "own"
    if tokens.has(place, "a", "few") or tokens.has(place, "a", "couple"):
        after = place + 3 if tokens.at(place + 2) == "of" else place + 2
        return (after + 1, "own") if tokens.at(after) in OWN else (after, "some")
    return place + 1, KINDS.get(tokens.at(place))


def _head(tokens: Tokens, start: int) -> int | None:
    """The end of "old boss", "museum's registrar", "design lead": a few words, the last of them a person's."""
    for place in range(start, start + MODIFIERS + 1):
        if _is_head(tokens, place):
            end = place + 1
            while _is_head(tokens, end) and _goes_on(tokens, end):
                end += 1
            return end
        if not (tokens.is_word(place) or tokens.at(place) in ("'", "'s")):
            return None
    return None


def _goes_on(tokens: Tokens, place: int) -> bool:
    """Whether it is one more word for who it is, "friend baker", and not a name: "friend Peter", "friend peter"."""
    return words.is_certain_person(tokens.at(place)) if tokens.is_bare else not tokens.is_capital(place)


def _is_head(tokens: Tokens, place: int) -> bool:
    low, following = tokens.at(place), tokens.at(place + 1)
    if not (words.is_person(low) or low in words.VAGUE) or words.is_organisation(following):
        return False
    # "the nurses' union" and "my friend's shop" speak of no nurse and no friend; in "my boss's great", "'s" is "is".
    return following not in ("'", "'s") or not (tokens.is_word(place + 2) or following == "'")


def _with_tails(tokens: Tokens, role: Role) -> Role:
    """The role with "of mine", "of design", "in our HR department", "at Northwind", "who runs a bakery"."""
    role = _of_what(tokens, role)
    unit = _unit(tokens, role.next)
    role = role if unit is None else replace(role.to(unit), vague=False)
    where = None if role.organisation else organisations.workplace(tokens, role.next)
    role = role if where is None else replace(role, organisation=where, next=where[1])
    return _who(tokens, role)


def _of_what(tokens: Tokens, role: Role) -> Role:
    if tokens.at(role.next) != "of":
        return role
    place = role.next + 1
    if tokens.at(place) in ("mine", "ours", "his", "hers", "theirs"):
        return replace(role.to(place + 1), particular=True)
    organisation = organisations.read(tokens, place)
    if organisation is not None:
        return replace(role, particular=True, organisation=(place, organisation), next=organisation)
    first = place + 1 if tokens.at(place) in ("the", "our", "a", "all") else place
    end = tokens.run(first, limit=OF_WORDS)
    return replace(role.to(end), vague=False) if end > first else role


def _unit(tokens: Tokens, place: int) -> int | None:
    """The end of "in our HR department", "on my team", "in accounting"."""
    if tokens.at(place) not in ("in", "on", "from"):
        return None
    if tokens.at(place + 1) in words.FIELDS:
        return place + (3 if tokens.at(place + 2) in words.UNITS else 2)
    if tokens.at(place + 1) not in (*OWN, "the"):
        return None
    end = tokens.run(place + 2, limit=OF_WORDS)
    return end if end > place + 2 and tokens.at(end - 1) in words.UNITS else None


def _who(tokens: Tokens, role: Role) -> Role:
    """The role with its relative clause. "who works at Northwind" names the organisation instead."""
    if tokens.at(role.next) not in ("who", "that") or tokens.at(role.next + 1) in words.PRONOUNS | words.SUBJECTS:
        return role
    there = works_at(tokens, role.next + 1)
    if there is not None and role.organisation is None:
        return replace(role, organisation=there, next=there[1])
    end = clause(tokens, role.next + 1)
    if end is None:
        return role
    # "the woman at Northwind who hires": the role would have to be in two pieces.
    return replace(role, next=end) if role.organisation else replace(role.to(end), vague=False)


def works_at(tokens: Tokens, place: int) -> tuple[int, int] | None:
    """The organisation in "works at Northwind", "is over at the guild"."""
    if tokens.at(place) not in ("works", "work", "is", "'s", "are", "'re"):
        return None
    place = place + 2 if tokens.has(place + 1, "for") else place + 1
    if tokens.at(place - 1) == "for":
        end = organisations.read(tokens, place, works_there=True)
        return None if end is None else (place, end)
    return organisations.workplace(tokens, place)


def clause(tokens: Tokens, place: int) -> int | None:
    """Where what somebody does ends; None: it is not said what they do ("who would love to")."""
    copula = tokens.at(place) in ("is", "'s", "are", "was")
    end = place + 1 if copula else place
    while end < place + CLAUSE_WORDS and (tokens.at(end)[0].isalnum() or tokens.at(end) in ("'", "'s")):
        if tokens.at(end) in BREAKS or tokens.at(end + 1) == "name":
            break
        end += 1
    return end if end > place + 1 else None
