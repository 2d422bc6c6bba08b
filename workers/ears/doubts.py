"""Which words Whisper may have invented: its signals and the silence under them, turned into marks. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from app.transcripts.values import Doubt
from workers.ears import HeardSegment, Stretch

# Whisper's own limits for a decoding that failed; it keeps such a one when all its tries fail.
COMPRESSION_LIMIT = 2.4
LOGPROB_LIMIT = -1.0
NO_SPEECH_LIMIT = 0.6

WORD_PROBABILITY_LIMIT = 0.5
# A voice detector starts late on a soft first sound and Whisper's word times are off by about as much.
SLACK_MS = 300
# How often in a row is a loop: one word ("no, no, no, no"), two, and anything longer up to LONGEST_PHRASE.
TOO_OFTEN = {1: 6, 2: 4}
TOO_OFTEN_ELSE = 3
LONGEST_PHRASE = 12

_NOT_A_WORD = re.compile(r"[\W_]+")


def mark(segments: Sequence[HeardSegment], *, speech: Sequence[Stretch] | None) -> list[HeardSegment]:
    """The same segments with their doubts; `speech` as in Hearing, of the window that they come from."""
    looping = _same_again_and_again(segments)
    return [
        replace(segment, doubts=tuple(_doubts(segment, speech=speech, looping=place in looping)))
        for place, segment in enumerate(segments)
    ]


def _doubts(segment: HeardSegment, *, speech: Sequence[Stretch] | None, looping: bool) -> list[Doubt]:
    found = {
        Doubt.LOOP: looping
        or segment.signals.compression_ratio > COMPRESSION_LIMIT
        or repeats_itself(_tokens(segment)),
        Doubt.OVER_SILENCE: _over_silence(segment, speech),
        Doubt.LOW_CONFIDENCE: _low_confidence(segment),
    }
    return [doubt for doubt, holds in found.items() if holds]


def repeats_itself(tokens: Sequence[str]) -> bool:
    """Whether a word or phrase comes so often in a row as nobody says it."""
    return any(
        _longest_run(tokens, length) >= TOO_OFTEN.get(length, TOO_OFTEN_ELSE)
        for length in range(1, min(LONGEST_PHRASE, len(tokens) // 2) + 1)
    )


def _longest_run(tokens: Sequence[str], length: int) -> int:
    same = [earlier == later for earlier, later in zip(tokens, tokens[length:], strict=False)]
    longest = max((len(list(run)) for holds, run in groupby(same) if holds), default=0)
    return longest // length + 1


def _same_again_and_again(segments: Sequence[HeardSegment]) -> set[int]:
    places: set[int] = set()
    for _, run in groupby(enumerate(segments), key=lambda placed: _tokens(placed[1])):
        numbers = [place for place, _ in run]
        if len(numbers) >= TOO_OFTEN_ELSE:
            places.update(numbers)
    return places


def _tokens(segment: HeardSegment) -> tuple[str, ...]:
    # Whisper's words where there are any: Japanese and Chinese have no blanks to split at.
    said = [word.text for word in segment.words] or segment.text.split()
    bare = (_NOT_A_WORD.sub("", text).casefold() for text in said)
    return tuple(text for text in bare if text)


def _over_silence(segment: HeardSegment, speech: Sequence[Stretch] | None) -> bool:
    if speech is None:
        return segment.signals.no_speech_prob > NO_SPEECH_LIMIT
    spans = [(word.start_ms, word.end_ms) for word in segment.words] or [(segment.start_ms, segment.end_ms)]
    silent = sum(1 for start_ms, end_ms in spans if not _spoken_at((start_ms + end_ms) // 2, speech))
    return 2 * silent > len(spans)


def _spoken_at(instant_ms: int, speech: Sequence[Stretch]) -> bool:
    return any(start_ms - SLACK_MS <= instant_ms <= end_ms + SLACK_MS for start_ms, end_ms in speech)


def _low_confidence(segment: HeardSegment) -> bool:
    if segment.signals.avg_logprob < LOGPROB_LIMIT:
        return True
    probabilities = [word.probability for word in segment.words]
    return bool(probabilities) and sum(probabilities) / len(probabilities) < WORD_PROBABILITY_LIMIT
