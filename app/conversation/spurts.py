"""Who spoke when: words become spurts, and it is told which of them take the floor and which only nod."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.conversation.values import Spurt
from app.extraction import questions, sentences
from app.extraction.conversation import FILLER, straighten
from app.transcripts.values import Doubt, Segment, Transcript

# Brady (1968) calls talkspurt what is left when short gaps are bridged. His 200 ms are those of a telephone's meter;
# times of words as Whisper gives them are off by a tenth of a second or two at either end.
BRIDGED_MS = 500
# Yngve (1970): who nods in words leaves the floor where it is. "Yeah, right, okay" is three of them.
NOD_WORDS = 4
NODS = re.compile(r"(?:(?:m+-?h*m+|m+|uh-?huh|a+h+|huh|really|interesting|true|sure)[\s,.!…-]*)+$", re.IGNORECASE)
# Words that may never have been said do not count as talk.
INVENTED = frozenset({Doubt.LOOP, Doubt.OVER_SILENCE})
LAST_CHARS = 400


@dataclass(frozen=True)
class _Piece:
    start_ms: int
    end_ms: int
    segment_id: int
    text: str


def spurts_of(transcript: Transcript) -> list[Spurt]:
    """In order of time; those of one speaker do not overlap. A segment whose words have no times is one piece."""
    pieces: dict[str, list[_Piece]] = {}
    for segment in said(transcript):
        pieces.setdefault(segment.speaker, []).extend(_pieces(segment))
    found = (spurt for speaker, theirs in pieces.items() for spurt in _joined(speaker, theirs))
    return sorted(found, key=lambda one: (one.start_ms, one.end_ms, one.segment_ids))


def said(transcript: Transcript) -> list[Segment]:
    """The segments with words that were surely said, in order of time, however they came."""
    surely = (one for one in transcript.segments if one.text.strip() and not INVENTED.intersection(one.doubts))
    return sorted(surely, key=lambda one: (one.start_ms, one.id))


def _pieces(segment: Segment) -> Iterator[_Piece]:
    for one in segment.words or (segment,):
        yield _Piece(one.start_ms, max(one.start_ms, one.end_ms), segment.id, one.text.strip())


def _joined(speaker: str, pieces: Iterable[_Piece]) -> Iterator[Spurt]:
    run: list[_Piece] = []
    end_ms = 0
    for piece in sorted(pieces, key=lambda one: (one.start_ms, one.segment_id)):
        if run and piece.start_ms - end_ms >= BRIDGED_MS:
            yield _spurt(speaker, run, end_ms)
            run, end_ms = [], 0
        run.append(piece)
        end_ms = max(end_ms, piece.end_ms)
    if run:
        yield _spurt(speaker, run, end_ms)


def _spurt(speaker: str, run: Sequence[_Piece], end_ms: int) -> Spurt:
    ids = tuple(dict.fromkeys(piece.segment_id for piece in run))
    return Spurt(ids, run[0].start_ms, end_ms, speaker, " ".join(piece.text for piece in run))


def nods(spurts: Sequence[Spurt]) -> list[bool]:
    """Which of them only nod: "mm-hm", "right, okay". What follows somebody's question is an answer, however short."""
    found: list[bool] = []
    last: Spurt | None = None
    for spurt in spurts:
        is_nod = _is_short_assent(spurt.text) and not (
            last is not None and last.speaker != spurt.speaker and _ends_asking(last.text)
        )
        found.append(is_nod)
        last = last if is_nod else spurt
    return found


def _is_short_assent(text: str) -> bool:
    plain = straighten(text).strip()
    is_assent = FILLER.match(plain) is not None or NODS.match(plain) is not None
    return len(plain.split()) <= NOD_WORDS and is_assent


def _ends_asking(text: str) -> bool:
    found = sentences.split(straighten(text[-LAST_CHARS:]))
    return bool(found) and questions.asks(found[-1].text)
