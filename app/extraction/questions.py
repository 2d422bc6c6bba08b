"""Questions: which sentences ask, and what they ask about. What was asked says much of what the answer is."""

import re
from collections.abc import Mapping

from app.extraction.sentences import ASKING
from app.extraction.values import Category

C = Category
TAG = re.compile(
    r"[,\s]+(?:right|you know|okay|ok|yeah|huh|no|eh|isn't it|don't you think|know what i mean)\s*\?+$", re.IGNORECASE
)
STARTERS = re.compile(
    r"(?:(?:so|and|okay|ok|now|but|well|alright|right|great|cool|um|uh|then|also|yeah|oh|just),? ){0,3}(?:"
    r"(?:tell (?:me|us)|walk (?:me|us) through|talk (?:to (?:me|us) )?(?:a (?:little|bit) )?about|describe (?:a|"
    r"your|the)\b|"
    r"give (?:me|us) (?:a|an|some)|i'd love to (?:hear|know)|i (?:want|wanted) to (?:ask|know|hear)|"
    r"i'm (?:curious|wondering|interested)|i was wondering|could you|can you|would you|please (?:tell|describe|"
    r"explain))\b"
    r"|(?:what|how) about\b)",
    re.IGNORECASE,
)
LEADS_IN = re.compile(
    r"(?:(?:so|and|okay|ok|now|great|cool|right|well),? ){0,2}(?:you(?:'ve| have|'re| said| mentioned| told|"
    r" talked| touched)?\b|"
    r"i (?:saw|read|noticed|heard|understand|know) (?:that )?you\b|let's (?:talk|move|go|switch|start)|"
    r"(?:my )?(?:next|last|final|"
    r"first|another) question|i (?:have|had|just have) (?:a|one|another|some) (?:more |last |few )?questions?|"
    r"speaking of|"
    r"that's (?:a )?(?:great|awesome|amazing|interesting|fascinating|really)|thank you|thanks)",
    re.IGNORECASE,
)
CONFIRMS = re.compile(
    r"(?:(?:yeah|yes|yep|oh|um|uh|i think|i'd say|absolutely|right),? ){0,3}(?:that's|that is|that sounds|"
    r"sounds|you're|it's|"
    r"exactly|correct|spot on|pretty much)(?: (?:about|pretty|roughly|just|exactly|probably|sounds|fairly|"
    r"pretty much|"
    r"spot|in the))*(?: (?:right|correct|accurate|fair|it|on|close|ballpark|much|true)\b)?",
    re.IGNORECASE,
)
AGREES = re.compile(
    r"\b(?:right|correct|accurate|fair|spot on|exactly|ballpark|pretty much|close|true)\b", re.IGNORECASE
)

BESIDE_WORK = re.compile(
    r"\bif you (?:won|inherited|were (?:a |an )?(?:millionaire|king|queen|animal)|"
    r"had (?:a (?:million|magic|billion)|superpowers?))\b|\bhobb(?:y|ies)\b|"
    r"\bwhat (?:else )?do you (?:\w+ )?(?:do|get up to) (?:for fun|outside|in your (?:free|spare) time|to relax|"
    r"when (?:you're not|you are not|you aren't|the weekend)|on (?:the |your )?(?:weekends?|days? off|sundays?))",
    re.IGNORECASE,
)

TOPICS: tuple[tuple[Category, float, str], ...] = (
    (C.COMPENSATION, 1.0, (
        r"\b(?:salar(?:y|ies)|wages?|incomes?|earn(?:ings?)?|compensat\w+|bonus(?:es)?|pay (?:range|scale|"
        r"like|is|well)|paid|the pay|pays|benefits (?:package|like)|how much (?:do|does|did|can|could|would|"
        r"money|should) [^?]{0,30}(?:make|made|expect|get)|how much money|make a (?:good |decent )?living|"
        r"financially|the money|what (?:do|does|did|can|could|would) [^?]{0,30}(?:make|get|take home|bring home|"
        r"clear) (?:an?|per) (?:hour|day|shift|week|month|year))\b"
    )),
    (C.COMPENSATION, 0.6, r"\b(?:money|benefits|raises?|pension)\b"),
    (C.TYPICAL_DAY, 1.0, (
        r"\b(?:(?:typical|average|normal|regular|usual|given|ordinary) (?:work)?(?:ing )?(?:day|week|shift|"
        r"workday)|day[- ]to[- ]day|day in (?:the|your) life|daily|your days?\b|routine|"
        r"spend (?:most of )?your (?:time|day|week)|(?:main |primary )?(?:duties|responsibilit(?:y|ies)|"
        r"tasks)|what (?:exactly )?do you (?:actually )?do\b(?! (?:outside|for fun|to relax))|what you do\b|"
        r"what is it (?:that )?you do|(?:are you|have you been|you're) (?:currently )?(?:working on|doing)|"
        r"what (?:a|an|the) [^?]{3,50} does|what does (?:a|an|the|your|that|it|being) [^?]{0,50}(?:do|involve|"
        r"entail|look like|consist))\b"
    )),
    (C.ENJOYS, 1.0, (
        r"\b(?:(?:like|love|enjoy)(?: the)? (?:most|best|about)|favou?rite|reward(?:ing|s)|satisf\w+|"
        r"fulfil\w*|proud(?:est)?|best (?:part|thing|moment|aspect|days?)|motivat\w+|passion\w*|highlights?|"
        r"most fun|exci(?:tes?|ting)|do you (?:still |really )?(?:like|love|enjoy) (?:your|the|this|being|"
        r"what|working|it)|keeps you|happy (?:with|in)|positive|pros\b|"
        r"why do people (?:\w+ )?(?:want|choose|stay|do)|(?:like|enjoy) your (?:job|work|role|career|position|"
        r"field|profession|industry|company|business|being))\b"
    )),
    (C.DISLIKES, 1.0, (
        r"\b(?:dislikes?|like (?:the )?least|least (?:favou?rite|enjoy\w*|like)|hates?|hard(?:est)?|"
        r"difficult\w*|challeng\w+|worst|frustrat\w+|stress\w*|downsides?|drawbacks?|tough(?:est)?|struggles?|"
        r"annoy\w*|negatives?|cons\b|(?:don't|not) (?:you )?(?:like|enjoy|love)|(?:change|"
        r"different) (?:one thing|about)|burn(?:ed|t)?[- ]?out|obstacles?|scar(?:y|iest)|boring)\b"
    )),
    (C.EXPECTATIONS, 1.0, (
        r"\b(?:hours|work[- ]life|balance|schedules?|overtime|weekends|on[- ]call|shifts?|misconceptions?|"
        r"stereotypes?|reality|realistic|pressure|vacation|time off|danger\w*|risk\w*|safe(?:ty)?|injur\w+|"
        r"job security|workload|flexib\w+|people (?:think|assume|get wrong)|glamorous|travel|"
        r"deploy\w*|family life|take (?:work|it) home|stable|stability|what (?:should|can) (?:i|someone|"
        r"people|you|one) expect)\b"
    )),
    (C.WISH_KNOWN, 1.0, (
        r"\b(?:wish(?:ed)?|had known|surpris\w+|regrets?|differently|mistakes?|looking back|in hindsight|"
        r"younger self|knew then|do (?:it )?(?:all )?over|go back (?:and|in time)|learn(?:ed|t) the hard way|"
        r"not what you expected|unexpected|expecting)\b"
    )),
    (C.ADVICE, 1.0, (
        r"\b(?:advice|advise|recommend(?:ations?)?|suggest(?:ions?)?|tips?|words of wisdom|(?:should|can|"
        r"could|would) (?:i|someone|somebody|people|a (?:\w+ )?person|students?|they|one|young \w+) (?:do|get|"
        r"start|learn|become|prepare|begin|go about)|(?:tell|say to|encourage) (?:someone|somebody|people|"
        r"anyone|anybody|a|young|students|those)|get (?:started|into it)|looking to|how (?:do|does|can|"
        r"would) (?:you|one|someone|a person|people|i) (?:become|get into|break into|start|prepare))\b"
    )),
    (C.CAREER_PATH, 1.0, (
        r"\b(?:how (?:did|have) you (?:\w+ )?(?:get|got|gotten|become|became|end|ended|start|come|find|found|"
        r"decide|choose|land|wind|break|move|transition|go|make|made)|your (?:background|journey|story|path|"
        r"career path|education|first|training|degree|previous|experience)|(?:what|who) (?:made|led|inspired|"
        r"drew|brought|attracted|got|influenced|prompted|motivated) you|where did you (?:go|study|work|train|"
        r"grow)|what did you (?:study|major|do before|want to be)|did you (?:always|go to|study|work|start|"
        r"have a|know)|how long (?:have|did|were)|when did you|why did you|tell (?:me|us) (?:a (?:little|bit|"
        r"little bit) )?about (?:yourself|you|who)|introduce yourself|career (?:path|progression|ladder|"
        r"change|switch)|promot\w+|advance\w*|your (?:first|last) (?:job|position|role)|before (?:this|that|"
        r"you)|what (?:degree|education|schooling) (?:do|did) you|become (?:a|an|interested)|always want\w*)\b"
    )),
    (C.SKILLS, 1.0, (
        r"\b(?:skills?|qualit(?:y|ies)|traits?|tools?|certif\w+|licen[sc]\w+|qualif\w+|what (?:does it|do you|"
        r"would it) (?:take|need)|good at|need(?:ed)? to (?:know|be|have|succeed|do)|software|personality|"
        r"strengths?|requirements?|required|(?:need|have) to (?:take to )?become|educat\w+ (?:is|do|required|"
        r"needed)|(?:degree|training|schooling|education|background) (?:is|do|does|would|should|needed)|"
        r"what kind of (?:person|training|education)|characteristics|abilities)\b"
    )),
    (C.OUTLOOK, 1.0, (
        r"\b(?:outlook|futures?|demand|job market|grow(?:ing|th)|(?:next|coming) (?:\w+ )?(?:years|decade)|"
        r"ai\b|automat\w+|artificial|openings?|competitive|competition|trends?|hard to (?:get|find) (?:a job|"
        r"work|in|into)|going to (?:change|be replaced)|(?:has|have|is|are) [^?]{0,40}chang(?:ed|ing)|"
        r"changes (?:in|have|do|are)|headed|technolog\w+ (?:chang|affect|impact)\w*)\b"
    )),
    (C.REFERRAL, 1.0, (
        r"\b(?:who else|(?:any|some)(?:one|body) else|else (?:i|we) (?:should|could|can)|(?:talk|speak|"
        r"reach out|connect) (?:to|with) (?:next|about)|introduc(?:e|tion)|put me in|in touch|resources?|"
        r"books?|podcasts?|websites?|blogs?|associations?|(?:groups?|communit\w+) (?:to|i|should|for)|"
        r"where (?:can|could|should) (?:i|people|someone|we|listeners) (?:find|learn|look|go|reach))\b"
    )),
    (C.CULTURE, 1.0, (
        r"\b(?:cultures?|team(?:s|mates)?|co-?workers?|colleagues?|environment|atmosphere|people you work|"
        r"manage(?:r|rs|ment|ment style)|your boss|values|mission|diversity|inclusi\w+|remote(?:ly)?|"
        r"in the office|supportive|as a (?:woman|minority|person of)|women in)\b"
    )),
)  # fmt: skip
_TOPICS = tuple((category, weight, re.compile(pattern, re.IGNORECASE)) for category, weight, pattern in TOPICS)
# Broad words that only decide when nothing sharper was asked.
YIELDS_TO: Mapping[Category, frozenset[Category]] = {
    C.CAREER_PATH: frozenset({C.ENJOYS, C.DISLIKES, C.COMPENSATION, C.WISH_KNOWN}),
    C.SKILLS: frozenset({C.CAREER_PATH}),
    C.DISLIKES: frozenset({C.OUTLOOK}),
}


def asks(text: str) -> bool:
    """Whether this sentence asks. "It pays well, right?" does not. Apostrophes must be straight."""
    plain = text.rstrip("\"')] ")
    if TAG.search(plain):
        return False
    return plain.endswith("?") or ASKING.match(plain) is not None or STARTERS.match(plain) is not None


def leads_in(text: str) -> bool:
    """Whether this sentence, said right before a question, belongs to who asks it."""
    return LEADS_IN.match(text) is not None


def is_beside_work(question: str) -> bool:
    """Whether this asks for a daydream or a pastime: no answer to it says anything of the work."""
    return BESIDE_WORK.search(question) is not None


def confirms(text: str) -> bool:
    """Whether this says that what came before is so: "yeah, that's about right"."""
    match = CONFIRMS.match(text)
    return match is not None and AGREES.search(match.group()) is not None


def topics(question: str) -> dict[Category, float]:
    """What a question asks about, 0..1 per category; empty when it does not say."""
    found: dict[Category, float] = {}
    for category, weight, pattern in _TOPICS:
        if pattern.search(question):
            found[category] = max(weight, found.get(category, 0.0))
    weaker = {c for c in found if YIELDS_TO.get(c, frozenset()) & found.keys()}
    return {c: w / 2 if c in weaker else w for c, w in found.items()}
