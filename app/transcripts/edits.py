"""Edits: a transcript with one segment or one speaker changed by a person, everything else as it was. Pure."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from app.errors import FieldInvalid, NotFound
from app.transcripts.values import Segment, Speaker, Transcript, Word

SPEAKER_ID = r"^S[1-9][0-9]{0,5}$"
TYPED = 1.0  # the probability of a word that a person typed
# Words times words that are compared: finding what two long texts have in common takes its square and more, and
# nobody rewrites a thousand words in one segment. What is beyond keeps the words at its beginning and its end.
MOST_COMPARED = 1_000_000


def with_segment(
    transcript: Transcript, segment_id: int, *, text: str | None = None, speaker: str | None = None
) -> Transcript:
    """The transcript with other words in a segment, or another speaker; what is None stays.

    Words that stay keep their times and probability, words that are new get times between their neighbours'. Doubts
    were about the words as they were heard: a text that a person gives has none. Raises NotFound.
    """
    at = next((at for at, one in enumerate(transcript.segments) if one.id == segment_id), None)
    if at is None:
        raise NotFound("This transcript has no segment of that number.")
    changed = transcript.segments[at]
    if text is not None:
        changed = changed.model_copy(update={"text": text, "words": _words(changed, text), "doubts": ()})
    if speaker is not None:
        changed = changed.model_copy(update={"speaker": speaker})
    segments = (*transcript.segments[:at], changed, *transcript.segments[at + 1 :])
    return transcript.model_copy(update={"segments": segments, "speakers": _joined_by(transcript, speaker)})


def _joined_by(transcript: Transcript, speaker: str | None) -> tuple[Speaker, ...]:
    """The speakers, and a new one: two voices that were heard as one are told apart by giving one a number of its own.

    Raises FieldInvalid when that number is not the next: a gap is more likely a slip.
    """
    known = [one.id for one in transcript.speakers]
    if speaker is None or speaker in known:
        return transcript.speakers
    following = f"S{1 + max((int(one[1:]) for one in known if re.match(SPEAKER_ID, one)), default=0)}"
    if speaker != following:
        raise FieldInvalid("/speaker", f"No speaker has this id; a new one would be {following}.")
    return (*transcript.speakers, Speaker(id=speaker))


def with_speaker(transcript: Transcript, speaker_id: str, changes: dict[str, Any]) -> Transcript:
    """The transcript with another name or role for a speaker. Raises NotFound."""
    if speaker_id not in {one.id for one in transcript.speakers}:
        raise NotFound("This transcript has no speaker with that id.")
    speakers = (one.model_copy(update=changes) if one.id == speaker_id else one for one in transcript.speakers)
    return transcript.model_copy(update={"speakers": tuple(speakers)})


def _words(segment: Segment, text: str) -> tuple[Word, ...]:
    """The text's words with times; none where the segment's words had none, for nothing was measured there."""
    if not segment.words:
        return ()
    return tuple(_aligned(segment, _spelled(segment, text)))


def _spelled(segment: Segment, text: str) -> list[str]:
    """The words of a text: between blanks or, in a language without any, the words that were heard and single signs."""
    heard = [word.text.strip() for word in segment.words]
    if len(heard) <= len(segment.text.split()) or len(heard) * len(text) > MOST_COMPARED:
        return text.split()
    known = sorted({re.escape(word) for word in heard if word}, key=len, reverse=True)
    return re.findall("|".join([*known, r"\S"]), text)


def _aligned(segment: Segment, spelled: Sequence[str]) -> Iterator[Word]:
    old = [word.text.strip() for word in segment.words]
    for is_same, (i1, i2), (j1, j2) in _compared(old, spelled):
        if is_same:
            yield from segment.words[i1:i2]
        elif j1 < j2:
            start_ms, end_ms = _room(segment, i1, i2)
            yield from _typed(spelled[j1:j2], start_ms, end_ms)


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, tuple[int, int], tuple[int, int]]]:
    """(whether they are the same, from and to in `old`, from and to in `new`), in order and without a gap."""
    first = _in_common(old, new)
    last = _in_common(old[first:][::-1], new[first:][::-1])
    i, j = len(old) - last, len(new) - last
    yield True, (0, first), (0, first)
    if (i - first) * (j - first) > MOST_COMPARED:
        yield False, (first, i), (first, j)
    else:
        matcher = SequenceMatcher(None, old[first:i], new[first:j], autojunk=False)
        for what, i1, i2, j1, j2 in matcher.get_opcodes():
            yield what == "equal", (first + i1, first + i2), (first + j1, first + j2)
    yield True, (i, len(old)), (j, len(new))


def _in_common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _room(segment: Segment, first: int, after: int) -> tuple[int, int]:
    """From when to when words are said that stand for `words[first:after]`, which may be none."""
    words = segment.words
    if first < after:
        return words[first].start_ms, max(words[first].start_ms, words[after - 1].end_ms)
    start_ms = words[first - 1].end_ms if first > 0 else segment.start_ms
    end_ms = words[first].start_ms if first < len(words) else segment.end_ms
    return start_ms, max(start_ms, end_ms)


def _typed(spelled: Sequence[str], start_ms: int, end_ms: int) -> Iterator[Word]:
    """Words one after the other, each as long as its letters are many."""
    letters, at = sum(map(len, spelled)), 0
    for text in spelled:
        begins_ms = start_ms + (end_ms - start_ms) * at // letters
        at += len(text)
        ends_ms = start_ms + (end_ms - start_ms) * at // letters
        yield Word(start_ms=begins_ms, end_ms=ends_ms, text=text, probability=TYPED)
