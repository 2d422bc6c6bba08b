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
    r"(?:tell (?:me|us)|walk (?:me|us) through|talk (?:to (?:me|us) )?(?:a (?:little|bit) )?about|describe (?:a|your|the)\b|"
    r"give (?:me|us) (?:a|an|some)|i'd love to (?:hear|know)|i (?:want|wanted) to (?:ask|know|hear)|"
    r"i'm (?:curious|wondering|interested)|i was wondering|could you|can you|would you|please (?:tell|describe|explain))\b"
    r"|(?:what|how) about\b)",
    re.IGNORECASE,
)
LEADS_IN = re.compile(
    r"(?:(?:so|and|okay|ok|now|great|cool|right|well),? ){0,2}(?:you(?:'ve| have|'re| said| mentioned| told| talked| touched)?\b|"
    r"i (?:saw|read|noticed|heard|understand|know) (?:that )?you\b|let's (?:talk|move|go|switch|start)|(?:my )?(?:next|last|final|"
    r"first|another) question|i (?:have|had|just have) (?:a|one|another|some) (?:more |last |few )?questions?|speaking of|"
    r"that's (?:a )?(?:great|awesome|amazing|interesting|fascinating|really)|thank you|thanks)",
    re.IGNORECASE,
)
CONFIRMS = re.compile(
    r"(?:(?:yeah|yes|yep|oh|um|uh|i think|i'd say|absolutely|right),? ){0,3}(?:that's|that is|that sounds|sounds|you're|it's|"
    r"exactly|correct|spot on|pretty much)(?: (?:about|pretty|roughly|just|exactly|probably|sounds|fairly|pretty much|"
    r"spot|in the))*(?: (?:right|correct|accurate|fair|it|on|close|ballpark|much|true)\b)?",
    re.IGNORECASE,
)
AGREES = re.compile(r"\b(?:right|correct|accurate|fair|spot on|exactly|ballpark|pretty much|close|true)\b", re.IGNORECASE)

JOB = r"(?:job|work|role|career|position|field|profession|industry|company|business|being)"
TOPICS: tuple[tuple[Category, float, str], ...] = (
    (C.COMPENSATION, 1.0, r"\b(?:salar(?:y|ies)|wages?|incomes?|earn(?:ings?)?|compensat\w+|bonus(?:es)?|pay (?:range|scale|like|is|well)|paid|"
     r"the pay|pays|benefits (?:package|like)|how much (?:do|does|did|can|could|would|money|should) [^?]{0,30}(?:make|made|expect|get)|"
     r"how much money|make a (?:good |decent )?living|financially|the money)\b"),
    (C.COMPENSATION, 0.6, r"\b(?:money|benefits|raises?|pension)\b"),
    (C.TYPICAL_DAY, 1.0, r"\b(?:(?:typical|average|normal|regular|usual|given|ordinary) (?:work)?(?:ing )?(?:day|week|shift|workday)|"
     r"day[- ]to[- ]day|day in (?:the|your) life|daily|your days?\b|routine|spend (?:most of )?your (?:time|day|week)|"
     r"(?:main |primary )?(?:duties|responsibilit(?:y|ies)|tasks)|what (?:exactly )?do you (?:actually )?do\b(?! (?:outside|for fun|to relax))|"
     r"what you do\b|what is it (?:that )?you do|(?:are you|have you been|you're) (?:currently )?(?:working on|doing)|what does (?:a|an|the|your|that|it|being) [^?]{0,50}(?:do|involve|entail|look like|consist))\b"),
    (C.ENJOYS, 1.0, r"\b(?:(?:like|love|enjoy)(?: the)? (?:most|best|about)|favou?rite|reward(?:ing|s)|satisf\w+|fulfil\w*|proud(?:est)?|"
     rf"best (?:part|thing|moment|aspect|days?)|motivat\w+|passion\w*|highlights?|most fun|exci(?:tes?|ting)|do you (?:still |really )?"
     rf"(?:like|love|enjoy) (?:your|the|this|being|what|working|it)|keeps you|happy (?:with|in)|positive|pros\b|benefits of|why do people (?:\w+ )?(?:want|choose|stay|do)|(?:like|enjoy) your {JOB})\b"),
    (C.DISLIKES, 1.0, r"\b(?:dislikes?|like (?:the )?least|least (?:favou?rite|enjoy\w*|like)|hates?|hard(?:est)?|difficult\w*|challeng\w+|worst|"
     r"frustrat\w+|stress\w*|downsides?|drawbacks?|tough(?:est)?|struggles?|annoy\w*|negatives?|cons\b|(?:don't|not) (?:you )?(?:like|enjoy|love)|(?:change|different) (?:one thing|about)|could change|"
     r"(?:why|what makes) (?:do |would )?(?:people|someone|workers|\w+s) (?:leave|quit)|"
     r"burn(?:ed|t)?[- ]?out|obstacles?|scar(?:y|iest)|boring)\b"),
    (C.EXPECTATIONS, 1.0, r"\b(?:hours|work[- ]life|balance|schedules?|overtime|weekends|on[- ]call|shifts?|misconceptions?|stereotypes?|reality|"
     r"realistic|pressure|vacation|time off|danger\w*|risk\w*|safe(?:ty)?|injur\w+|job security|workload|flexib\w+|people (?:think|assume|get wrong)|romanticized|glamorous|"
     r"travel|deploy\w*|family life|take (?:work|it) home|stable|stability|what (?:should|can) (?:i|someone|people|you|one) expect)\b"),
    (C.WISH_KNOWN, 1.0, r"\b(?:wish(?:ed)?|had known|surpris\w+|regrets?|differently|mistakes?|looking back|in hindsight|younger self|knew then|"
     r"do (?:it )?(?:all )?over|go back (?:and|in time)|learn(?:ed|t) the hard way|not what you expected|unexpected|expecting)\b"),
    (C.ADVICE, 1.0, r"\b(?:advice|advise|recommend(?:ations?)?|suggest(?:ions?)?|tips?|words of wisdom|(?:should|can|could|would) "
     r"(?:i|someone|somebody|people|a person|students?|they|one|young \w+) (?:do|get|start|learn|become|prepare|begin|go about)|"
     r"(?:tell|say to|encourage) (?:someone|somebody|people|anyone|anybody|a|young|students|those)|get (?:started|into it)|looking to|how (?:do|does|can|would) (?:you|one|someone|a person|people|i) (?:become|get into|break into|start|prepare)|steps)\b"),
    (C.CAREER_PATH, 1.0, r"\b(?:how (?:did|have) you (?:\w+ )?(?:get|got|gotten|become|became|end|ended|start|come|find|found|decide|choose|land|wind|break|"
     r"move|transition|go|make|made)|your (?:background|journey|story|path|career path|education|first|training|degree|previous|experience)|"
     r"(?:what|who) (?:made|led|inspired|drew|brought|attracted|got|influenced|prompted|motivated) you|where did you (?:go|study|work|train|grow)|"
     r"what did you (?:study|major|do before|want to be)|did you (?:always|go to|study|work|start|have a|know)|"
     r"how long (?:have|did|were)|when did you|why did you|tell (?:me|us) (?:a (?:little|bit|little bit) )?about (?:yourself|you|who)|"
     r"introduce yourself|career (?:path|progression|ladder|change|switch)|promot\w+|advance\w*|your (?:first|last) (?:job|position|role)|"
     r"before (?:this|that|you)|what (?:degree|education|schooling) (?:do|did) you|become (?:a|an|interested)|always want\w*)\b"),
    (C.SKILLS, 1.0, r"\b(?:skills?|qualit(?:y|ies)|traits?|tools?|certif\w+|licen[sc]\w+|qualif\w+|what (?:does it|do you|would it) (?:take|need)|"
     r"good at|need(?:ed)? to (?:know|be|have|succeed|do)|software|personality|strengths?|requirements?|required|(?:need|have) to (?:take to )?become|educat\w+ (?:is|do|required|needed)|"
     r"(?:degree|training|schooling|education|background) (?:is|do|does|would|should|needed)|what kind of (?:person|training|education)|characteristics|abilities)\b"),
    (C.OUTLOOK, 1.0, r"\b(?:outlook|futures?|demand|job market|grow(?:ing|th)|(?:next|coming) (?:\w+ )?(?:years|decade)|ai\b|automat\w+|"
     r"artificial|openings?|competitive|competition|trends?|hard to (?:get|find) (?:a job|work|in|into)|going to (?:change|be replaced)|"
     r"(?:has|have|is|are) [^?]{0,40}chang(?:ed|ing)|changes (?:in|have|do|are)|headed|technolog\w+ (?:chang|affect|impact)\w*)\b"),
    (C.REFERRAL, 1.0, r"\b(?:who else|(?:any|some)(?:one|body) else|else (?:i|we) (?:should|could|can)|(?:talk|speak|reach out|connect) "
     r"(?:to|with) (?:next|about)|introduc(?:e|tion)|put me in|in touch|resources?|books?|podcasts?|websites?|blogs?|"
     r"associations?|(?:groups?|communit\w+) (?:to|i|should|for)|where (?:can|could|should) (?:i|people|someone|we|listeners) (?:find|learn|look|go|reach))\b"),
    (C.CULTURE, 1.0, r"\b(?:cultures?|team(?:s|mates)?|co-?workers?|colleagues?|environment|atmosphere|people you work|manage(?:r|rs|ment|ment style)|"
     r"your boss|values|mission|diversity|inclusi\w+|remote(?:ly)?|in the office|supportive|as a (?:woman|minority|person of)|women in)\b"),
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


def confirms(text: str) -> bool:
    """ "Yeah, that's about right": what was said before is so."""
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
