"""Whom a referral sends to: people and organisations, in words that were said, and what was offered with each."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.extraction import sendings, sentences
from app.extraction.people import Mention, Tokens, mentions, organisations
from app.extraction.sendings import Offered, Sending
from app.extraction.values import Place, Turn

ORDER = tuple(Offered)
NEIGHBOURS = 3
# Characters of a name, a role or an organisation: what is longer was no word, but a machine that stuttered.
LONGEST = 200
LINK = re.compile(
    r"\s*(?:[,;]\s*)?(?:(?:and|or|then|also|maybe|plus|but|definitely)\s+)*(?:(?:to|with|for)\s+)?", re.IGNORECASE
)
# Between the words that send and who it is: "talk to, um, Dan", "reach out to, like, Priya".
HESITATION = re.compile(r"[\s,]*(?:(?:um+|uh+|like|maybe|say|probably|also|either|both)[\s,]+)*", re.IGNORECASE)
AND = re.compile(r",? (?:and|or) ", re.IGNORECASE)
SPOKEN_OF = re.compile(r"\s*(?:him|her|them|each other|that person|the two|you two)\b(?!\s+\w+'s)", re.IGNORECASE)
NEEDS_OBJECT = re.compile(r"\b(?:to|with|of|for|from|in)$", re.IGNORECASE)
GAP = re.compile(r"[\s,]*(?:(?:he|she|they|who|both|and)\b[\s,]*)*", re.IGNORECASE)
PRONOUN = re.compile(r"\b(?:he|she|they|who|either one|both|either)\W*$", re.IGNORECASE)
# "There's a woman at Northwind", "I know somebody in HR": the speaker has somebody certain in mind.
HAS_IN_MIND = re.compile(
    r"\b(?:there(?:'s| is| are|'re)|(?:i|we)(?: do|'ve| have)?(?: also| actually)?(?: know| have| got|'ve got))"
    r"(?: also| actually)?\s+$",
    re.IGNORECASE,
)
ASKS_WHOM = re.compile(
    r"\b(?:who(?:m)? (?:else|should|would|could|can|do you)|any(?:body|one)|some(?:body|one)|(?:other|any|more) people|"
    r"contacts?|introduc\w+|connect me|refer|in touch|(?:talk|speak) (?:to|with) next)\b",
    re.IGNORECASE,
)
# Asked whom to see, whoever an answer begins with is meant.
ANSWERS = re.compile(
    r"(?:^|[.!?\n])\s*(?:(?:um+|uh+|well|oh|yeah|yes|so|maybe|probably|definitely|sure|okay|hmm+|and|also|honestly|or|"
    r"like|then|there's|let me think|i'd say|i would say|of course),?\s+)*$",
    re.IGNORECASE,
)
GOES_ON = re.compile(
    r"\s*(?:$|[.,!?;:\n-]|(?:is|does|has|runs|works|and|or|who|would|could|might|knows|came|at|in|for|maybe|definitely|"
    r"probably|over|from|too|did|used|made)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Referred:
    """Somebody the listener is sent to. At least one of the three is known."""

    name: str | None
    role: str | None
    organisation: str | None
    offered: Offered

    @property
    def is_known(self) -> bool:
        return bool(self.name or self.role or self.organisation)


@dataclass(frozen=True)
class Surroundings:
    """What stands around a quote: what was asked, and the next sentences before and after it in the same turn."""

    question: str = ""
    before: str = ""
    after: str = ""


ALONE = Surroundings()


def referred(quote: str, around: Surroundings = ALONE) -> list[Referred]:
    """Everybody the listener is sent to by `quote`, in the order they are spoken of.

    What stands around it may say who "her" is, or what more is offered; it sends to nobody by itself.
    """
    talk = _Talk(quote, around)
    sent = talk.sent_to()
    found = [(mention.start, _referred(mention, sent[at])) for at, mention in enumerate(talk.mentions) if at in sent]
    return together(one for _place, one in sorted([*found, *talk.joined()], key=lambda item: item[0]) if one.is_known)


def around(turns: Sequence[Turn], place: Place, *, question: str = "") -> Surroundings:
    """What stands around the words at `place`: a few sentences on each side."""
    text = turns[place.turn_index].text
    before, after = sentences.split(text[: place.start])[-NEIGHBOURS:], sentences.split(text[place.end :])[:NEIGHBOURS]
    start, end = (before[0].start if before else place.start), (after[-1].end if after else 0)
    return Surroundings(question, text[start : place.start].strip(), text[place.end : place.end + end].strip())


def _referred(mention: Mention, offered: Offered) -> Referred:
    parts = (mention.name, mention.role, mention.organisation)
    name, role, organisation = (part if part and len(part) <= LONGEST else None for part in parts)
    return Referred(name, role, organisation, offered)


def together(found: Iterable[Referred]) -> list[Referred]:
    """The same, each person once: with all that is known of them, and the most that is offered."""
    people: list[Referred] = []
    for one in found:
        at = next((at for at, known in enumerate(people) if is_same(known, one)), None)
        if at is None:
            people.append(one)
        else:
            people[at] = both(people[at], one)
    return people


def is_same(one: Referred, other: Referred) -> bool:
    """Whether these are one: the same name, or its first part; without names, the same words for who it is."""
    if one.name and other.name:
        mine, theirs = one.name.casefold().split(), other.name.casefold().split()
        return mine == theirs or (min(len(mine), len(theirs)) == 1 and mine[0] == theirs[0])
    return not (one.name or other.name) and _described(one) == _described(other)


def _described(one: Referred) -> tuple[str, str]:
    return (one.role or "").casefold(), (one.organisation or "").casefold()


def both(one: Referred, other: Referred) -> Referred:
    """What is known of one person from two places."""
    longer = max((one.name, other.name), key=lambda name: len(name or ""))
    most = max(one.offered, other.offered, key=ORDER.index)
    return Referred(longer, one.role or other.role, one.organisation or other.organisation, most)


class _Talk:
    """A quote among its neighbours: who is spoken of in it, and who of them the listener is sent to."""

    def __init__(self, quote: str, around: Surroundings) -> None:
        self._tokens = Tokens(around.question, around.before, quote, around.after)
        self.text = self._tokens.text
        self.start = len(around.question) + len(around.before) + 2
        self.end = self.start + len(quote)
        self.mentions: Sequence[Mention] = mentions(self._tokens)
        self._sendings = [sending for sending in sendings.read(self.text) if sending.start >= self.start]
        self._asked = ASKS_WHOM.search(self.text, 0, self.start) is not None

    def sent_to(self) -> dict[int, Offered]:
        """Of `mentions`, by number: the most that is offered with each."""
        sent: dict[int, Offered] = {}
        for sending in self._sendings:
            for at in self._targets(sending):
                if self._counts(at, sending):
                    sent[at] = max(sent.get(at, sending.offered), sending.offered, key=ORDER.index)
        return sent | {at: Offered.RECOMMENDATION for at in self._answers() if at not in sent}

    def joined(self) -> Iterator[tuple[int, Referred]]:
        """What only "join" says is an organisation: (place, "Bectu")."""
        for sending in self._sendings:
            place = self._tokens.place_of(sending.end)
            end = organisations.joined(self._tokens, place) if self.text[: sending.end].endswith("join") else None
            if end is not None and sending.start < self.end:
                yield sending.start, Referred(None, None, self._tokens.words(place, end), sending.offered)

    def _counts(self, at: int, sending: Sending) -> bool:
        mention = self.mentions[at]
        if mention.start >= self.end or (sending.who == "joins" and mention.is_person):
            return False
        return mention.particular or sending.own or self._is_in_mind(mention)

    def _is_in_mind(self, mention: Mention) -> bool:
        return HAS_IN_MIND.search(self.text, max(0, mention.start - 30), mention.start) is not None

    def _targets(self, sending: Sending) -> Iterator[int]:
        if sending.who == "before":
            yield from self._before(sending)
        elif sending.who == "spoken_of":
            yield from self._spoken_of(sending)
        elif sending.who == "place":
            yield from self._place(sending)
        else:
            yield from self._after(sending)

    def _after(self, sending: Sending) -> Iterator[int]:
        at = self._beginning(_end(HESITATION, self.text, sending.end))
        if at is not None:
            yield from self._listed(at)
        elif SPOKEN_OF.match(self.text, sending.end) or (
            sending.own and not NEEDS_OBJECT.search(self.text, sending.start, sending.end)
        ):
            yield from self._spoken_of(sending)

    def _beginning(self, place: int) -> int | None:
        return next((at for at, mention in enumerate(self.mentions) if mention.start == place), None)

    def _listed(self, at: int) -> Iterator[int]:
        """This one and those that follow it: "Marta, Joel and my old boss"."""
        following: int | None = at
        while following is not None:
            yield following
            end = self.mentions[following].end
            beyond = _end(LINK, self.text, end)
            following = self._beginning(beyond) if self.text[end:beyond].strip() else None

    def _before(self, sending: Sending) -> Iterator[int]:
        nearest = self._nearest(sending.start)
        if nearest is None:
            return
        if GAP.fullmatch(self.text, self.mentions[nearest].end, sending.start):
            yield from self._with_those_before(nearest)
        elif PRONOUN.search(self.text, max(0, sending.start - 20), sending.start):
            yield from self._spoken_of(sending)

    def _with_those_before(self, at: int) -> Iterator[int]:
        yield at
        while at > 0 and AND.fullmatch(self.text, self.mentions[at - 1].end, self.mentions[at].start):
            at -= 1
            yield at

    def _nearest(self, place: int) -> int | None:
        """The last person spoken of before `place`."""
        before = [at for at, one in enumerate(self.mentions) if one.end <= place and one.is_person]
        return before[-1] if before else None

    def _spoken_of(self, sending: Sending) -> Iterator[int]:
        nearest = self._nearest(sending.start)
        if nearest is None:
            beyond = (at for at, one in enumerate(self.mentions) if one.start >= sending.end and one.is_person)
            nearest = next(beyond, None)
        if nearest is not None and (self.mentions[nearest].particular or self._is_in_mind(self.mentions[nearest])):
            yield nearest

    def _place(self, sending: Sending) -> Iterator[int]:
        before = [at for at, one in enumerate(self.mentions) if self.start <= one.start and one.end <= sending.start]
        if before and self.mentions[before[-1]].particular:
            yield before[-1]

    def _answers(self) -> Iterator[int]:
        for at, mention in enumerate(self.mentions):
            if self.start <= mention.start < self.end and self._is_answer(mention):
                yield from self._listed(at)

    def _is_answer(self, mention: Mention) -> bool:
        if self._is_in_mind(mention):
            return self._asked or mention.name is not None
        if not self._asked:
            return False
        begins = ANSWERS.search(self.text, self.start, mention.start) or mention.start == self.start
        return bool(mention.particular and begins and GOES_ON.match(self.text, mention.end))


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
