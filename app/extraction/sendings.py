"""How a listener is sent to somebody: the words that recommend, introduce or promise a number, and where who stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Offered(StrEnum):
    """What the listener is offered with somebody, the least first."""

    RECOMMENDATION = "recommendation"
    CONTACT_DETAILS = "contact_details"
    INTRODUCTION = "introduction"


Who = Literal["after", "before", "spoken_of"]


@dataclass(frozen=True)
class Sending:
    """`text[start:end]` sends to whoever stands `after` it or `before` it, or was `spoken_of` ("reach out to her").

    `own`: the speaker does something for it, so that "somebody in HR" is somebody certain. `joins`: what follows
    is an organisation, or nobody.
    """

    start: int
    end: int
    offered: Offered
    who: Who
    own: bool = False
    joins: bool = False


def _any(*phrases: str) -> str:
    return "(?:" + "|".join(phrases) + ")"


ADVERB = (
    r"(?:(?:really|definitely|also|probably|maybe|always|just|certainly|totally|absolutely|even|first|gladly|happily|"
    r"easily|honestly|strongly|highly|try to|go and|go ahead and|go|come and|get to) )*"
)
COFFEE = r"(?:have|grab|get) (?:a )?(?:coffee|chat|word|conversation) with"
TALK = _any(
    r"(?:talk|speak|chat) (?:to|with)", "write to", "reach out to", r"get in (?:touch|contact) with",
    r"get (?:a )?hold of", "connect with", r"meet(?: up)?(?: with)?", "contact", r"call(?: up)?", r"ring(?: up)?",
    "phone", r"e-?mail", "message", "text", "ping", "look up", "ask for", "ask", "hit up", "shadow",
    r"drop a (?:line|note) to", "say (?:hi|hello) to", "sit down with", COFFEE, "touch base with", "look for",
    "start with", "go see", "go and see", "go to", "see",
)  # fmt: skip
TALKING = _any(
    r"(?:talking|speaking|chatting) (?:to|with)", "writing to", "reaching out to", r"getting in (?:touch|contact) with",
    r"getting (?:a )?hold of", "connecting with", r"meeting(?: with)?", "contacting", "calling", "ringing", r"e-?mailing",
    "messaging", "texting", "looking up", "asking", "shadowing", "sitting down with",
)  # fmt: skip
JOIN = _any(r"join", "look into", "look at", "check out", "try", "sign up with", "visit", "apply to", "register with")
YOU = (
    r"you(?: guys| all)? (?:should|could|can|might|may|ought to|need to|have to|gotta|wanna|want to|must|"
    r"might want to|may want to)|you(?:'d| would|'ll| will) (?:want|need) to|you(?:'d| had) better"
)
FILLERS = (
    r"(?:(?:so|and|also|well|oh|yeah|yes|definitely|maybe|honestly|please|just|first|then|okay|ok|or|but|actually|"
    r"probably|um+|uh+|like|go|sure),? )*"
)
# At the beginning of a sentence, or after a comma: in "I go in and talk to Dan" nobody is told to.
BEGINNING = rf"(?:^|(?<=[.!?\n;:]) ?|(?<=[,-]) (?!and )){FILLERS}"
URGING = _any(
    r"(?:recommend|suggest|advise|encourage|urge)(?:ing)?(?: that)?(?: you)?(?: to)?", r"i'd say",
    r"make sure (?:to|you|that you)", "be sure to", r"don't (?:hesitate|forget|be afraid) to", "why don't you",
    "if i were you,? i'd", r"(?:what )?i'd do is",
)  # fmt: skip
I_DO = (
    r"(?:i|we)(?:'ll| will| can| could|'d| would|'m| am|'re| are)|let me|let us|(?:happy|glad|willing|able) to|"
    r"(?:i|we) (?:might|may) be able to|i(?:'m| am) (?:gonna|going to)|i want to"
)
WILLING = r"(?: be)?(?: (?:more than|very|so|really|quite))?(?: (?:happy|glad|love|willing|able|gonna|going|try) to)?"
WITH = r"(?: (?:to|with|up with|for you to|for you with|over to))"
YOU_TWO = r"(?:you|y'all)(?: (?:two|guys|both|all|up))?"
INTRODUCE = _any(
    rf"(?:introduce|connect|refer|direct|point) {YOU_TWO}{WITH}?", rf"put {YOU_TWO} in (?:touch|contact){WITH}?",
    rf"put {YOU_TWO} (?:two )?on a thread{WITH}?", rf"(?:hook|link|set) you up{WITH}?", rf"get you in touch{WITH}?",
    rf"(?:make|do) (?:you )?(?:an|the|that|a quick) intro(?:duction)?{WITH}?", r"put in a (?:good )?word with",
    rf"pass (?:along |on )?your (?:name|number|resume|info|details|e-?mail)(?: along| on)?{WITH}?",
    r"(?:talk|speak|write) to (?=[^.]{0,60}\b(?:for you|on your behalf|about you)\b)", r"copy (?=her|him|them)",
    r"loop in", r"loop (?=her|him|them)", rf"bring you{WITH}",
)  # fmt: skip
HANDOVER = r"(?:send|give|e-?mail|text|forward|shoot|get|pass|slip|find|leave) you(?: guys| both| all)?"
DETAILS = (
    r"(?:e-?mail(?: address)?|(?:phone |cell )?number|contact(?: info| details| information)?|info|details|card|"
    r"address|handle|linkedin|phone|digits|name)"
)
NICE = (
    r"(?:great|good|perfect|best|right|excellent|wonderful|ideal|amazing|fantastic|interesting|better|happy|glad|"
    r"willing|open|able|thrilled|delighted)"
)
HELP = (
    r"(?:talk|speak|chat|meet|help|answer|show|tell|call|ask|contact|reach|have a|take|walk|be (?:happy|glad)|sit|start)"
)
WOULD = r"(?: who)?(?:'d| would|'ll| will| could| can| might| may)(?: definitely| probably| also| really| even| totally)?"
PERSON = r"(?:person|one|guy|woman|man|contact|resource|bet|place|call|people|folks|source|stop)"
WANTED = rf"(?:{YOU}|i'd|you'd) {ADVERB}(?:{TALK[:-1]}|talk|speak))"

PATTERNS = (
    # You should talk to ..., I'd call ..., talk to ..., I recommend talking to ...
    (rf"(?:{YOU}|i'd|i would) {ADVERB}{TALK}", Offered.RECOMMENDATION, "after"),
    (rf"{BEGINNING}{TALK}", Offered.RECOMMENDATION, "after"),
    (rf"{URGING} {ADVERB}(?:{TALK}|{TALKING})", Offered.RECOMMENDATION, "after"),
    (rf"(?:worth|try|start (?:out )?(?:by|with)|consider) {TALKING}", Offered.RECOMMENDATION, "after"),
    (r"have you (?:ever )?(?:talked|spoken) (?:to|with)", Offered.RECOMMENDATION, "after"),
    # The person to ask is ..., who you should talk to is ..., the first call I'd make is to ...
    (
        rf"\b(?:the|your|a|one|another|somebody|someone) (?:\w+ ){{0,2}}{PERSON}(?: (?:for (?:you|that|this)|i'd|you'd|"
        rf"to|you|make|that))*(?: {TALK}| to {TALK}| talk to| ask| call| start with)*(?: for that)?"
        r"(?:'s| is| would be|'d be| might be)(?: probably| definitely| to)?",
        Offered.RECOMMENDATION,
        "after",
    ),
    (
        rf"\b(?:who|someone|somebody|one person|the person) (?:else )?(?:that )?{WANTED}(?: to| with)?(?:'s| is| would be)",
        Offered.RECOMMENDATION,
        "after",
    ),
    (r"(?:someone|somebody|one person) else(?:'s| is| would be)", Offered.RECOMMENDATION, "after"),
    # ... would love to talk to you, ... is the one you want to talk to, ... could tell you more
    (
        rf"{WOULD}(?: be)?(?: (?:a|an|the|your|really|very|more than|so|pretty|probably))* ?"
        rf"(?:{NICE}(?: (?!to\b)\w+){{0,3}} (?:to (?:{HELP}|you)|for you|talking)|(?:love|like) to {HELP}|"
        r"(?:tell|show|help|answer|give|walk|take) you|talk (?:to|with) you|chat with you|have a (?:chat|word))",
        Offered.RECOMMENDATION,
        "before",
    ),
    (
        rf"(?:'s| is|'re| are) (?:who you|(?:the|a|your|one) (?:\w+ ){{0,2}}{PERSON} (?:to {HELP}|(?:that )?you|for you|"
        r"i'd)|worth (?:talking|a call)|(?:always |really |very )*(?:happy|glad|open|willing) to (?:talk|help|chat))",
        Offered.RECOMMENDATION,
        "before",
    ),
    # I can introduce you to ..., I'll send you her number, let me give you the number of ..., her email is ...
    (rf"\b(?:{I_DO}){WILLING} {ADVERB}{INTRODUCE}", Offered.INTRODUCTION, "own"),
    (
        rf"\b(?:{I_DO}){WILLING} {ADVERB}{HANDOVER} (?:his|her|their) (?:\w+ )?{DETAILS}\b",
        Offered.CONTACT_DETAILS,
        "own_spoken_of",
    ),
    (
        rf"\b(?:{I_DO}){WILLING} {ADVERB}{HANDOVER} (?:the |an? |some )?(?:\w+ )?{DETAILS} (?:of|for|from)",
        Offered.CONTACT_DETAILS,
        "own",
    ),
    (
        rf"\b(?:{I_DO}){WILLING} {ADVERB}{HANDOVER}(?=(?: [\w.-]+){{1,5}}'s? (?:\w+ )?{DETAILS}\b)",
        Offered.CONTACT_DETAILS,
        "own",
    ),
    (rf"\bhere(?:'s| is) (?:his|her|their) {DETAILS}\b", Offered.CONTACT_DETAILS, "own_spoken_of"),
    (rf"\b(?:his|her|their) {DETAILS}(?<!name)(?:'s| is)\b", Offered.CONTACT_DETAILS, "own_spoken_of"),
    # You could join ..., look into ...
    (rf"(?:(?:{YOU}|i'd|i would) {ADVERB}|{BEGINNING}|{URGING} {ADVERB}){JOIN}", Offered.RECOMMENDATION, "join"),
)  # fmt: skip
COMPILED = tuple(
    (re.compile(rf"{pattern}(?![\w'])", re.IGNORECASE), offered, how) for pattern, offered, how in PATTERNS
)
# What comes before makes nothing of it: "if you could talk to Ada", "when you call Dan", "told me you should call".
UNREAL = re.compile(
    r"\b(?:if|when|whenever|before|once|unless|until|after|than|instead of|not|never|because|why|how|what)"
    r"(?: (?:you|i))?(?: ever)?,? ?$",
    re.IGNORECASE,
)
HABIT = re.compile(
    r"\b(?:back then|in those days|used to|every (?:single )?(?:day|week|month|morning|night|time|\w+day)|all day|"
    r"all the time|constantly|a lot)\b",
    re.IGNORECASE,
)
HAVE_TO = re.compile(r"\b(?:i'd|i would|have to|need to|can|must|gotta)\b", re.IGNORECASE)
CLAUSE_AROUND = 120


def read(text: str) -> Iterator[Sending]:
    """Every sending in `text` (apostrophes straight), in order of place."""
    found = [
        _sending(match, offered, how)
        for pattern, offered, how in COMPILED
        for match in pattern.finditer(text)
        if _is_meant(text, match)
    ]
    yield from sorted(found, key=lambda one: (one.start, one.end))


def _sending(match: re.Match[str], offered: Offered, how: str) -> Sending:
    who: Who = "before" if how == "before" else "spoken_of" if how == "own_spoken_of" else "after"
    return Sending(match.start(), match.end(), offered, who, own=how.startswith("own"), joins=how == "join")


def _is_meant(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]
    if UNREAL.search(before):
        return False
    around = text[match.start() : match.end() + CLAUSE_AROUND]
    clause = re.split(r"[.!?]", around[len(match.group()) :])[0]
    habit = HABIT.search(before + match.group()) or HABIT.search(clause)
    return not (habit and HAVE_TO.search(match.group()))
