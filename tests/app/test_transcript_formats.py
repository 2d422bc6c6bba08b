"""What is said in a transcript is in each of its text forms, at the right time, under the right name."""

import html
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pysubs2 import SSAFile

from app.transcripts import formats
from app.transcripts.values import Doubt, Notice, Segment, Speaker, Transcript, Word

EVERY_FORMAT = pytest.mark.parametrize("name", list(formats.FORMATS))
HOURS = 3_600_000
HOSTILE = r"00:01 --> 00:02 <script>alert(1)</script> & {\p1} C:\new *a* [b](c) $1 # `d`"


def transcript(*segments: Segment, names: dict[str, str] | None = None, notices: Sequence[Notice] = ()) -> Transcript:
    speakers = tuple(Speaker(id=id_, name=name) for id_, name in (names or {}).items())
    return Transcript(
        language="en",
        duration_ms=11 * HOURS,
        engine="none",
        model="none",
        notices=tuple(notices),
        speakers=speakers,
        segments=segments,
    )


def segment(text: str, *, at_ms: int = 0, speaker: str = "S1", doubts: tuple[Doubt, ...] = ()) -> Segment:
    return Segment(id=1, start_ms=at_ms, end_ms=at_ms + 900, speaker=speaker, text=text, doubts=doubts)


def timed(words: Sequence[str], *, at_ms: int = 0, each_ms: int = 400, speaker: str = "S1") -> Segment:
    """A segment whose words follow each other without a pause, written as Whisper does: with a space before."""
    spoken = tuple(
        Word(start_ms=at_ms + n * each_ms, end_ms=at_ms + (n + 1) * each_ms, text=f" {word}", probability=1)
        for n, word in enumerate(words)
    )
    end_ms = at_ms + len(words) * each_ms
    return Segment(id=1, start_ms=at_ms, end_ms=end_ms, speaker=speaker, text=" ".join(words), words=spoken)


def said(name: str, text: str) -> Iterator[str]:
    """The words a reader of the format sees, its escapes undone."""
    if name == "vtt":
        text = html.unescape(re.sub(r"<v [^>]*>", "", text))
    if name == "md":
        text = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))
    return iter(look_alikes(text).split())


def look_alikes(text: str) -> str:
    return text.translate(str.maketrans("\u2039\u203a(", "<>{"))


WORDS = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=50), min_size=1, max_size=40
)


@st.composite
def conversations(draw: st.DrawFn) -> Transcript:
    segments, at_ms = [], 0
    for words in draw(st.lists(WORDS, max_size=5)):
        speaker = draw(st.sampled_from(["S1", "S2", "S13"]))
        each_ms = draw(st.integers(0, 2_000))
        whole = timed(words, at_ms=at_ms, each_ms=each_ms, speaker=speaker)
        segments.append(whole if draw(st.booleans()) else whole.model_copy(update={"words": ()}))
        at_ms = whole.end_ms + draw(st.integers(0, 3_000))
    return transcript(*segments, names={"S2": "Nora"})


@EVERY_FORMAT
@settings(deadline=None)
@given(spoken=conversations())
def test_every_word_is_in_every_format_and_in_order(name: str, spoken: Transcript) -> None:
    seen = said(name, formats.FORMATS[name].render(spoken))
    for line in spoken.segments:
        for word in line.text.split():
            assert look_alikes(word) in seen  # looking in an iterator uses it up to the match: order counts


@pytest.mark.parametrize("name", ["srt", "vtt"])
@settings(deadline=None, max_examples=500)
@given(start_ms=st.integers(0, 11 * HOURS - 1), length_ms=st.integers(1, HOURS))
@example(start_ms=1_001, length_ms=1)
@example(start_ms=59_999, length_ms=1)
@example(start_ms=HOURS - 1, length_ms=1)
@example(start_ms=10 * HOURS - 1, length_ms=1)
def test_subtitle_stamps_keep_every_millisecond(name: str, start_ms: int, length_ms: int) -> None:
    line = Segment(id=1, start_ms=start_ms, end_ms=start_ms + length_ms, speaker="S1", text="hello")
    (cue,) = SSAFile.from_string(formats.FORMATS[name].render(transcript(line)), format_=name)
    assert (cue.start, cue.end) == (start_ms, start_ms + length_ms)


def test_one_second_and_a_millisecond_is_printed_so() -> None:
    line = segment("hello", at_ms=1_001)
    assert "00:00:01,001 --> 00:00:01,901" in formats.to_srt(transcript(line))
    assert "00:00:01.001 --> 00:00:01.901" in formats.to_vtt(transcript(line))


@pytest.mark.parametrize("name", ["srt", "vtt"])
@settings(deadline=None)
@given(starts=st.lists(st.integers(0, 60_000), min_size=1, max_size=12).map(sorted))
def test_cues_are_in_order_even_where_people_talk_over_each_other(name: str, starts: list[int]) -> None:
    lines = [timed(["well", "yes"] * 20, at_ms=start, speaker=f"S{1 + n % 2}") for n, start in enumerate(starts)]
    cues = SSAFile.from_string(formats.FORMATS[name].render(transcript(*lines)), format_=name).events
    assert [cue.start for cue in cues] == sorted(cue.start for cue in cues)
    assert all(cue.start < cue.end for cue in cues)


@settings(deadline=None)
@given(
    words=st.lists(st.text("abc,.", min_size=1, max_size=20), min_size=1, max_size=200), each_ms=st.integers(0, 3_000)
)
def test_a_cue_has_two_lines_of_42_characters_and_seven_seconds_at_most(words: list[str], each_ms: int) -> None:
    spoken = transcript(timed(words, each_ms=each_ms), names={"S1": "Bartholomew"})
    for cue in SSAFile.from_string(formats.to_srt(spoken), format_="srt"):
        lines = cue.plaintext.split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= 42
        assert cue.duration <= 7_000


def test_a_cue_ends_with_a_sentence_rather_than_in_the_next_one() -> None:
    first = "I climb the tower and read all the instruments there."
    spoken = transcript(timed(f"{first} Then I compare the weather logs with the harbor".split()))
    assert SSAFile.from_string(formats.to_srt(spoken), format_="srt")[0].plaintext.endswith("there.")


def test_words_left_over_at_a_segments_end_join_the_next_segment() -> None:
    spoken = transcript(timed(["it", "rains,", "and"]), timed(["then", "it", "stops."], at_ms=1_300))
    (cue,) = SSAFile.from_string(formats.to_vtt(spoken), format_="vtt")
    assert (cue.start, cue.end, cue.plaintext) == (0, 2_500, "it rains, and then it stops.")


def test_a_long_pause_within_a_turn_begins_a_new_cue() -> None:
    spoken = transcript(timed(["well"]), timed(["yes"], at_ms=2_000))
    assert [cue.start for cue in SSAFile.from_string(formats.to_srt(spoken), format_="srt")] == [0, 2_000]


def test_a_corrected_text_is_shown_whole_and_not_as_first_heard() -> None:
    heard = timed(["data", "stored"])
    corrected = transcript(heard.model_copy(update={"text": "data steward"}))
    (cue,) = SSAFile.from_string(formats.to_srt(corrected), format_="srt")
    assert (cue.plaintext, cue.start, cue.end) == ("Speaker 1: data steward", 0, 800)


def test_a_word_that_took_no_time_is_still_a_valid_cue() -> None:
    assert "00:00:00.000 --> 00:00:00.001" in formats.to_vtt(transcript(timed(["ah"], each_ms=0)))


def test_what_the_text_has_before_its_first_timed_word_is_kept() -> None:
    words = timed(["said", "nothing"]).model_copy(update={"text": "- said nothing"})
    assert "Speaker 1: - said nothing" in formats.to_srt(transcript(words))


def test_a_language_without_spaces_gets_none_between_its_words() -> None:
    words = timed(["灯台", "です"]).model_copy(update={"text": "灯台です"})
    assert "灯台です" in formats.to_vtt(transcript(words))


@EVERY_FORMAT
def test_a_renamed_speaker_is_in_every_export(name: str) -> None:
    lines = [segment("hello"), segment("hi", at_ms=1_000, speaker="S2")]
    text = formats.FORMATS[name].render(transcript(*lines, names={"S1": "Ada Byron", "S2": "  "}))
    assert "Ada Byron" in text
    assert "Speaker 2" in text
    assert "Speaker 1" not in text


def test_srt_names_the_speaker_only_where_the_speaker_changes() -> None:
    lines = [segment("a"), segment("b", at_ms=1_000), segment("c", at_ms=2_000, speaker="S2")]
    cues = SSAFile.from_string(formats.to_srt(transcript(*lines)), format_="srt")
    assert [cue.plaintext for cue in cues] == ["Speaker 1: a", "b", "Speaker 2: c"]


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_text_that_looks_like_subtitle_syntax_stays_one_cue(name: str) -> None:
    text = formats.FORMATS[name].render(transcript(segment(f"one\n\n{HOSTILE}\r\n\ntwo"), names={"S1": "<i>&\nB>"}))
    assert text.count("-->") == 1
    assert "<script" not in text
    assert r"p1} C:\new" in text.replace("\n", " ")
    assert len(SSAFile.from_string(text, format_=name)) == 1


def test_a_vtt_voice_tag_holds_an_escaped_name_on_one_line() -> None:
    assert "<v &lt;i&gt;&amp; B&gt;>hello" in formats.to_vtt(transcript(segment("hello"), names={"S1": "<i>&\nB>"}))


def test_nothing_spoken_is_markup_in_markdown() -> None:
    text = formats.to_markdown(transcript(segment(HOSTILE), names={"S1": "**A** <b>"}))
    assert r"&lt;script&gt;alert(1)&lt;/script&gt; &amp; {\\p1} C:\\new \*a\* \[b\](c) \$1 # \`d\`" in text
    assert text.startswith("# Transcript\n\n**\\*\\*A\\*\\* &lt;b&gt;** [00:00]\n\n")


@pytest.mark.parametrize(
    ("said_first", "written"),
    [("# so", r"\# so"), ("1. so", r"1\. so"), ("- so", r"\- so"), ("---", r"\---"), ("1.5 so", "1.5 so")],
)
def test_a_paragraph_cannot_begin_a_list_or_a_heading(said_first: str, written: str) -> None:
    assert formats.to_markdown(transcript(segment(said_first))).endswith(f"\n\n{written}\n")


@settings(deadline=None)
@given(spoken=st.text(st.sampled_from("ab1 .)-+#*_`~[]()<>!&;$|=\\\n:/"), min_size=1, max_size=30).filter(str.strip))
def test_a_markdown_reader_sees_paragraphs_of_text_only(spoken: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    tokens = markdown_it.MarkdownIt("commonmark").parse(formats.to_markdown(transcript(segment(spoken))))
    shown = [child for token in tokens if token.type == "inline" for child in token.children][-1]
    assert {token.tag for token in tokens} <= {"", "h1", "p"}
    assert shown.content == " ".join(spoken.split())


@pytest.mark.parametrize("name", ["txt", "md"])
def test_doubts_stand_before_the_words_they_are_about(name: str) -> None:
    lines = [segment("sure."), segment("thank you", at_ms=1_000, doubts=(Doubt.LOW_CONFIDENCE, Doubt.LOOP))]
    text = formats.FORMATS[name].render(transcript(*lines)).replace("*", "")
    assert "sure. [low confidence] [repetition] thank you" in text


def test_text_has_a_stamped_paragraph_for_each_turn() -> None:
    lines = [segment("a"), segment("b", at_ms=1_000), segment("c", at_ms=HOURS + 62_000, speaker="S2")]
    assert formats.to_txt(transcript(*lines)) == "[00:00] Speaker 1: a b\n\n[1:01:02] Speaker 2: c\n"


def test_an_empty_transcript_is_a_valid_file_that_says_why() -> None:
    empty = transcript(notices=[Notice.NO_SPEECH])
    assert formats.to_srt(empty) == ""
    assert formats.to_vtt(empty) == f"WEBVTT\n\nNOTE\n{formats.NO_SPEECH}\n\n"
    assert formats.to_txt(empty) == f"{formats.NO_SPEECH}\n"
    assert formats.NO_SPEECH in formats.to_markdown(empty)


@pytest.mark.parametrize("notice", list(Notice))
def test_every_notice_and_doubt_has_words(notice: Notice) -> None:
    assert formats.NOTICES[notice] in formats.to_txt(transcript(segment("a"), notices=[notice]))
    assert set(formats.DOUBTS) == set(Doubt)
