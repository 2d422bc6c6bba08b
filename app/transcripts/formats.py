"""A transcript as text to read or to lay over the sound: WebVTT, SubRip, plain text, Markdown."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pysubs2 import SSAEvent, SSAFile

from app.transcripts import cues, labels
from app.transcripts.cues import Cue
from app.transcripts.values import Doubt, Notice, Segment, Transcript

PARAGRAPH_MS = 20_000  # a longer stretch of one voice is broken at the next end of a sentence
QUESTION_ENDS = ("?", "？")  # noqa: RUF001 - Chinese and Japanese ask so

NO_SPEECH = "No speech was found in this recording."
NOTICES = {
    Notice.NO_SPEECH: NO_SPEECH,
    Notice.LANGUAGE_UNCERTAIN: "The language of this recording is uncertain: the words may be wrong.",
    Notice.LANGUAGE_MISMATCH: "The recording does not sound like the language asked for: the words may be wrong.",
    Notice.SEVERAL_LANGUAGES: "More than one language is spoken in this recording.",
    Notice.TIMES_ESTIMATED: "The times are estimated from the number of words: they were not measured.",
}
NOTICE_OF = {sentence: notice for notice, sentence in NOTICES.items()}
DOUBTS = {
    Doubt.LOOP: "[repetition]",
    Doubt.OVER_SILENCE: "[over silence]",
    Doubt.LOW_CONFIDENCE: "[low confidence]",
}

SRT_MARKUP = re.compile(r"<(?=[\s/]*[A-Za-z])|(?<=--)>|\{(?=\\)")
LOOK_ALIKE = {"<": "\u2039", ">": "\u203a", "{": "("}
MARKDOWN_INLINE = re.compile(r"[\\`*_\[\]~$]")
MARKDOWN_START = re.compile(r"(?P<number>[0-9]{1,9}(?=[.)]))?(?P<mark>[#+.)-])(?=[ #-]|\Z)")
BACKSLASH = "\ufdd0"  # stands in for a spoken backslash on its way through pysubs2; no character of any language


class Format(NamedTuple):
    media_type: str
    render: Callable[[Transcript], str]


def to_vtt(transcript: Transcript) -> str:
    """WebVTT with a voice tag on every cue; what a reader should know stands in NOTE blocks."""
    name = _names(transcript)
    shown = [_vtt_cue(cue, name[cue.speaker]) for cue in cues.cut(_told_apart(transcript, name), labels={})]
    header, _, body = _written(shown, "vtt").partition("\n\n")
    notes = [f"NOTE\n{sentence}" for sentence in _sentences(transcript)]
    return "\n\n".join([header, *notes, body])


def to_srt(transcript: Transcript) -> str:
    """SubRip; `Name: ` where the speaker changes. It has no comments: a transcript without speech is an empty text."""
    label = {speaker: labels.written(_srt_text(name)) for speaker, name in _names(transcript).items()}
    shown = cues.cut(_told_apart(transcript, label), labels=label)
    before = [None, *(cue.speaker for cue in shown)]
    labelled = [
        _srt_cue(cue, label[cue.speaker], is_new=cue.speaker != last) for cue, last in zip(shown, before, strict=False)
    ]
    return _written(labelled, "srt")


def to_txt(transcript: Transcript) -> str:
    """Paragraphs, `[mm:ss] Name: words`, with doubts in brackets before the words they are about."""
    label = {speaker: labels.written(name) for speaker, name in _names(transcript).items()}
    paragraphs = [
        f"[{_stamp(part[0].start_ms)}] {label[part[0].speaker]}{' '.join(map(_marked, part))}"
        for part in _paragraphs(_told_apart(transcript, label))
    ]
    return "\n\n".join([*_sentences(transcript), *paragraphs]) + "\n"


def to_markdown(transcript: Transcript) -> str:
    """As `to_txt`, with the speaker in bold; whatever was said, none of it is markup or HTML."""
    name = _names(transcript)
    paragraphs = [
        f"**{_plain_start(_plain_markdown(name[part[0].speaker]))}** [{_stamp(part[0].start_ms)}]\n\n"
        + _plain_start(" ".join(_marked(segment, escape=_plain_markdown, mark="*{}*") for segment in part))
        for part in _paragraphs(_told_apart(transcript, name))
    ]
    notices = [f"> {sentence}" for sentence in _sentences(transcript)]
    return "\n\n".join(["# Transcript", *notices, *paragraphs]) + "\n"


FORMATS = {
    "vtt": Format("text/vtt", to_vtt),
    "srt": Format("application/x-subrip", to_srt),
    "txt": Format("text/plain", to_txt),
    "md": Format("text/markdown", to_markdown),
}


def _names(transcript: Transcript) -> dict[str, str]:
    """What to call each speaker: the name given, else `Speaker 1` for `S1`."""
    ids = dict.fromkeys(segment.speaker for segment in transcript.segments)
    given = {speaker.id: cues.one_line(speaker.name or "") for speaker in transcript.speakers}
    return {speaker: given.get(speaker) or labels.unnamed(speaker) for speaker in ids}


def _told_apart(transcript: Transcript, shown: dict[str, str]) -> Transcript:
    """Two who are shown under one name are one to whoever reads: theirs is one turn, also when it is read back."""
    if len(set(shown.values())) == len(shown):
        return transcript
    first = {name: speaker for speaker, name in reversed(shown.items())}
    one = {speaker: first[name] for speaker, name in shown.items()}
    merged = (segment.model_copy(update={"speaker": one[segment.speaker]}) for segment in transcript.segments)
    return transcript.model_copy(update={"segments": tuple(merged)})


def _sentences(transcript: Transcript) -> list[str]:
    """What a reader should know before the words, each thing once."""
    silence = [] if cues.spoken(transcript) else [NO_SPEECH]
    return list(dict.fromkeys([*silence, *(NOTICES[notice] for notice in transcript.notices)]))


def _paragraphs(transcript: Transcript) -> Iterator[list[Segment]]:
    """A turn each, a long one in pieces.

    A question ends its piece, since with one microphone and one speaker label it is likely somebody else who answers.
    """
    for turn in cues.turns(transcript):
        part: list[Segment] = []
        for segment in turn:
            part.append(segment)
            if _ends_paragraph(part):
                yield part
                part = []
        if part:
            yield part


def _ends_paragraph(part: Sequence[Segment]) -> bool:
    text = cues.one_line(part[-1].text)
    is_long = part[-1].end_ms - part[0].start_ms >= PARAGRAPH_MS
    return text.endswith(QUESTION_ENDS) or (is_long and text.endswith(cues.SENTENCE_ENDS))


def _stamp(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _marked(segment: Segment, *, escape: Callable[[str], str] = str, mark: str = "{}") -> str:
    marks = [mark.format(DOUBTS[doubt]) for doubt in segment.doubts]
    return " ".join([*marks, escape(cues.one_line(segment.text))])


def _plain_markdown(text: str) -> str:
    """Text that CommonMark and GitHub's dialect (strike-through, `$` formulas) show as it was said."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MARKDOWN_INLINE.sub(r"\\\g<0>", text)


def _plain_start(line: str) -> str:
    """A line that begins no list and no heading, as "1. " or "# " would."""
    start = MARKDOWN_START.match(line)
    return f"{line[: start.start('mark')]}\\{line[start.start('mark') :]}" if start else line


def _vtt_cue(cue: Cue, name: str) -> Cue:
    return cue._replace(text=f"<v {_vtt_text(name)}>" + "\n".join(map(_vtt_text, cues.lines(cue.text))))


def _vtt_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt_cue(cue: Cue, label: str, *, is_new: bool) -> Cue:
    """With the speaker's label where it is new, or where the words would be taken for one of their own."""
    text = _srt_text(cue.text)
    needs_label = is_new or labels.split(text)[0] is not None
    return cue._replace(text="\n".join(cues.lines(label + text if needs_label else text)))


def _srt_text(text: str) -> str:
    """SubRip cannot escape: what a player would take for a tag or a time line gets a look-alike character."""
    return SRT_MARKUP.sub(lambda found: LOOK_ALIKE[found.group()], text)


def _written(shown: Iterable[Cue], format_: str) -> str:
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
        for cue in shown
    ]
    return subtitles.to_string(format_, keep_ssa_tags=True).replace(BACKSLASH, "\\")
