"""Themes of working life and stances on it: the words by which quotes of several people are held side by side.

Everything here is meant to miss rather than to mistake: a quote that is not understood is still in its cell.
"""

import re
from dataclasses import dataclass

from app.extraction.values import Category

C = Category


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


# What people praise and complain of. Their sentence must also say that they do: see PRAISE and COMPLAINT.
THEMES: dict[str, re.Pattern[str]] = {
    name: _pattern(words)
    for name, words in {
        "hours": r"hours|schedules?|overtime|(?:night|early|late|weekend|split|twelve-hour|12-hour) shifts?|weekends",
        "pay": r"pay|salar(?:y|ies)|wages?|paycheck|compensation",
        "travel": r"travel(?:l?ing|s)?|business trips?|(?:on|life on) the road|flying out",
        "stress": r"stress|pressure|deadlines?|pace",
        "colleagues": (
            r"colleagues?|co-?workers?|(?:my|our|the) (?:team(?:mates)?|crew)|(?:people|folks|guys) (?:that |"
            r"who )?i work with"
        ),
        "bosses": r"boss(?:es)?|managers?|management|supervisors?",
        "customers": r"customers?|clients?|guests?|the public|passengers?",
        "paperwork": r"paperwork|bureaucra\w+|red tape|administrative work|documentation|charting|writing reports",
        "meetings": r"meetings",
        "flexibility": r"flexib\w+|set my own hours|work from home|working from home|remote work",
        "job security": r"job security|stability|lay-?offs?|job (?:is|feels) (?:secure|stable)",
        "physical strain": (
            r"physical(?:ly)?(?: (?:side|part|work|labou?r|demanding|hard|exhausting))?|(?:my|your) (?:back|"
            r"knees|body|feet)|"
            r"heavy lifting"
        ),
        "learning": (
            r"(?:always |constantly |keep |get to )?learn(?:ing)? (?:new|something new|every day|so much)|"
            r"always learning"
        ),
        "autonomy": r"autonomy|independen\w+|freedom|my own boss|micro-?manag\w+",
        "variety": r"variety|no two days|every day is different|routine|repetit\w+|monoton\w+",
        "meaning": r"mak(?:e|es|ing) (?:a|the|that) (?:\w+ )?difference|help(?:ing)? (?:people|others)|impact|purpose",
        "creativity": r"creativ\w+",
        "outdoors": r"(?:being|working|work) (?:outdoors|outside)|fresh air",
        "time away from home": r"(?:being |time )?away from (?:home|(?:my|the|your) (?:family|kids))",
    }.items()
}

PRAISE = _pattern(
    r"love|loved|enjoy(?:ed|able|s)?|like|liked|adore|favou?rite|best|great|wonderful|fantastic|"
    r"amazing|awesome|good|"
    r"rewarding|fulfilling|satisfying|fun|proud|happy|lucky|thrilled|excited|exciting|joy|nice|"
    r"excellent|generous|decent|"
    r"looking forward|look forward|worth it|appreciate|perk|plus"
)
COMPLAINT = _pattern(
    r"hate|hated|dislike|dread|can't stand|despise|worst|hard|hardest|tough|toughest|difficult|least favou?rite|"
    r"frustrat\w+|stressful|exhaust\w+|drain\w+|tedious|annoy\w+|overwhelm\w+|terrible|awful|"
    r"horrible|brutal|miserable|"
    r"lonely|boring|painful|downside|drawback|problem|complaint|struggle|tired of|sick of|bad|poor|"
    r"lousy|crazy|long (?:hours|days|shifts)|(?:like|love|enjoy)d? (?:the |it |about it )?least|least like|wears? "
    r"(?:on )?(?:me|you)|takes? (?:a|its) toll|don't like|do not like|don't love|don't enjoy|"
    r"do not enjoy|never liked|not a fan|"
    r"too (?:much|many|long|low|little)|killing me|kills me|suck(?:s|ed)?"
)
# "No travel", "not stressful", "less paperwork": what is felt about the theme is turned round, or it is not there.
DENIED = _pattern(
    r"not|no|never|none|without|less|fewer|little|hardly|barely|instead|lack|rather than|unlike|"
    r"isn't|aren't|wasn't|"
    r"doesn't|don't|didn't|won't|can't|couldn't|wouldn't|haven't|hasn't|nobody|nothing|neither|cannot|ain't"
)
# These deny in themselves and are understood.
KNOWN_DENIALS = _pattern(
    r"can't stand|don't like|do not like|don't love|don't enjoy|do not enjoy|never liked|not a fan|"
    r"least favou?rite|(?:like|love|enjoy)d? (?:the |it |about it )?least|least like"
)
# What was felt elsewhere, once, by others, or would be.
ELSEWHERE = _pattern(
    r"used to|back then|at my (?:old|last|previous|former|first)|(?:old|last|previous|former) (?:job|"
    r"company|employer|boss|"
    r"role|position|place)|before (?:that|this)|as a (?:kid|child|student)|in (?:college|school)|"
    r"would|if|wish|hope|"
    r"some (?:people|folks|of)|other people|others|they|most people|people (?:think|say|assume|"
    r"believe|love|hate|like)|"
    r"she|he|you might|maybe|like to (?:say|think)"
)


@dataclass(frozen=True)
class Stance:
    """Something that one person says and another denies, in quotes that have one of `categories`."""

    about: str
    says: str
    denies: str
    said: re.Pattern[str]
    denied: re.Pattern[str]
    categories: frozenset[Category]


DEGREE = r"(?:\w+ )?(?:\w+ )?(?:degree|bachelor'?s?|master'?s?|diploma)"
SURELY = r"(?:really |actually |necessarily |strictly |even |absolutely |definitely |usually |always )?"
STANCES: tuple[Stance, ...] = (
    Stance(
        "degree",
        "a degree is needed",
        "no degree is needed",
        _pattern(
            rf"you(?:'ll)? {SURELY}(?:need|must have|have to have|have to get|gotta have) (?:to (?:have|"
            rf"get) )?(?:a|an|your|at least a) "
            rf"{DEGREE}|(?:a|the|your) {DEGREE} (?:is|was) {SURELY}(?:required|needed|necessary|a must|"
            rf"mandatory|essential)|"
            rf"(?:require|requires|required) (?:a|an|at least a) {DEGREE}"
        ),
        _pattern(
            rf"(?:don't|do not|didn't|doesn't|did not|does not) {SURELY}(?:need|have to have|require|"
            rf"have to get) (?:to have )?"
            rf"(?:a|an|any|your) {DEGREE}|no {DEGREE} (?:is |was )?(?:needed|required|necessary)|(?:a |the |"
            rf"your )?{DEGREE} "
            rf"(?:isn't|is not|wasn't) {SURELY}(?:required|needed|necessary|essential)"
        ),
        frozenset({C.SKILLS, C.ADVICE, C.CAREER_PATH, C.EXPECTATIONS, C.OUTLOOK}),
    ),
    Stance(
        "demand for people",
        "people are wanted",
        "there are few openings",
        _pattern(
            r"(?:high|huge|big|great|a lot of|growing|so much|strong|plenty of) demand|(?:is|are|always|"
            r"very) in (?:high |great )?"
            r"demand|shortage|plenty of (?:jobs|work|openings)|(?:lots|a lot) of (?:jobs|openings)|"
            r"always (?:hiring|looking for "
            r"people)|(?:can't|cannot) find enough (?:people|\w+)|easy to (?:find|get) (?:a job|work)|"
            r"never be out of (?:a job|work)"
        ),
        _pattern(
            r"(?:hard|difficult|tough) to (?:find|get|land) (?:a job|work|jobs|a position)|(?:few|fewer|"
            r"not many|not a lot of|"
            r"aren't many|aren't a lot of) (?:jobs|openings|positions)|(?:market|field|"
            r"industry) is (?:\w+ )?(?:saturated|shrinking|"
            r"flooded|dying)|laying (?:people )?off|(?:very|extremely|super|really|incredibly|so|"
            r"highly) competitive|hundreds of "
            r"appli\w+"
        ),
        frozenset({C.OUTLOOK, C.EXPECTATIONS, C.ADVICE}),
    ),
    Stance(
        "job security",
        "the job is secure",
        "the job is not secure",
        _pattern(
            r"(?:very|pretty|really|so|extremely|quite) (?:secure|stable)|(?:good|great|a lot of|plenty of|"
            r"lots of|have|has|there's) "
            r"job security|recession[- ]proof"
        ),
        _pattern(
            r"(?:no|little|not much|zero|lack of) job security|(?:very|pretty|really|so) (?:unstable|"
            r"insecure|precarious)|lay-?offs are "
            r"(?:common|normal)|(?:be|get) laid off (?:at )?any (?:time|day|moment)"
        ),
        frozenset({C.EXPECTATIONS, C.OUTLOOK, C.ENJOYS, C.DISLIKES}),
    ),
    Stance(
        "work-life balance",
        "work leaves room for life",
        "work leaves little room for life",
        _pattern(
            r"(?:good|great|excellent|nice|healthy|amazing|decent|better|fantastic) work[- ]life balance|"
            r"work[- ]life balance is "
            r"(?:\w+ )?(?:good|great|excellent|amazing|fantastic|wonderful)"
        ),
        _pattern(
            r"(?:no|bad|terrible|poor|awful|little|horrible|lousy) work[- ]life balance|"
            r"work[- ]life balance is (?:\w+ )?(?:bad|terrible|"
            r"hard|tough|poor|awful|difficult|non-?existent|rough)"
        ),
        frozenset({C.EXPECTATIONS, C.ENJOYS, C.DISLIKES, C.CULTURE}),
    ),
    Stance(
        "length of the week",
        "the hours are regular",
        "the hours are long or odd",
        _pattern(
            r"nine[- ]to[- ]five|9[- ]to[- ]5|(?:forty|40)[- ]hours?(?: a| per)?(?: week)?|regular hours|"
            r"(?:hardly|never|rarely) (?:any )?"
            r"(?:work )?overtime|(?:no|never work) weekends"
        ),
        _pattern(
            r"(?:long|crazy|insane|brutal|odd|irregular|unpredictable|late) hours|(?:fifty|sixty|seventy|"
            r"eighty|50|60|70|80)(?:[- ]plus)?"
            r"[- ]hours?(?: a| per)?(?: week)?|(?:twelve|fourteen|sixteen|12|14|16)[- ]hour (?:days|shifts)|"
            r"hours are (?:\w+ )?(?:long|"
            r"crazy|brutal|insane|unpredictable)|nights and weekends|on call (?:24|all|every)"
        ),
        frozenset({C.EXPECTATIONS, C.DISLIKES, C.TYPICAL_DAY, C.ENJOYS}),
    ),
    Stance(
        "working from home",
        "working from home is possible",
        "it cannot be done from home",
        _pattern(
            r"(?:i|we|you) (?:can |could |get to |mostly |usually |all )?(?:work|do it) (?:from home|"
            r"remotely)|fully remote|"
            r"(?:mostly|entirely|hundred percent|100 percent) remote"
        ),
        _pattern(
            r"(?:can't|cannot|can not|don't|never) (?:\w+ )?(?:work|do (?:it|this|that)|"
            r"be done) (?:from home|remotely)|(?:have|has) to be "
            r"(?:on[- ]site|in the office|there in person)|(?:isn't|"
            r"not) (?:something you can do )?(?:a remote job|remote)"
        ),
        frozenset({C.EXPECTATIONS, C.CULTURE, C.ENJOYS, C.DISLIKES, C.TYPICAL_DAY}),
    ),
    Stance(
        "machines",
        "machines will take over the work",
        "machines will not take over the work",
        _pattern(
            r"(?:ai|artificial intelligence|automation|machines|robots|computers) (?:will|is going to|"
            r"are going to|could|can|is|are) "
            r"(?:\w+ )?(?:replac\w+|take over|taking over|eliminat\w+)|(?:be|being|get|"
            r"getting) (?:replaced by|automated)(?: away)?"
        ),
        _pattern(
            r"(?:ai|artificial intelligence|automation|machines|robots|computers|it|they|"
            r"nothing) (?:will not|won't|will never|can't|cannot|"
            r"isn't going to|aren't going to|is not going to|is never going to|"
            r"could never) (?:\w+ )?(?:replace|take over|eliminate)|(?:can't|"
            r"cannot|won't|never) be (?:\w+ )?(?:replaced|automated)"
        ),
        frozenset({C.OUTLOOK, C.EXPECTATIONS}),
    ),
)
