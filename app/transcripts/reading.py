"""Reading transcripts that were made elsewhere: bytes in one of the formats that we write, as a transcript of ours."""

import codecs
from collections.abc import Callable, Mapping

from app.errors import TranscriptEmpty, TranscriptUnreadable
from app.transcripts import drafts, prose, subtitles
from app.transcripts.drafts import Draft
from app.transcripts.values import Notice, Role, Transcript

# Longest first: a mark of UTF-32 begins with one of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_LINES = 1_000_000
READERS: Mapping[str, Callable[[str], Draft]] = {
    "vtt": subtitles.read_vtt,
    "srt": subtitles.read_srt,
    "txt": prose.read_txt,
    "md": prose.read_markdown,
}


def read(format_: str, body: bytes, *, language: str | None = None) -> Transcript:
    """The transcript that a text in one of READERS' formats is. Raises TranscriptUnreadable, TranscriptEmpty."""
    draft = READERS[format_](_in_lines(decoded(body)))
    found = drafts.transcript(draft, model=format_, language=language)
    check_spoken(found)
    return found


def decoded(body: bytes) -> str:
    """A text in UTF-8, or in UTF-16 or UTF-32 with its mark. Raises TranscriptUnreadable with the place."""
    mark, encoding = next(((mark, name) for mark, name in MARKS if body.startswith(mark)), (b"", "utf-8"))
    try:
        text = body[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        at = len(mark) + error.start
        name = encoding[:6].rstrip("-").upper()
        raise TranscriptUnreadable(
            f"The text is not {name}: byte {at} is wrong. Save it as UTF-8.", byte=at, line=_line_of(body[:at])
        ) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise TranscriptUnreadable("The text holds a NUL. UTF-16 needs its mark; save it as UTF-8.", line=line)
    return text


def _in_lines(text: str) -> str:
    """The text with lines that end in a line feed, however they ended. Raises TranscriptUnreadable for endless ones."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MOST_LINES:
        raise TranscriptUnreadable(f"A text may have at most {MOST_LINES} lines.", line=MOST_LINES + 1)
    for at, line in enumerate(text.split("\n"), start=1):
        if len(line) > drafts.MOST_CHARS:
            raise TranscriptUnreadable(f"Line {at} has more than {drafts.MOST_CHARS} characters.", line=at)
    return text


def _line_of(before: bytes) -> int:
    return before.count(b"\n") + 1


def check_spoken(found: Transcript) -> None:
    """Raises TranscriptEmpty when nothing was said and nothing says that it is so."""
    if Notice.NO_SPEECH not in found.notices and not any(segment.text.strip() for segment in found.segments):
        raise TranscriptEmpty("There are no words in this transcript.")


def with_interviewer(found: Transcript, name: str) -> Transcript | None:
    """The transcript in which the speaker of that name or id asks the questions; None when nobody is called that.

    Who answers is left as it was: with more than two there is no telling.
    """
    wanted = name.strip().casefold()
    ids = {one.id for one in found.speakers if wanted in ((one.name or "").casefold(), one.id.casefold())}
    if not ids:
        return None
    speakers = (one.model_copy(update={"role": Role.INTERVIEWER}) if one.id in ids else one for one in found.speakers)
    return found.model_copy(update={"speakers": tuple(speakers)})
