"""Labels: the name of who speaks, before the words in a text that has no other place for it: `Ada Okafor: hello`.

What looks like a name is written as it is, any other in brackets (`[ask me: later]: hello`): so what is written here
is read here as the same name, and a sentence with a colon in it is nobody's.
"""

import re

from app.transcripts.values import Role

LABEL_WORDS, LABEL_CHARS = 5, 60
BRACKETED = re.compile(r"\[(?P<name>[^\]]{1,300})\]: (?=\S)")
# A word of a name: "Okafor-Lind", "O'Neill", "J.", "(host)", "speaker_00". It ends in a dot only when it is short.
PART = re.compile(r"[(\"']?\w(?:[\w'\u2019&/+-]|\.(?=\w))*(?:[)\"']|(?<=\b\w)\.|(?<=\b\w\w)\.|(?<=\b\w{4})\.)?")
# What may stand in a name in lower case.
PARTICLES = frozenset(
    (
        *("af", "al", "and", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "ibn", "la"),
        *("le", "of", "ten", "ter", "the", "und", "van", "von", "y"),
    )
)
# What stands before a colon as often as a name does.
NO_NAMES = frozenset(
    (
        *("chapter", "date", "duration", "example", "file", "language", "length", "location", "nb", "note", "notes"),
        *("part", "participants", "place", "present", "ps", "recorded", "recording", "section", "source", "subject"),
        *("summary", "time", "title", "topic", "transcript", "url", "warning"),
        *("also", "and", "because", "but", "finally", "first", "meaning", "no", "now", "oh", "ok", "okay", "or"),
        *("second", "so", "then", "well", "yeah", "yes"),
    )
)
ROLES = {
    "interviewer": Role.INTERVIEWER,
    "host": Role.INTERVIEWER,
    "question": Role.INTERVIEWER,
    "q": Role.INTERVIEWER,
    "interviewee": Role.INTERVIEWEE,
    "guest": Role.INTERVIEWEE,
    "respondent": Role.INTERVIEWEE,
    "answer": Role.INTERVIEWEE,
}
SPEAKERS = frozenset({"speaker", *ROLES})


def written(name: str) -> str:
    """How a name of one line stands before words; `]` cannot be said in brackets and becomes `)`."""
    name = name.replace("]", ")")
    return f"{name}: " if is_name(name) else f"[{name}]: "


def split(text: str) -> tuple[str | None, str]:
    """The name that a line of text begins with, and the words after it; None and the whole when there is no name."""
    found = BRACKETED.match(text)
    if found:
        return found["name"], text[found.end() :]
    name, _, words = text.partition(": ")
    return (name, words.strip()) if words.strip() and is_name(name) else (None, text)


def is_name(text: str) -> bool:
    """Whether this looks like what people call somebody: few words, with capitals, none of a sentence's marks."""
    words = text.split(" ")
    if len(words) > LABEL_WORDS or len(text) > LABEL_CHARS or text.casefold().rstrip(".") in NO_NAMES:
        return False
    if not all(PART.fullmatch(word) for word in words) or not any(map(str.isalpha, text)):
        return False
    return len(words) == 1 or (_leads(words[0]) and all(_leads(word) or word in PARTICLES for word in words[1:]))


def _leads(word: str) -> bool:
    """Whether a word of a name may stand there: not in lower case, unless it is one like `speaker` or `(host)`."""
    plain = word.strip("()\"'")
    return not plain[:1].islower() or plain in SPEAKERS


def role_of(name: str) -> Role | None:
    """The role that a name says: `Interviewer`, `Interviewee 2`, `Ada Okafor (host)`."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    if len(words) == 1:
        return ROLES.get(words[0])
    in_brackets = re.search(r"\(\s*(\w+)\s*\)\s*\Z", name.casefold())
    return ROLES.get(in_brackets[1]) if in_brackets else None


def unnamed(speaker: str) -> str:
    """What to call somebody without a name: `Speaker 1` for `S1`."""
    return re.sub(r"\AS(?=[0-9]+\Z)", "Speaker ", speaker)
