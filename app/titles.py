"""Titles for interviews that nobody gave one."""

import re
from typing import Protocol

# The end of a file name that says what kind it is: .m4a and .3gp, but not the year of "Ada 3.5.2026".
SUFFIX = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,5}$")
MOST_CHARS = 300
UNKNOWN = "Interview with somebody new"


class Known(Protocol):
    """What of an interview, planned or kept, can stand in a title."""

    @property
    def interviewee(self) -> str | None: ...
    @property
    def role(self) -> str | None: ...


def made_up(known: Known, filename: str | None = None) -> str:
    """A title from what is known; when nobody was named, the recording's own name without its suffix."""
    if known.interviewee and known.role:
        return f"{known.interviewee}, {known.role}"[:MOST_CHARS].strip()
    if who := known.interviewee or known.role:
        return f"Interview with {who}"
    return SUFFIX.sub("", filename or "").strip() or UNKNOWN


def is_of_file(title: str, filename: str | None) -> bool:
    """Whether the title repeats the file's name, which goes when the recording goes."""
    return filename is not None and title == SUFFIX.sub("", filename).strip()
