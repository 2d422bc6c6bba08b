"""Talks that hypothesis makes up: transcripts with odd words, odd names, doubts and times."""

from hypothesis import strategies as st

from app.transcripts.values import Doubt, Notice, Segment, Speaker, Transcript, Word

HOURS = 3_600_000

# Words as they are said, and words that look like something else in one format or another.
PLAIN = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
ODD = st.sampled_from(
    (
        *("<i>", "</v>", "-->", "--", ">", r"{\p1}", r"C:\new", "&amp;", "&", "#", "1.", "-", "*", "_a_", "`", "$"),
        *("Ada:", "Note:", "[01:02]", "(1:02:03)", "[repetition]", "*[repetition]*", "why?", "so.", "1999", "WEBVTT"),
        *("NOTE", "00:00:01,000", "00:00:01.000", "[ada", "Okafor]:", "\\", r"\*", "~~", "<", "{", "\u2026", "a--"),
    )
)
WORDS = st.lists(PLAIN | ODD | st.sampled_from(["the", "work", "begins", "early", "there."]), min_size=1, max_size=30)
NAMES = st.none() | st.sampled_from(
    ["Ada", "Ada Okafor", "ada okafor", "Dr: Ada", "Speaker 2", "Note", "a]", "Ada:", "[x]", "<b>"]
)
NAMES |= st.lists(PLAIN | ODD, min_size=1, max_size=4).map(" ".join)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """As an ear, a person or an import makes them: in order of time, nobody talking over themselves."""
    segments: list[Segment] = []
    at_ms = draw(st.sampled_from([0, 900, 59_999, HOURS - 1, 10 * HOURS]))
    for number in range(1, draw(st.integers(1, 8)) + 1):
        words, each_ms = draw(WORDS), draw(st.sampled_from([0, 1, 180, 400, 3_000]))
        timed = tuple(
            Word(
                start_ms=at_ms + n * each_ms,
                end_ms=at_ms + (n + 1) * each_ms,
                text=word,
                probability=draw(st.floats(0, 1)),
            )
            for n, word in enumerate(words)
        )
        end_ms = at_ms + len(words) * each_ms
        segments.append(
            Segment(
                id=number,
                start_ms=at_ms,
                end_ms=end_ms,
                speaker=draw(st.sampled_from(["S1", "S2", "S3"])),
                text=" ".join(words),
                doubts=tuple(draw(st.lists(st.sampled_from(Doubt), unique=True, max_size=2))),
                words=timed if draw(st.booleans()) else (),
            )
        )
        at_ms = end_ms + draw(st.sampled_from([0, 1, 700, 1_500, 20_000]))
    return Transcript(
        language="en",
        duration_ms=at_ms,
        engine="faster-whisper",
        model="base",
        notices=tuple(
            draw(st.lists(st.sampled_from([n for n in Notice if n != "no-speech"]), unique=True, max_size=2))
        ),
        speakers=tuple(Speaker(id=f"S{n}", name=draw(NAMES)) for n in (1, 2, 3)),
        segments=tuple(segments),
    )
