"""From transcript to turns and back to milliseconds."""

import pytest

from app.extraction import extract
from app.extraction.turns import Evidence, locate, turns_of
from app.transcripts.values import Role, Segment, Speaker, Transcript, Word


def segment(number: int, speaker: str, text: str, *, timed: bool = True) -> Segment:
    """One second per segment, 100 ms per word."""
    start = number * 1000
    words = [
        Word(start_ms=start + 100 * n, end_ms=start + 100 * n + 90, text=f" {word}", probability=0.9)
        for n, word in enumerate(text.split())
    ]
    return Segment(
        id=number,
        start_ms=start,
        end_ms=start + 1000,
        speaker=speaker,
        text=f" {text}",
        words=tuple(words) if timed else (),
    )


def transcript(*segments: Segment) -> Transcript:
    speakers = (Speaker(id="S1", role=Role.INTERVIEWER), Speaker(id="S2", role=Role.INTERVIEWEE))
    return Transcript(language="en", duration_ms=60_000, engine="e", model="m", speakers=speakers, segments=segments)


def test_consecutive_segments_of_one_speaker_are_one_turn() -> None:
    heard = transcript(segment(1, "S1", "How is it?"), segment(2, "S2", "I love"), segment(3, "S2", "the cold."))
    assert [(turn.speaker, turn.role, turn.text) for turn in turns_of(heard)] == [
        ("S1", Role.INTERVIEWER, "How is it?"),
        ("S2", Role.INTERVIEWEE, "I love the cold."),
    ]


def test_a_quote_across_segments_is_found_to_the_word() -> None:
    (turn,) = turns_of(transcript(segment(4, "S2", "So I love"), segment(5, "S2", "the cold mornings.")))
    start = turn.text.index("love")
    assert locate(turn, start, start + len("love the cold")) == Evidence((4, 5), "S2", 4200, 5190)


def test_without_word_times_the_segment_stands_for_the_quote() -> None:
    (turn,) = turns_of(transcript(segment(4, "S2", "So I love it.", timed=False)))
    assert locate(turn, 3, 9) == Evidence((4,), "S2", 4000, 5000)


def test_a_word_spelt_differently_is_passed_over() -> None:
    spelt = segment(1, "S2", "Fifty two thousand").model_copy(update={"text": "52 thousand"})
    (turn,) = turns_of(transcript(spelt))
    assert locate(turn, 3, 11) == Evidence((1,), "S2", 1200, 1290)


def test_a_place_where_nothing_was_said_is_an_error() -> None:
    (turn,) = turns_of(transcript(segment(1, "S2", "Yes.")))
    with pytest.raises(ValueError, match="nothing was said"):
        locate(turn, 40, 50)


def test_segments_without_words_leave_no_turn() -> None:
    assert turns_of(transcript(segment(1, "S1", ""), segment(2, "S2", ""))) == []


def test_findings_of_a_transcript_lead_back_to_its_segments() -> None:
    heard = transcript(
        segment(1, "S1", "What does it pay?"),
        segment(2, "S2", "Let me see."),
        segment(3, "S2", "I make $52,000 a year."),
    )
    turns = turns_of(heard)
    (finding,) = extract(turns)
    evidence = locate(turns[finding.turn_index], finding.start, finding.end)
    assert (finding.quote, evidence.segment_ids, evidence.start_ms) == ("I make $52,000 a year.", (3,), 3000)
