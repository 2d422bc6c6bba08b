"""Where sentences begin and end: in written text, in Whisper's punctuation, and where there is none at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

CLOSERS = "\"'\u201d\u2019)]»"
ENDS = re.compile(rf"[.!?…\u3002\uff01\uff1f]+[{re.escape(CLOSERS)}]*|\n\s*\n")
NEVER_END = frozenset(
    "dr mr mrs ms prof st jr sr vs eg ie e.g i.e approx dept no fig gen col sgt lt capt rev hon mt ft vol".split()  # noqa: SIM905 - reads as words
)
MAY_END = frozenset("etc inc ltd co corp a.m p.m u.s u.k ph.d b.a b.s m.a m.s d.c e.u est".split())  # noqa: SIM905 - as above
GLUED = re.compile(r"[A-Z][a-z]*\s")  # "great.The next": a blank was lost, a sentence was not
LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,2}$")

LONG_WORDS = 60  # a longer "sentence" runs on: cut it at a clause
LONG_PIECE = 14
BARE_WORDS = 25  # more words than this without a full stop: a machine that gives no punctuation
BARE_PIECE = 5
LONGEST_PIECE = 40
QUESTION_WORDS = 4
GLUED_LOOKAHEAD = 24

WORD = re.compile(r"\S+")
SUBJECT = r"(?:i|you|we|they|he|she|it|there|that|the|my|our|people|what|if|when)\b"
CLAUSE = re.compile(
    rf"(?:(?:and|but|so|because|then|also|plus|or) (?={SUBJECT})|(?:and then|but then|anyway|i mean|you know|"
    r"the other thing|one thing|another thing|on top of that)\b)",
    re.IGNORECASE,
)
ASKING = re.compile(
    r"(?:(?:so|and|okay|ok|now|but|great|alright|right|cool) ){0,2}"
    r"(?:(?:what|how|why|when|where|who) (?:do|does|did|is|are|was|were|would|have|has|can|could|should|made|got) "
    r"(?:you|your|it|the|a|an|this|that|they|someone|people|there|i|else)\b"
    r"|(?:what|how|which) (?:\w+ ){1,3}?(?:do|does|did|are|were|would|have|can|could|should) "
    r"(?:you|your|i|people|someone)\b"
    r"|who else\b|(?:do|did|would|could|can|are|have) you\b|tell me (?:about|how|what|a)|walk me through|is there any)",
    re.IGNORECASE,
)
ANSWERING = re.compile(
    r"(?:well|yeah|yes|yep|no|um|uh|oh|honestly|sure|definitely|probably|i|i'd|i'm|i've|it's|so|you (?:should|"
    r"could|need|have)|there(?:'s| are| is)|mostly|usually|my|we|"
    r"they|the (?:best|worst|hardest))\b",
    re.IGNORECASE,
)
RESTART = re.compile(r"(?:i|i'm|i've|i'd|we|we're|it's|there's|my|the (?:best|worst|hardest|other)) ", re.IGNORECASE)
BINDING = frozenset(
    """that which who what when where if and but so because than as then how why like think know say said mean guess
    wish the a an of in at to for with on by from or while until before after whatever though i we it's about is was
    are""".split()  # noqa: SIM905 - as above
)
RESTART_WORDS = 12


@dataclass(frozen=True)
class Sentence:
    """`text[start:end]` of the text it was split from, without blanks around it."""

    start: int
    end: int
    text: str


def split(text: str) -> list[Sentence]:
    """The sentences of `text`, in order, not overlapping; together they hold every word of it."""
    spans = _at_full_stops(text)
    ends = sum(1 for start, end in spans if text[end - 1 : end] in f".!?…{CLOSERS}")
    words = len(text.split())
    bare = words > BARE_WORDS and (not ends or words > (ends + 1) * LONG_WORDS)
    return [Sentence(a, b, text[a:b]) for span in spans for a, b in _at_clauses(text, *span, bare=bare)]


def _at_full_stops(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    begin = 0
    for match in ENDS.finditer(text):
        if match.start() >= begin and _ends_here(text, match):
            spans += _trimmed(text, begin, match.end())
            begin = match.end()
    return spans + _trimmed(text, begin, len(text))


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    body = piece.strip()
    if not body:
        return []
    start += len(piece) - len(piece.lstrip())
    return [(start, start + len(body))]


def _ends_here(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    following = text[match.end() : match.end() + GLUED_LOOKAHEAD]
    if mark.isspace() or not following.strip():
        return True
    if not following[0].isspace():
        before = text[max(0, match.start() - 2) : match.start()]
        return before.isalpha() and before.islower() and bool(GLUED.match(following))
    upcoming = following.strip()
    if mark.startswith(("...", "…")):  # a pause, unless what follows starts afresh
        return upcoming[0].isupper() and not re.match(r"I\b", upcoming)
    return mark[0] != "." or not _is_abbreviation(text, match.start(), upcoming)


def _is_abbreviation(text: str, stop: int, upcoming: str) -> bool:
    near = text[max(0, stop - 16) : stop]
    word = near.split()[-1].lstrip("([\"'“").lower() if near.split() else ""
    if word in NEVER_END:
        return word != "no" or upcoming[0].isdigit()
    if word in MAY_END:
        return not upcoming[0].isupper()
    if len(word) == 1 and word.isalpha():  # an initial: "J. Lee"; "vitamin c. It" is rarer
        return near[-1].isupper() and upcoming[0].isupper() and word != "i"
    return bool(LIST_NUMBER.search(near)) and len(near) == stop


def _at_clauses(text: str, start: int, end: int, *, bare: bool) -> list[tuple[int, int]]:
    """Cut one span where it runs on; a piece keeps at least a few words."""
    words = len(text[start:end].split())
    if words <= (BARE_WORDS if bare else LONG_WORDS):
        return [(start, end)]
    cuts = [start, *_cuts(text, start, end, shortest=BARE_PIECE if bare else LONG_PIECE, bare=bare), end]
    return [span for a, b in pairwise(cuts) for span in _trimmed(text, a, b)]


def _cuts(text: str, start: int, end: int, *, shortest: int, bare: bool) -> Iterator[int]:
    length, asking, former = 0, False, ""
    for word in WORD.finditer(text, start, end):
        here = word.start()
        opens = bare and length > 1 and not asking and ASKING.match(text, here, end) is not None
        answers = asking and length >= QUESTION_WORDS and ANSWERING.match(text, here, end) is not None
        clause = length >= shortest and CLAUSE.match(text, here, end) is not None
        restarts = bare and length >= RESTART_WORDS and former not in BINDING and RESTART.match(text, here, end)
        if opens or answers or clause or restarts or length >= LONGEST_PIECE:
            yield here
            length, asking = 0, opens
        if length == 0 and bare and not answers:
            asking = ASKING.match(text, here, end) is not None
        length, former = length + 1, word.group().lower()
