"""Who is spoken of: people by name, role or relation, and organisations, each with its place in the text.

    words           what people and organisations are called, and what is never part of a name
    tokens          a text as words and marks
    names           "Priya Raman", "Dr. Okafor", "a woman named odile"
    organisations   "Northwind Labs", "the state nurses' association"
    roles           "our head of design", "a friend who runs a bakery"

Nothing is made up: each part of a mention is a verbatim piece of the text.
"""

from dataclasses import dataclass, replace

from app.extraction.people import names, organisations, roles, words
from app.extraction.people.roles import Role
from app.extraction.people.tokens import Tokens

__all__ = ["Mention", "Tokens", "mentions"]


@dataclass(frozen=True)
class Mention:
    """`text[start:end]` speaks of somebody; `particular`: of somebody certain, not of anybody of a kind."""

    start: int
    end: int
    name: str | None = None
    role: str | None = None
    organisation: str | None = None
    particular: bool = True

    @property
    def is_known(self) -> bool:
        return bool(self.name or self.role or self.organisation)

    @property
    def is_person(self) -> bool:
        """Not an organisation alone; "somebody", of whom nothing is known yet, is one."""
        return bool(self.name or self.role or not self.organisation)


def mentions(tokens: Tokens) -> list[Mention]:
    """Everybody who is spoken of, in order, not overlapping."""
    found: list[Mention] = []
    place = 0
    while place < len(tokens):
        later = _told_later(tokens, found, place)
        if later is not None:
            place = later
        elif (read := _read(tokens, place)) is not None:
            found.append(read[0])
            place = read[1]
        else:
            place += 1
    return found


def _told_later(tokens: Tokens, found: list[Mention], place: int) -> int | None:
    """Gives what is told at `place` ("he's the dock foreman") to whoever was spoken of last; where the text goes on."""
    last = next((at for at in reversed(range(len(found))) if found[at].is_person), None)
    if last is None or tokens.at(place) not in ("he", "she", "his", "her"):
        return None
    told = _telling(tokens, found[last], place)
    if told is None:
        return None
    found[last] = replace(told[0], end=found[last].end)
    return told[1]


def _read(tokens: Tokens, place: int) -> tuple[Mention, int] | None:
    """Who is spoken of at `place`, and where the text goes on."""
    called = names.called(tokens, place) if tokens.at(place + 1) == "name" else None
    if called is not None:
        return _named(tokens, *called)
    name = names.read(tokens, place)
    if name is not None:
        return _named(tokens, place, name)
    role = roles.read(tokens, place)
    if role is not None:
        return _of_role(tokens, role)
    end = organisations.read(tokens, place)
    if end is None:
        return None
    return Mention(*tokens.span(place, end), organisation=tokens.words(place, end)), end


def _named(tokens: Tokens, first: int, end: int) -> tuple[Mention, int]:
    name = tokens.words(first, end)
    # "Ravi's email" ends where the name does.
    role = _apposition(tokens, end)
    where = role.organisation if role else organisations.workplace(tokens, end)
    place = role.next if role else end
    place = max(place, where[1]) if where else place
    mention = Mention(*tokens.span(first, place), name=name, role=_said(tokens, role), organisation=_at(tokens, where))
    return _told(tokens, mention, place)


def _said(tokens: Tokens, role: Role | None) -> str | None:
    return None if role is None or role.vague else tokens.words(role.first, role.end)


def _at(tokens: Tokens, where: tuple[int, int] | None) -> str | None:
    return tokens.words(*where) if where else None


def _apposition(tokens: Tokens, place: int) -> Role | None:
    """The role in ", our head of design" after a name; with a name of its own it is somebody else."""
    if tokens.at(place) != ",":
        return None
    role = roles.read(tokens, place + 1) or roles.bare(tokens, place + 1)
    return None if role is None or _name_of(tokens, role) else role


def _name_of(tokens: Tokens, role: Role) -> tuple[int, int] | None:
    return names.called(tokens, role.next) or names.after_role(tokens, role.next)


def _of_role(tokens: Tokens, role: Role) -> tuple[Mention, int]:
    named = _name_of(tokens, role)
    place = named[1] if named else role.next
    where = role.organisation or organisations.workplace(tokens, place)
    place = max(place, where[1]) if where else place
    mention = Mention(
        *tokens.span(role.first, place),
        name=tokens.words(*named) if named else None,
        role=_said(tokens, role),
        organisation=_at(tokens, where),
        particular=role.particular or named is not None,
    )
    return _told(tokens, mention, place)


def _told(tokens: Tokens, mention: Mention, place: int) -> tuple[Mention, int]:
    """The mention with what the next words tell of it: "..., she's our head of design", "who runs the lab at Kestrel".

    Only gaps are filled. Where nothing is told, the mention ends as it did.
    """
    while (told := _telling(tokens, mention, place)) is not None:
        mention, place = told
    return mention, place


def _telling(tokens: Tokens, mention: Mention, place: int) -> tuple[Mention, int] | None:
    called = _called_later(tokens, place) if mention.name is None else None
    if called is not None:
        return _grown(tokens, mention, called[1], name=tokens.words(*called), particular=True)
    at = _after_mark(tokens, place)
    at = at + 1 if tokens.at(at) in words.SUBJECTS else at
    there = roles.works_at(tokens, at)
    if there is not None:
        return _grown(tokens, mention, there[1], organisation=mention.organisation or tokens.words(*there))
    if tokens.at(at) in ("is", "'s", "are", "'re"):
        role = roles.read(tokens, at + 1) or roles.bare(tokens, at + 1)
        if role is None:
            return None
        where = mention.organisation or _at(tokens, role.organisation)
        return _grown(tokens, mention, role.next, role=mention.role or _said(tokens, role), organisation=where)
    return _doing(tokens, mention, at)


def _called_later(tokens: Tokens, place: int) -> tuple[int, int] | None:
    """The name in ", a woman called Farah" or ", her name is Farah"."""
    role = roles.read(tokens, place + 1) if tokens.at(place) == "," else None
    if role is not None and role.vague:
        return names.called(tokens, role.next)
    return names.called(tokens, _after_mark(tokens, place))


def _after_mark(tokens: Tokens, place: int) -> int:
    """Beyond a comma, a full stop or an "and" that leads on to "she", "her name" or "who"."""
    at = place
    while tokens.at(at) in (",", ".", "and", "-") and at < len(tokens):
        at += 1
    leads_on = tokens.at(at) in words.SUBJECTS | {"her", "his", "their"}
    return at if leads_on else place


def _doing(tokens: Tokens, mention: Mention, at: int) -> tuple[Mention, int] | None:
    """The mention with what somebody does: "runs the seed library", "heads the lab at Whitcombe College"."""
    end = roles.clause(tokens, at) if tokens.at(at) in words.DOINGS else None
    if end is None:
        return None
    where = organisations.workplace(tokens, end)
    return _grown(
        tokens,
        mention,
        where[1] if where else end,
        role=mention.role or tokens.words(at, end),
        organisation=mention.organisation or _at(tokens, where),
    )


def _grown(tokens: Tokens, mention: Mention, place: int, **facts: str | bool | None) -> tuple[Mention, int]:
    end = tokens.span(place - 1, place)[1]
    return replace(mention, end=end, **facts), place  # type: ignore[arg-type]
