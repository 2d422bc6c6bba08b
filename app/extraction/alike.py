"""How alike two questions are, by their words: what a list of questions is held against where no model is at hand."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from app.extraction import questions
from app.extraction.conversation import straighten

Key = TypeVar("Key", bound=str)
WORD = re.compile(r"[a-z][a-z'-]+")
# What every question about work has says nothing of this one.
EMPTY = frozenset(
    """a an and any anybody anyone anything are as at back be been being best big biggest bit bring by can career
    come could deal did do does don't done else ever exactly field first for from gets give go going good got had
    has have he her hers him his how i i'd i'm if in industry into is it it's its job jobs just keep kind like
    line little long look looks lot make makes matter matters may me mean might mind more most much my need needs
    now of off often on one or our out over part people please position profession quite really role say she
    should so some somebody someone something sort such take talk tell than that that's the their them then there
    these they thing things think this those through to too under up upon us use used uses using usually very walk
    want was way we were what what's when where which while who whole why will with work working would you you'd
    you're you've your yourself""".split()  # noqa: SIM905 - reads as words
)
# Ways of asking the same: each becomes one word before anything is counted. The first that fits counts.
CONCEPTS: tuple[tuple[str, str], ...] = (
    ("demand", (
        r"in demand|demand for|openings?|competit\w*|hiring|job market|"
        r"(?:hard|tough|difficult|easy) (?:is it )?to (?:get|find)[^?]{0,12} jobs?"
    )),
    ("burden", (
        r"dislik\w*|(?:don't|do not|doesn't) (?:you )?(?:really )?(?:like|enjoy|love)|like (?:the )?least|least "
        r"(?:favou?rite|enjoy\w*|like\w*)|hate|worst|frustrat\w*|annoy\w*|downsides?|drawbacks?|hard(?:est)?|"
        r"difficult\w*|can't stand|challeng\w*|tough\w*|struggl\w*|bother\w*"
    )),
    ("joy", (
        r"like (?:the )?(?:most|best|about)|most like|favou?rite|enjoy\w*|love\w*|best (?:part|thing|side|bit)|"
        r"reward\w*|satisf\w*|fulfil\w*|happy|fun"
    )),
    ("pay", r"salar\w*|wages?|earn\w*|incomes?|compensat\w*|paid|pays?|money|financ\w*|how much [^?]{0,60}make"),
    ("day", (
        r"(?:typical|average|normal|usual|ordinary|regular) (?:work ?)?(?:day|week|shift)|day[- ]to[- ]day|routine"
    )),
    ("hours", r"hours|schedules?|shifts?|overtime|weekends|nights|work(?:ing)? (?:week|time)"),
    ("balance", r"work[- ]life balance|private life|free time|time off|balance"),
    ("wish", r"wish\w*|(?:had )?known (?:before|earlier|then|at the)|hindsight|differently|surpris\w*|regret\w*"),
    ("advice", r"advice|advis\w*|recommend\w*|suggest\w*|tips?|tell (?:someone|somebody|a|your younger)"),
    ("entry", (
        r"(?:get|got|getting|broke|break|breaking|come|came|go|gone|went) (?:\w+ )?(?:into|in to|to be)|"
        r"(?:get|got) started|start(?:ed|ing)? out|becom\w*|became|choose|chose\w*|end(?:ed)? up "
        r"(?:doing|in this|as|here)|led you|path|journey"
    )),
    ("school", r"degrees?|training|stud(?:y|ied|ies)|school\w*|educat\w*|college|universit\w*|diplomas?|majored in"),
    ("skill", r"skills?|qualit\w*|traits?|abilit\w*|strengths?|good at|personalit\w*|characteristics?"),
    ("licence", r"certif\w*|licen[sc]\w*|credentials?"),
    ("team", r"teams?|co-?workers?|colleagues?|team-?mates?"),
    ("boss", r"boss\w*|managers?|management|supervis\w*"),
    ("climate", r"cultures?|atmosphere|environment|values"),
    ("future", (
        r"futures?|outlook|grow(?:ing|th)|shrink\w*|going over|(?:five|ten|next|coming) (?:\w+ )?years|trends?|"
        r"chang\w*|headed|direction"
    )),
    ("tenure", r"how long have|how many years"),
    ("machine", r"ai|artificial intelligence|automat\w*|technolog\w*|robots?|software"),
    ("else", (
        r"who else|(?:any|some)(?:one|body) else|introduc\w*|(?:should|could|recommend|can) (?:i )?contact|in touch|"
        r"(?:speak|talk) (?:to|with) next"
    )),
    ("rise", r"promotions?|promoted|advancement|career ladder|progress\w*|move up"),
    ("stress", r"stress\w*|pressure|burn\w*[- ]?out|exhaust\w*"),
    ("travel", r"travel\w*|trips?|on the road"),
    ("remote", r"remote\w*|from home|home office"),
    ("secure", r"job security|jobs? secure|secure jobs?|stabl\w*|stability|lay-?offs?|laid off"),
    ("belief", r"misconception\w*|stereotyp\w*|get wrong|people (?:think|assume|believe)"),
)  # fmt: skip
_CONCEPTS = re.compile("|".join(rf"(?P<{name}>\b(?:{ways})\b)" for name, ways in CONCEPTS))
ENDINGS = re.compile(r"(?:'s|ings?|edly|ed|ies|ily|ly|es|s|e|y)$")
STEM_LETTERS = 3
CONCEPT, ASIDE = 1.5, 1.0  # how much a concept weighs beside another word
OFF_TOPIC = 0.5  # the same words about something else: "the hours you studied", "the hours you work"
HALF_TOPIC = 0.75  # only one of the two says what it is about


def similarity(texts: Sequence[str], others: Sequence[str]) -> list[list[float]]:
    """0..1 for each of `texts` against each of `others`. Symmetric; what has no content is like nothing."""
    left, right = [_Meant(text) for text in texts], [_Meant(text) for text in others]
    return [[_alike(one, other) for other in right] for one in left]


class _Meant:
    """What is counted of a question: its content words or their concepts, and what it asks about."""

    def __init__(self, text: str) -> None:
        self.text = plain = straighten(text).lower().strip()
        self.topics = questions.topics(plain)
        rest = WORD.findall(_CONCEPTS.sub(" ", plain))
        self.words = {_stem(word): ASIDE for word in rest if word not in EMPTY}
        self.words |= {f"<{match.lastgroup}>": CONCEPT for match in _CONCEPTS.finditer(plain)}


def _stem(word: str) -> str:
    cut = ENDINGS.sub("", word)
    return cut if len(cut) >= STEM_LETTERS else word


def _alike(one: _Meant, other: _Meant) -> float:
    if one.text == other.text:
        return 1.0
    shared = _cosine(one.words, other.words)
    if bool(one.topics) != bool(other.topics):
        return round(shared * HALF_TOPIC, 4)
    about = _cosine(one.topics, other.topics) if one.topics else 1.0
    return round(shared * (OFF_TOPIC + (1 - OFF_TOPIC) * about), 4)


def _cosine(one: Mapping[Key, float], other: Mapping[Key, float]) -> float:
    if not one or not other:
        return 0.0
    dot = sum(weight * other.get(key, 0.0) for key, weight in one.items())
    return dot / math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
