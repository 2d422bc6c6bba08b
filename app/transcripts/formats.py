"""A transcript as text to read or to lay over the sound: WebVTT, SubRip, plain text, Markdown."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from pysubs2 import SSAEvent, SSAFile

from app.transcripts.values import Doubt, Notice, Segment, Transcript

LINE_CHARS = 42  # the common limits for subtitles: two lines of 42, no more than 7 seconds
CUE_LINES = 2
CUE_MS = 7_000
PAUSE_MS = 1_000  # a longer silence between words clears the screen

SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 - Chinese and Japanese end sentences so
CLAUSE_ENDS = (",", ";", ":", "、", "，")  # noqa: RUF001 - as above

NO_SPEECH = "No speech was found in this recording."
NOTICES = {
    Notice.NO_SPEECH: NO_SPEECH,
    Notice.LANGUAGE_UNCERTAIN: "The language of this recording is uncertain: the words may be wrong.",
    Notice.LANGUAGE_MISMATCH: "The recording does not sound like the language asked for: the words may be wrong.",
    Notice.SEVERAL_LANGUAGES: "More than one language is spoken in this recording.",
}
DOUBTS = {
    Doubt.LOOP: "[repetition]",
    Doubt.OVER_SILENCE: "[over silence]",
    Doubt.LOW_CONFIDENCE: "[low confidence]",
}

UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f\ufdd0]")
SRT_MARKUP = re.compile(r"<(?=[\s/]*[A-Za-z])|(?<=--)>|\{(?=\\)")
LOOK_ALIKE = {"<": "\u2039", ">": "\u203a", "{": "("}
MARKDOWN_INLINE = re.compile(r"[\\`*_\[\]~$]")
MARKDOWN_START = re.compile(r"(?P<number>[0-9]{1,9}(?=[.)]))?(?P<mark>[#+.)-])(?=[ #-]|\Z)")
BACKSLASH = "\ufdd0"  # stands in for a spoken backslash on its way through pysubs2; no character of any language


class Cue(NamedTuple):
    start_ms: int
    end_ms: int
    speaker: str
    text: str


class Format(NamedTuple):
    media_type: str
    render: Callable[[Transcript], str]


def to_vtt(transcript: Transcript) -> str:
    """WebVTT with a voice tag on every cue; what a reader should know stands in NOTE blocks."""
    name = _names(transcript)
    cues = [_vtt_cue(cue, name[cue.speaker]) for cue in _cues(transcript, labels={})]
    header, _, body = _written(cues, "vtt").partition("\n\n")
    notes = [f"NOTE\n{sentence}" for sentence in _sentences(transcript)]
    return "\n\n".join([header, *notes, body])


def to_srt(transcript: Transcript) -> str:
    """SubRip; `Name: ` where the speaker changes. It has no comments: a transcript without speech is an empty text."""
    labels = {speaker: f"{name}: " for speaker, name in _names(transcript).items()}
    cues = _cues(transcript, labels=labels)
    before = [None, *(cue.speaker for cue in cues)]
    labelled = [
        cue._replace(text=_srt_text(cue.text, label="" if cue.speaker == last else labels[cue.speaker]))
        for cue, last in zip(cues, before, strict=False)
    ]
    return _written(labelled, "srt")


def to_txt(transcript: Transcript) -> str:
    """A paragraph a turn: `[mm:ss] Name: words`, with doubts in brackets before the words they are about."""
    name = _names(transcript)
    turns = [
        f"[{_stamp(turn[0].start_ms)}] {name[turn[0].speaker]}: {' '.join(map(_marked, turn))}"
        for turn in _turns(transcript)
    ]
    return "\n\n".join([*_sentences(transcript), *turns]) + "\n"


def to_markdown(transcript: Transcript) -> str:
    """As `to_txt`, with the speaker in bold; whatever was said, none of it is markup or HTML."""
    name = _names(transcript)
    turns = [
        f"**{_plain_markdown(name[turn[0].speaker])}** [{_stamp(turn[0].start_ms)}]\n\n"
        + " ".join(_marked(segment, escape=_plain_markdown, mark="*{}*") for segment in turn)
        for turn in _turns(transcript)
    ]
    notices = [f"> {sentence}" for sentence in _sentences(transcript)]
    return "\n\n".join(["# Transcript", *notices, *turns]) + "\n"


FORMATS = {
    "vtt": Format("text/vtt", to_vtt),
    "srt": Format("application/x-subrip", to_srt),
    "txt": Format("text/plain", to_txt),
    "md": Format("text/markdown", to_markdown),
}


def _one_line(text: str) -> str:
    """Words apart by one space and nothing that ends a line: in every format a line break means something."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def _names(transcript: Transcript) -> dict[str, str]:
    """What to call each speaker: the name given, else `Speaker 1` for `S1`."""
    ids = {segment.speaker for segment in transcript.segments}
    given = {speaker.id: _one_line(speaker.name or "") for speaker in transcript.speakers}
    return {speaker: given.get(speaker) or _unnamed(speaker) for speaker in ids}


def _unnamed(speaker: str) -> str:
    return re.sub(r"\AS(?=[0-9]+\Z)", "Speaker ", speaker)


def _sentences(transcript: Transcript) -> list[str]:
    """What a reader should know before the words, each thing once."""
    silence = [] if _spoken(transcript) else [NO_SPEECH]
    return list(dict.fromkeys([*silence, *(NOTICES[notice] for notice in transcript.notices)]))


def _spoken(transcript: Transcript) -> list[Segment]:
    return [segment for segment in transcript.segments if _one_line(segment.text)]


def _turns(transcript: Transcript) -> Iterator[list[Segment]]:
    for _, segments in groupby(_spoken(transcript), key=lambda segment: segment.speaker):
        yield list(segments)


def _stamp(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _marked(segment: Segment, *, escape: Callable[[str], str] = str, mark: str = "{}") -> str:
    marks = [mark.format(DOUBTS[doubt]) for doubt in segment.doubts]
    return " ".join([*marks, escape(_one_line(segment.text))])


def _plain_markdown(text: str) -> str:
    """Text that CommonMark and GitHub's dialect (strike-through, `$` formulas) show as it was said."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = MARKDOWN_INLINE.sub(r"\\\g<0>", text)
    start = MARKDOWN_START.match(text)  # "1. " or "# " would begin a list or a heading
    return f"{text[: start.start('mark')]}\\{text[start.start('mark') :]}" if start else text


def _cues(transcript: Transcript, *, labels: dict[str, str]) -> list[Cue]:
    """Cues in order of their start; `labels` are what will stand before the words where the speaker changes."""
    cues: list[Cue] = []
    for turn in _turns(transcript):
        label = labels.get(turn[0].speaker, "")
        for words in _runs(turn):
            cues += _split(words, label=label)
            label = ""
    return sorted(cues, key=lambda cue: cue.start_ms)


def _runs(turn: Sequence[Segment]) -> Iterator[list[Cue]]:
    """What may be cut anew: the words of neighbouring segments together, a segment without timed words by itself.

    Together, because Whisper ends segments anywhere: cut one by one they leave an "and" on the screen for 60 ms.
    """
    timed = [(_timed_words(segment), segment) for segment in turn]
    for has_words, run in groupby(timed, key=lambda pair: bool(pair[0])):
        if has_words:
            yield list(chain.from_iterable(words for words, _ in run))
        else:
            yield from ([_whole(segment)] for _, segment in run)


def _whole(segment: Segment) -> Cue:
    return Cue(segment.start_ms, segment.end_ms, segment.speaker, _one_line(segment.text))


def _timed_words(segment: Segment) -> list[Cue]:
    """The segment's text cut before each word that has times; empty when words and text do not agree.

    The text is what counts: it keeps what a language puts between words (nothing, in Chinese), and a text that was
    corrected by hand is never shown with the words as first heard.
    """
    text, at, cuts = _one_line(segment.text), 0, []
    for word in segment.words:
        spelled = _one_line(word.text)
        found = text.find(spelled, at)
        if found < 0:
            return []
        cuts.append(found)
        at = found + len(spelled)
    bounds = [*cuts, len(text) + 1]  # to the space before the next segment
    bounds[0] = 0
    return [
        Cue(word.start_ms, word.end_ms, segment.speaker, f"{text} "[start:end])
        for word, (start, end) in zip(segment.words, pairwise(bounds), strict=True)
    ]


def _split(words: Sequence[Cue], *, label: str) -> Iterator[Cue]:
    at = 0
    while at < len(words):
        count = _fitting(words[at:], label)
        yield _joined(words[at : at + count])
        at, label = at + count, ""


def _joined(words: Sequence[Cue]) -> Cue:
    text = "".join(word.text for word in words).strip()
    return Cue(words[0].start_ms, words[-1].end_ms, words[0].speaker, text)


def _fitting(words: Sequence[Cue], label: str) -> int:
    """How many words the next cue takes: all that fit, or back to the last stop or comma in their second half."""
    count = 1
    while count < len(words) and not _pause(words, count) and _fits(_joined(words[: count + 1]), label):
        count += 1
    if count == len(words) or _pause(words, count):
        return count
    for ends in (SENTENCE_ENDS, CLAUSE_ENDS):
        for earlier in range(count, count // 2, -1):
            if words[earlier - 1].text.rstrip().endswith(ends):
                return earlier
    return count


def _pause(words: Sequence[Cue], at: int) -> bool:
    return words[at].start_ms - words[at - 1].end_ms > PAUSE_MS


def _fits(cue: Cue, label: str) -> bool:
    lines = _lines(label + cue.text)
    return cue.end_ms - cue.start_ms <= CUE_MS and len(lines) <= CUE_LINES and max(map(len, lines)) <= LINE_CHARS


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, LINE_CHARS, break_long_words=False, break_on_hyphens=False) or [""]


def _vtt_cue(cue: Cue, name: str) -> Cue:
    return cue._replace(text=f"<v {_vtt_text(name)}>" + "\n".join(map(_vtt_text, _lines(cue.text))))


def _vtt_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt_text(text: str, *, label: str) -> str:
    """SubRip cannot escape: what a player would take for a tag or a time line gets a look-alike character."""
    lines = _lines(label + text)
    return "\n".join(SRT_MARKUP.sub(lambda found: LOOK_ALIKE[found.group()], line) for line in lines)


def _written(cues: Iterable[Cue], format_: str) -> str:
    r"""The cues through pysubs2, which rounds nothing away and knows both formats' stamps.

    Its texts are in SubStation's syntax: `{x}` is a tag and would vanish (hence `keep_ssa_tags`), `\n` in "C:\new" a
    line break (hence the stand-in). WebVTT refuses a cue that ends when it starts; Whisper makes such words.
    """
    subtitles = SSAFile()
    subtitles.events = [
        SSAEvent(
            start=cue.start_ms,
            end=max(cue.end_ms, cue.start_ms + 1),
            text=cue.text.replace("\\", BACKSLASH).replace("\n", r"\N"),
        )
        for cue in cues
    ]
    return subtitles.to_string(format_, keep_ssa_tags=True).replace(BACKSLASH, "\\")
