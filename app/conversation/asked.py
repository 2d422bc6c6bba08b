"""What the interviewer asked, and how: the questions that extraction recognises, each open or closed."""

import re
from collections.abc import Sequence

from app.conversation.values import Kind, Question
from app.extraction import asking
from app.extraction.conversation import straighten
from app.extraction.turns import SpokenTurn, locate

ENGLISH = "en"
SURELY_ENGLISH = re.compile(r"\b(?:you|your|the|it|what|how|why|they|this|that|there|does|did)\b", re.IGNORECASE)
# The words before a question's own: "so, um, can I ask what it pays?" asks what.
OPENING = re.compile(
    r"(?:(?:so|and|okay|ok|now|but|well|alright|all right|right|great|cool|um+|uh+|then|also|yeah|oh|just|first|"
    r"next|finally|actually|maybe|sure|because|or|like)\b[\s,.:;-]*)+",
    re.IGNORECASE,
)
WRAPPING = re.compile(
    r"(?:(?:can|could|may|might) (?:i|we) (?:just |also )?ask(?: you)?|(?:i|we)(?:'d| would)? "
    r"(?:want(?:ed)?|like|love) to (?:ask|know|hear)(?: you)?|i(?:'m| am| was) (?:just |also )?(?:curious|wondering|"
    r"interested)(?: (?:about|in|to (?:know|hear)))?|"
    r"(?:do|would) you mind (?:telling|sharing with) (?:me|us))\b[\s,:]*",
    re.IGNORECASE,
)
# MISC (Miller et al., Manual for the Motivational Interviewing Skill Code): a question is closed when a yes, a no or
# a specific fact answers it, a number or a place; "Tell me about ..." is open.
FACT = re.compile(
    r"(?:how (?:many|much|long|often|old|far|big|large|soon)|when|where|who|whom|whose|which|"
    r"what (?:time|year|day|month|age|percentage|company|city|school|university|number)|"
    r"what (?:(?:do|does|did|can|could|would|will) )?(?:it|you|they|that|this|(?:a|an|the) [\w ]{1,40}?) "
    r"(?:pays?|earns?|costs?)|"
    r"what(?:'s| is| was) (?:your|the|her|his|their) (?:(?:full|exact|last|first) )?(?:name|title|age|salary))\b",
    re.IGNORECASE,
)
INVITES = re.compile(
    r"(?:(?:can|could|would|will) you (?:please |just |maybe )?|please )?(?:tell (?:me|us)|walk (?:me|us) through|"
    r"talk (?:me|us) through|talk (?:to (?:me|us) )?(?:a (?:little|bit) )?(?:bit )?(?:more )?about|describe|explain|"
    r"share|say (?:a (?:little|bit) )?(?:bit )?more|give (?:me|us)|elaborate|help me understand|go (?:deeper|on))\b",
    re.IGNORECASE,
)
WIDE = re.compile(r"(?:what|how|why|in what|to what|for what|from what|with what)\b", re.IGNORECASE)
# "On a quiet day, what do you do?": what is asked comes after the scene is set.
SET_SCENE = re.compile(
    r"[,;:-]\s+(?P<rest>(?:and |so |but |then )?(?:what|how|why|when|where|who|which)\b.*)", re.IGNORECASE
)
ASKS_YES_OR_NO = re.compile(
    r"(?:do|does|did|is|are|am|was|were|have|has|had|can|could|will|would|should|shall|may|might|must)(?:n't)?\b",
    re.IGNORECASE,
)


def questions_of(turns: Sequence[SpokenTurn], *, language: str | None) -> tuple[Question, ...]:
    """Every question that was put to the interviewee, in order of time.

    Kinds are read in English only. A text from elsewhere may not say what it is: then all of them must look like it.
    """
    found = asking.exchanges(turns)
    in_english = language == ENGLISH or (language is None and all(SURELY_ENGLISH.search(one.text) for one in found))
    return tuple(_question(turns, exchange, in_english=in_english) for exchange in found)


def _question(turns: Sequence[SpokenTurn], exchange: asking.Exchange, *, in_english: bool) -> Question:
    place = exchange.question
    turn = turns[place.turn_index]
    found = locate(turn, place.start, place.end)
    return Question(
        found.segment_ids,
        found.start_ms,
        found.end_ms,
        kind_of(exchange.text) if in_english else None,
        found.speaker,
        turn.text[place.start : place.end],
    )


def kind_of(text: str) -> Kind:
    """Open: it invites a telling (what, how, why, tell me ...). Closed: a word, a number or a name answers it."""
    core = _core(straighten(text).strip())
    if INVITES.match(core):
        return Kind.OPEN
    if FACT.match(core):
        return Kind.CLOSED
    if WIDE.match(core):
        return Kind.OPEN
    scene = None if ASKS_YES_OR_NO.match(core) else SET_SCENE.search(core)
    return kind_of(scene["rest"]) if scene else Kind.CLOSED


def _core(text: str) -> str:
    """The question without what leads up to it."""
    for _ in range(3):
        text = OPENING.sub("", text, count=1) if OPENING.match(text) else text
        text = WRAPPING.sub("", text, count=1) if WRAPPING.match(text) else text
    return text
