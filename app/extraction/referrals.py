"""Referrals: people, groups, books and sites the listener is sent to, and offers to introduce."""

import re

WEAK_LEAD = r"(?:also |definitely |certainly |probably |even |just |always |totally |gladly )?"
OFFER = re.compile(
    r"\b(?:i(?:'ll| will| can| could|'d| would|'m)|let me|we can|we could|happy to|glad to)(?: be)?(?: more than)?"
    rf"(?: (?:happy|glad|love|willing|able) to)? {WEAK_LEAD}(?:introduce (?:you|y'all)|connect (?:you|the two)|"
    rf"put you (?:in touch|in contact)|"
    r"hook you up|refer you|pass (?:along |on )?your|make (?:an|the|that) intro(?:duction)?|"
    r"(?:send|give|e-?mail|text|forward|shoot) you (?:his|her|their|my|a|an|the|some|over)\b.{0,30}\b(?:e-?mail|"
    r"number|contact|info|link|name|list|book|card)"
    r"|pass on your (?:name|number))",
    re.IGNORECASE,
)
CONTACT_VERB = (
    r"(?:talk|speak|reach out|chat|write) (?:to|with)|connect with|meet(?: with)?|get in touch with|contact|"
    r"look up|look into|check out|"
    r"look at|follow|read|join|visit|call|e-?mail|sign up (?:for|with)|subscribe to|watch|listen to|go to|"
    r"get on|start with|ask (?:for )?"
)
SEND_TO = re.compile(
    rf"\b(?:you (?:should|could|can|might|may|ought to|want to|need to|have to|gotta)|you'd want to|i(?:'d|"
    rf" would) {WEAK_LEAD}|go|try|"
    rf"(?:recommend|suggest|tell you to|urge you to)(?: that)?(?: you)?(?: to)?|"
    rf"please) {WEAK_LEAD}(?:try to )?(?:go )?(?:and )?(?:{CONTACT_VERB})\b",
    re.IGNORECASE,
)
BARE_SEND = re.compile(
    rf"(?:(?:so|and|also|well|oh|yeah|definitely),? ){{0,2}}(?:{CONTACT_VERB})\b(?! (?:it|this|that|these)\b)",
    re.IGNORECASE,
)
NAMED = re.compile(
    r"(?<![.!?] )(?<!^)\b(?!I\b|I'|AI\b|OK\b|TV\b|English\b|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|"
    r"Sunday)[A-Z][\w'&.-]+"
)
SOURCE = re.compile(
    r"\b(?:the|a|an|your|their|our|this|called|some|local) (?:\w+ ){0,4}(?:association|society|union|guild|"
    r"institute|chamber|alliance|federation|meet-?up|"
    r"network|conference|newsletter|forum|subreddit|board|apprenticeship (?:office|program)|user group)s?\b|"
    r"\b(?:books?|podcasts?|websites?|blogs?|youtube channel|online course|linkedin|github|slack|discord|"
    r"meet-?ups?)\b|\bwww\.|\.(?:com|org|edu|net|io)\b",
    re.IGNORECASE,
)
ACQUAINTANCE = re.compile(
    r"\b(?:my|a|an old|our) (?:\w+ )?(?:friend|colleague|co-?worker|boss|manager|mentor|cousin|brother|sister|"
    r"supervisor|partner|buddy|recruiter|wife|husband)\b",
    re.IGNORECASE,
)
TO_ME = re.compile(
    r"\b(?:feel free to|you can(?: always)?|please|you're welcome to|don't hesitate to|"
    r"welcome to) (?:\w+ )?(?:reach out|contact|e-?mail|call|message|text|"
    r"connect|ask|hit me up|find me|write|dm)\b|\b(?:stay|keep|be|get) in touch\b(?! with (?:my|the|them|old|"
    r"him|her))|\bmy (?:e-?mail|number|linkedin|website) is\b|\bfind me (?:on|at)\b",
    re.IGNORECASE,
)
PRAISED = re.compile(
    r"\b(?:great|good|excellent|fantastic|useful|helpful|wonderful|amazing) (?:book|podcast|website|resource|"
    r"course|blog|site|channel|program|newsletter)s?\b(?:.{0,40}\b(?:is|are|called|by|named)\b)?|"
    r"\b(?:book|podcast|website|site|group|course|program|forum|channel) (?:called|named|by)\b|\bthere(?:'s| is|"
    r"'re| are) (?:a|an|this|some) (?:\w+ ){0,3}"
    r"(?:book|site|website|group|podcast|course|program|forum|subreddit|community|association)s?\b",
    re.IGNORECASE,
)
OWN_PAST = re.compile(
    r"^\W*(?:\w+ ){0,2}i (?:\w+ )?(?:read|joined|talked|called|went|met|contacted|reached|listened|watched|"
    r"spoke|had|was|used)\b",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"\b(?:we|they|he|she|patients?|customers?|clients?) (?:\w+ )?(?:talk|speak|call|contact|meet|go)\b", re.IGNORECASE
)


def names_somebody(text: str) -> bool:
    """Whether a person, an acquaintance, a group or a source is named at all."""
    return any(pattern.search(text) for pattern in (NAMED, SOURCE, ACQUAINTANCE))


def weigh(text: str) -> list[tuple[float, str]]:
    """(weight, name) of every sign that the listener is sent to somebody or something. Apostrophes straight."""
    hits: list[tuple[float, str]] = []
    named = names_somebody(text)
    if OFFER.search(text):
        hits.append((0.85, "cue:offer"))
    if TO_ME.search(text):
        hits.append((0.6, "cue:keep-in-touch"))
    sent = SEND_TO.search(text) or BARE_SEND.match(text)
    if sent and named and not OTHERS.search(text) and not OWN_PAST.match(text):
        hits.append((0.6, "cue:sent-to"))
    if PRAISED.search(text) and not OWN_PAST.match(text):
        hits.append((0.45, "cue:praised-source"))
    if hits and NAMED.search(text):
        hits.append((0.2, "named"))
    return hits
