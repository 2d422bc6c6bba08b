"""How a listener is sent to somebody: the words that recommend, introduce or promise a number, and where who stands."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Offered(StrEnum):
    """What the listener is offered with somebody, the least first."""

    RECOMMENDATION = "recommendation"
    CONTACT_DETAILS = "contact_details"
    INTRODUCTION = "introduction"


# Where who it is stands: behind the words, before them, spoken of already ("reach out to her"); `place`: spoken of,
# and perhaps an organisation ("go there"); `joins`: behind them, and only an organisation ("join the guild").
Who = Literal["after", "before", "spoken_of", "place", "joins"]


@dataclass(frozen=True)
class Sending:
    """`text[start:end]` sends somewhere. `own`: the speaker does something for it, and so knows whom they mean."""

    start: int
    end: int
    offered: Offered
    who: Who
    own: bool


@dataclass(frozen=True)
class _Manner:
    """One way of sending. `told`, `habitual`: it may also tell what somebody does, or does every day."""

    pattern: re.Pattern[str]
    offered: Offered
    who: Who
    told: bool = False
    habitual: bool = False

    @property
    def own(self) -> bool:
        return self.offered is not Offered.RECOMMENDATION


def _any(*phrases: str) -> str:
    return "(?:" + "|".join(phrases) + ")"


WHOLE = r"(?![\w'])"
ADVERB = (
    r"(?:(?:really|definitely|also|probably|maybe|always|just|certainly|totally|absolutely|even|first|gladly|happily|"
    r"easily|honestly|strongly|highly|try to|go and|go ahead and|go|come and|get to) )*"
)
TALK = _any(
    r"(?:talk|speak|chat) (?:to|with)", "write to", "reach out to", r"get in (?:touch|contact) with",
    r"get (?:a )?hold of", "connect with", r"meet(?: up)?(?: with)?", "contact", r"call(?: up)?", r"ring(?: up)?",
    "phone", r"e-?mail", "message", "text", "ping", "look up", "ask for", "ask", "hit up", "shadow",
    r"drop a (?:line|note) to", "say (?:hi|hello) to", "sit down with", "touch base with", "look for", "start with",
    r"(?:have|grab|get) (?:a )?(?:coffee|chat|word|conversation) with", "go see", "go and see",
)  # fmt: skip
TALKING = _any(
    r"(?:talking|speaking|chatting) (?:to|with)", "writing to", "reaching out to", r"getting in (?:touch|contact) with",
    r"getting (?:a )?hold of", "connecting with", r"meeting(?: with)?", "contacting", "calling", "ringing",
    r"e-?mailing", "messaging", "texting", "looking up", "asking", "shadowing", "sitting down with",
)  # fmt: skip
JOIN = _any(
    "join", "go to", "look into", "look at", "check out", "try", "sign up with", "visit", "apply to", "register with"
)
YOU = _any(
    r"you(?: guys| all)? (?:should|could|can|might|may|ought to|need to|have to|gotta|wanna|want to|must)",
    r"you (?:might|may) want to", r"you(?:'d| would|'ll| will) (?:want|need) to", r"you(?:'d| had) better",
)  # fmt: skip
FILLERS = (
    r"(?:(?:so|and|also|well|oh|yeah|yes|definitely|maybe|honestly|please|just|first|then|okay|ok|or|but|actually|"
    r"probably|um+|uh+|like|go|sure),? )*"
)
# At the beginning of a sentence, or after a comma: in "I go in and talk to Dan" nobody is told to.
BEGINNING = rf"(?:^|(?<=[.!?\n;:]) ?|(?<=[,-]) (?!and )){FILLERS}"
URGING = _any(
    r"(?:recommend|suggest|advise|encourage|urge)(?:ing)?(?: that)?(?: you)?(?: to)?", "i'd say",
    r"make sure (?:to|you|that you)", "be sure to", r"don't (?:hesitate|forget|be afraid) to", "why don't you",
    "if i were you,? i'd", r"(?:what )?i'd do is",
)  # fmt: skip
I_DO = _any(
    r"(?:i|we)(?:'ll| will| can| could|'d| would|'m| am|'re| are)", "let me", "let us",
    r"(?:happy|glad|willing|able) to", r"(?:i|we) (?:might|may) be able to", r"i(?:'m| am) (?:gonna|going to)",
    "i want to",
)  # fmt: skip
# Here "I'd" would be what somebody else might do: "I'd call them" recommends.
I_WILL = _any(r"(?:i|we)(?:'ll| will|'m gonna|'m going to)", "let me")
WILLING = r"(?: be)?(?: (?:more than|very|so|really|quite))?(?: (?:happy|glad|love|willing|able|gonna|going|try) to)?"
OFFER = rf"\b{I_DO}{WILLING} {ADVERB}"
WITH = r"(?: (?:to|with|up with|for you to|for you with|over to))"
YOU_TWO = r"(?:you|y'all)(?: (?:two|guys|both|all|up))?"
THEM = r"(?:him|her|them)"
INTRODUCE = _any(
    rf"(?:introduce|connect|refer|direct|point) {YOU_TWO}{WITH}?", rf"put {YOU_TWO} in (?:touch|contact){WITH}?",
    rf"put {YOU_TWO} (?:two )?on a thread{WITH}?", rf"(?:hook|link|set) you up{WITH}?", rf"get you in touch{WITH}?",
    rf"(?:make|do) (?:you )?(?:an|the|that|a quick) intro(?:duction)?{WITH}?", r"put in a (?:good )?word with",
    rf"pass (?:along |on )?your (?:name|number|resume|info|details|e-?mail)(?: along| on)?{WITH}?",
    r"(?:talk|speak|write) to (?=[^.]{0,60}\b(?:for you|on your behalf|about you)\b)", "loop in", rf"bring you{WITH}",
)  # fmt: skip
# What somebody does who introduces without saying so: "I'll drop him a line", "I'll ask if she has time".
SPEAKS_FOR_YOU = _any(
    rf"(?:ring|call|text|phone|ping|e-?mail|message|ask|tell|write|talk to|speak to|write to|reach out to) {THEM}",
    rf"(?:drop|send|give|shoot) {THEM} (?:a|an|your)", rf"(?:copy|loop) {THEM} in",
    "ask (?:if|whether|can) (?:he|she|they)", "send you both",
)  # fmt: skip
HANDOVER = r"(?:send|give|e-?mail|text|forward|shoot|get|pass|slip|find|leave) you(?: guys| both| all)?"
DETAILS = (
    r"(?:e-?mail(?: address)?|(?:phone |cell )?number|contact(?: info| details| information)?|info|details|card|"
    r"address|handle|linkedin|phone|digits)"
)
NICE = (
    r"(?:great|good|perfect|best|right|excellent|wonderful|ideal|amazing|fantastic|interesting|better|happy|glad|"
    r"willing|open|able|thrilled|delighted)"
)
HELP = _any(
    *("talk", "speak", "chat", "meet", "help", "answer", "show", "tell", "call", "ask", "contact", "reach", "take"),
    *("walk", "sit", "start", "have a", "be (?:happy|glad)"),
)
WOULD = (
    r"(?: who)?(?:'d| would|'ll| will| could| can| might| may)(?: definitely| probably| also| really| even| totally)?"
)
LINKING = r"(?:'s| is| would be|'d be| might be)"
PERSON = r"(?:person|one|guy|woman|man|contact|resource|bet|place|call|people|folks|source|stop)"


def _manner(pattern: str, offered: Offered, who: Who, *, told: bool = False, habitual: bool = False) -> _Manner:
    return _Manner(re.compile(pattern + WHOLE, re.IGNORECASE), offered, who, told, habitual)


R, C, I = Offered.RECOMMENDATION, Offered.CONTACT_DETAILS, Offered.INTRODUCTION  # noqa: E741  the columns of a table
MANNERS = (
    # You should talk to ..., I'd call ..., talk to ..., I recommend talking to ...
    _manner(rf"(?:{YOU}|i'd|i would) {ADVERB}{TALK}", R, "after", habitual=True),
    _manner(rf"{BEGINNING}{TALK}", R, "after"),
    _manner(rf"(?<=[\w,]) and {FILLERS}{TALK}", R, "after", told=True),
    _manner(rf"{URGING} {ADVERB}(?:{TALK}|{TALKING})", R, "after"),
    _manner(rf"(?:worth|try|start (?:out )?(?:by|with)|consider) {TALKING}", R, "after"),
    _manner(r"have you (?:ever )?(?:talked|spoken) (?:to|with)", R, "after"),
    # The person to ask is ..., the first call I'd make is to ..., who you should talk to is ..., somebody else is ...
    _manner(
        rf"\b(?:the|your|a|one|another|somebody|someone) (?:\w+ ){{0,2}}{PERSON}(?: (?:for (?:you|that|this)|i'd|you'd|"
        rf"to|you|make|that))*(?: {TALK}| to {TALK}| talk to| ask| call)*(?: for that)?{LINKING}"
        r"(?: probably| definitely| to)?",
        R,
        "after",
    ),
    _manner(
        rf"\b(?:who|someone|somebody|one person|the person) (?:else )?(?:that )?(?:{YOU}|i'd|you'd) {ADVERB}"
        rf"(?:{TALK}|talk|speak)(?: to| with)?{LINKING}",
        R,
        "after",
    ),
    _manner(rf"(?:someone|somebody|one person) else{LINKING}", R, "after"),
    # ... would love to talk to you, ... could tell you more, ... is the one you want to talk to
    _manner(
        rf"{WOULD}(?: be)?(?: (?:a|an|the|your|really|very|more than|so|pretty|probably))* ?"
        rf"(?:{NICE}(?: (?!to\b)\w+){{0,3}} (?:to (?:{HELP}|you)|for you|talking)|(?:love|like) to {HELP}|"
        r"(?:tell|show|help|answer|give|walk|take) you|talk (?:to|with) you|chat with you|have a (?:chat|word))",
        R,
        "before",
    ),
    _manner(
        rf"(?:'s| is|'re| are) (?:who you|(?:the|a|your|one) (?:\w+ ){{0,2}}{PERSON} (?:to {HELP}|(?:that |for )?you)"
        r"|worth (?:talking|a call)|(?:always |really |very )*(?:happy|glad|open|willing) to (?:talk|help|chat))",
        R,
        "before",
    ),
    _manner(rf" (?:have|has)(?: all)? (?:agreed|offered|promised) to {HELP}", R, "before"),
    # I can introduce you to ..., I'll drop him a line
    _manner(rf"{OFFER}{INTRODUCE}", I, "after"),
    _manner(rf"(?:,| and| then) {ADVERB}(?:introduce|connect) {YOU_TWO} (?:to|with)", I, "after"),
    _manner(rf"\b{I_WILL} {ADVERB}{SPEAKS_FOR_YOU}", I, "spoken_of"),
    # I'll send you her number, I give you the address of ..., I can give you Ravi's email, her email is ...
    _manner(rf"{OFFER}{HANDOVER} (?:his|her|their|the) (?:\w+ )?{DETAILS}\b(?! (?:of|for|from)\b)", C, "spoken_of"),
    _manner(
        rf"\b(?:{I_DO}|i){WILLING} {ADVERB}{HANDOVER} (?:the |an? |some )?(?:\w+ )?{DETAILS} (?:of|for|from)",
        C,
        "after",
    ),
    _manner(rf"{OFFER}{HANDOVER}(?=(?: [\w.-]+){{1,5}}'s? (?:\w+ )?{DETAILS}\b)", C, "after"),
    _manner(rf"\bhere(?:'s| is) (?:his|her|their) {DETAILS}", C, "spoken_of"),
    _manner(rf"\b(?:his|her|their) {DETAILS}(?:'s| is)", C, "spoken_of"),
    # Tell him I sent you; have a look at it
    _manner(
        rf"\b(?:(?:tell|say to) {THEM}(?: that)? \w+ sent you|say(?: that)? i sent you|(?:mention|use|give) my name)",
        R,
        "spoken_of",
    ),
    _manner(
        r"\b(?:have a look(?: at (?:it|them))?|look (?:it|them) up|go (?:down )?there|write to (?:it|them))", R, "place"
    ),
    # You could join ..., look into ...
    _manner(rf"(?:(?:{YOU}|i'd|i would) {ADVERB}|{BEGINNING}|{URGING} {ADVERB}){JOIN}", R, "joins"),
    _manner(rf"(?<=[\w,]) and {FILLERS}{JOIN}", R, "joins", told=True),
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
# "I go in every morning and talk to Dan" tells of the speaker; "Kestrel has an office here, and ask for Dan" does not.
TELLS = re.compile(rf"\s*{FILLERS}(?:i|we|he|she|they|you|people|it|my|our)\b", re.IGNORECASE)
NEAR = 60  # characters around the words that send


def read(text: str) -> list[Sending]:
    """Every sending in `text` (apostrophes straight), in order of place."""
    found = [
        Sending(match.start(), match.end(), manner.offered, manner.who, manner.own)
        for manner in MANNERS
        for match in manner.pattern.finditer(text)
        if _is_meant(text, match, manner)
    ]
    return sorted(found, key=lambda one: (one.start, one.end))


def _is_meant(text: str, match: re.Match[str], manner: _Manner) -> bool:
    before = text[max(0, match.start() - NEAR) : match.start()]
    if UNREAL.search(before):
        return False
    if manner.told and TELLS.match(re.split(r"[.!?\n]", text[: match.start()])[-1]):
        return False
    following = re.split(r"[.!?,]", text[match.end() : match.end() + NEAR])[0]
    is_habit = HABIT.search(before) or HABIT.search(following)
    return not (manner.habitual and is_habit and HAVE_TO.search(match.group()))
