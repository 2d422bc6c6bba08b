"""Transcripts from elsewhere: read as what they say, and our own exports as what they were."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import TranscriptEmpty, TranscriptUnreadable
from app.transcripts import formats, labels, reading
from app.transcripts.values import Doubt, Notice, Transcript
from tests.talks import NAMES, WORDS, transcripts

EVERY_TEXT = pytest.mark.parametrize("format_", list(reading.READERS))


@EVERY_TEXT
@settings(max_examples=200)
@given(made=transcripts())
def test_what_we_wrote_is_written_again_as_it_was(format_: str, made: Transcript) -> None:
    render = formats.FORMATS[format_].render
    exported = render(made)
    imported = reading.read(format_, exported.encode())
    assert render(imported) == exported


def said(format_: str, text: str) -> list[tuple[str | None, str]]:
    """(name, text) of each segment."""
    found = reading.read(format_, text.encode())
    names = {speaker.id: speaker.name for speaker in found.speakers}
    return [(names[segment.speaker], segment.text) for segment in found.segments]


@pytest.mark.parametrize("format_", ["vtt", "md"])
@given(made=transcripts())
def test_every_word_is_still_said_by_the_same_name(format_: str, made: Transcript) -> None:
    names = {one.id: one.name or labels.unnamed(one.id) for one in made.speakers}
    expected = [(names[one.speaker], word) for one in made.segments for word in one.text.split()]
    read = reading.read(format_, formats.FORMATS[format_].render(made).encode())
    names = {one.id: one.name or labels.unnamed(one.id) for one in read.speakers}
    assert [(names[one.speaker], word) for one in read.segments for word in one.text.split()] == expected


@given(name=NAMES, words=WORDS)
def test_a_name_that_is_written_before_words_is_read_as_that_name(name: str | None, words: list[str]) -> None:
    name, text = (name or "Ada").replace("]", ")"), " ".join(words)
    assert labels.split(labels.written(name) + text) == (name, text)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Ada",
            "Ada Okafor",
            "Dr. Ada Okafor-Lind",
            "Maria de la Cruz",
            "J. R. Ward",
            "speaker_00",
            "SPEAKER 1",
            "ada",
        ),
        *("Interviewer", "interviewer 2", "Ada (host)", "O'Neill", "\u674e", "\u041e\u043b\u044c\u0433\u0430"),
    ],
)
def test_what_people_call_somebody_is_a_name(name: str) -> None:
    assert labels.is_name(name)


@pytest.mark.parametrize(
    "text",
    [
        *("I told him one thing", "and he said", "Note", "One thing", "So", "10", "Well, you know", "That is it.", ""),
        *("A name of far too many words to be one", "Why?", "<b>", "Ada: Ada", "a b"),
    ],
)
def test_what_a_sentence_has_before_a_colon_is_none(text: str) -> None:
    assert not labels.is_name(text)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Interviewer", "interviewer"),
        ("INTERVIEWEE 1", "interviewee"),
        ("Q", "interviewer"),
        ("Ada (Guest)", "interviewee"),
        *(("Ada", None), ("Interviewer Ada", None), ("A", None)),
    ],
)
def test_the_role_is_what_the_label_says(name: str, role: str | None) -> None:
    assert labels.role_of(name) == role


def test_plain_text_has_a_name_before_what_each_one_says() -> None:
    text = "Interviewer: Why lamps?\n\nAda Okafor: Because of the sea.\nAnd it pays one thing: rent.\n"
    assert said("txt", text) == [
        ("Interviewer", "Why lamps?"),
        ("Ada Okafor", "Because of the sea."),
        ("Ada Okafor", "And it pays one thing: rent."),
    ]


@pytest.mark.parametrize("head", ["Ada Okafor:", "Ada Okafor  00:07", "Ada Okafor (0:00:07)", "Ada Okafor [00:07]:"])
def test_a_name_may_stand_above_the_words(head: str) -> None:
    found = reading.read("txt", f"{head}\nBecause of the sea.\n".encode())
    assert (found.speakers[0].name, found.segments[0].text) == ("Ada Okafor", "Because of the sea.")
    assert found.segments[0].start_ms == (7_000 if "7" in head else 0)


def test_text_without_names_is_one_voice_without_a_name() -> None:
    found = reading.read("txt", b"I keep lamps by the sea. It is very quiet there.\nI like it.\n")
    assert (len(found.speakers), found.speakers[0].name, found.speakers[0].role) == (1, None, None)
    assert [segment.text for segment in found.segments] == [
        "I keep lamps by the sea.",
        "It is very quiet there.",
        "I like it.",
    ]


def test_estimated_times_follow_the_words_and_say_so() -> None:
    found = reading.read("txt", b"Ada: one two three four five\nBo: six\n")
    assert [(one.start_ms, one.end_ms) for one in found.segments] == [(0, 2_000), (2_000, 2_400)]
    assert (found.notices, found.duration_ms) == ((Notice.TIMES_ESTIMATED,), 2_400)


def test_what_has_no_time_between_two_that_have_one_is_squeezed_in() -> None:
    found = reading.read("txt", b"[00:10] Ada: one two three\nBo: four five six seven\n[00:12] Ada: eight\n")
    assert [one.start_ms for one in found.segments] == [10_000, 10_857, 12_000]
    assert Notice.TIMES_ESTIMATED in found.notices


def test_stamps_are_times_and_nothing_is_called_estimated() -> None:
    found = reading.read("txt", b"[00:10] Ada: one two\n\n[1:00:12] Bo: three\n")
    assert [one.start_ms for one in found.segments] == [10_000, 3_612_000]
    assert found.notices == ()


def test_doubts_in_a_text_are_doubts_again() -> None:
    found = reading.read("txt", b"[00:00] Ada: sure. [low confidence] [repetition] thank you\n")
    assert [(one.text, one.doubts) for one in found.segments] == [
        ("sure.", ()),
        ("thank you", (Doubt.LOW_CONFIDENCE, Doubt.LOOP)),
    ]


def test_markdown_of_people_loses_its_marks_and_not_its_words() -> None:
    text = (
        "# Coffee with Ada\n\n**Interviewer:** Why *lamps*?\n\n**Ada Okafor**: Because of `sea_salt` &amp; 2 * 3\\*.\n"
    )
    assert said("md", text) == [("Interviewer", "Why lamps?"), ("Ada Okafor", "Because of sea_salt & 2 * 3*.")]


def test_voices_within_one_cue_are_told_apart() -> None:
    text = (
        "WEBVTT\n\n1\n00:01.000 --> 00:02.000 align:start\n<v.loud Ada>Hi <i>there</i></v>\n<v Bo &amp; Co>Hello.</v>\n"
    )
    assert said("vtt", text) == [("Ada", "Hi there"), ("Bo & Co", "Hello.")]


def test_captions_without_voice_tags_have_names_before_the_words() -> None:
    head = "WEBVTT\nKind: captions\n\nNOTE x\n\nSTYLE\n::cue { color: red }\n\n"
    text = "intro\n00:01.000 --> 00:02.000\nAda: Hi\n\n00:02.000 --> 00:03.000\nthere.\n"
    assert said("vtt", head + text) == [("Ada", "Hi"), ("Ada", "there.")]


def test_a_year_alone_on_the_last_line_is_no_number_of_a_cue() -> None:
    last = "2\n00:00:02,000 --> 00:00:03,000\nin\n1999\n"
    assert said("srt", f"1\n00:00:00,000 --> 00:00:01,000\nAda: It was\n1998\n\n{last}") == [
        ("Ada", "It was 1998"),
        ("Ada", "in 1999"),
    ]


def test_cues_out_of_order_are_put_in_order() -> None:
    text = "1\n00:00:02,000 --> 00:00:03,000\nBo: two\n\n2\n00:00:00,000 --> 00:00:01,000\nAda: one\n"
    assert said("srt", text) == [("Ada", "one"), ("Bo", "two")]


def test_markup_of_subtitles_is_no_word() -> None:
    text = "1\n00:00:00,000 --> 00:00:01,000\n{\\an8}<font color='red'>Ada</font>: <i>1 < 2 and 3 > 2</i>\n"
    assert said("srt", text) == [("Ada", "1 < 2 and 3 > 2")]


@pytest.mark.parametrize(
    ("format_", "text", "line"),
    [
        ("vtt", "hello", 1),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\na\n\n00:02,000 --> never\nb\n", 6),
        ("srt", "hello", 1),
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n0:1 --> 0:2\nb\n", 6),
        ("vtt", "WEBVTT\n\n9999:00:00.000 --> 9999:00:01.000\na\n", 3),
        ("txt", "[00:10] Ada: a\n\n[00:05] Bo: b\n", 3),
        ("md", "**Ada** [00:10]\n\na\n\n**Bo** [00:05]\n\nb\n", 7),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(format_: str, text: str, line: int) -> None:
    with pytest.raises(TranscriptUnreadable) as told:
        reading.read(format_, text.encode())
    assert told.value.facts["line"] == line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_in_any_unicode_that_says_which_is_read(encoding: str) -> None:
    assert reading.decoded("Ada: Caf\u00e9".encode(encoding)) == "Ada: Caf\u00e9"


@pytest.mark.parametrize(
    ("body", "byte", "line"),
    [(b"a\nb\xe9", 3, 2), ("\ufeffa".encode("utf-16-le") + b"\x00", 4, 1), (b"\xef\xbb\xbfa\xff", 4, 1)],
)
def test_another_encoding_is_told_with_the_place(body: bytes, byte: int, line: int) -> None:
    with pytest.raises(TranscriptUnreadable) as told:
        reading.decoded(body)
    assert told.value.facts == {"byte": byte, "line": line}


@EVERY_TEXT
@settings(max_examples=200)
@given(text=st.text(max_size=200) | WORDS.map("\n".join))
def test_any_text_is_read_or_refused_in_words(format_: str, text: str) -> None:
    try:
        found = reading.read(format_, ("WEBVTT\n\n" * (format_ == "vtt") + text).encode("utf-8", "replace"))
    except (TranscriptUnreadable, TranscriptEmpty):
        return
    starts = [segment.start_ms for segment in found.segments]
    assert starts == sorted(starts)
    assert all(segment.start_ms <= segment.end_ms for segment in found.segments)
    assert {segment.speaker for segment in found.segments} == {speaker.id for speaker in found.speakers}


CUE = "00:00.000 --> 00:01.000\n"


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("vtt", f"WEBVTT\n\n{CUE}{'<v a' * 200_000}"),
        ("vtt", f"WEBVTT\n\n{CUE}{'<' * 900_000}"),
        ("srt", f"1\n00:00:00,000 --> 00:00:01,000\n{'< ' * 400_000}"),
        ("txt", f"[00:00] Ada: {'why? [repetition] ' * 50_000}"),
        ("txt", f"A{' a' * 450_000} 00:01"),
        ("md", "**a" * 300_000),
        ("md", "\\" * 900_000),
    ],
)
def test_a_text_made_to_be_slow_is_not(format_: str, text: str) -> None:
    # Each took hours or more when a tag could hold a tag, or pieces were joined one by one.
    assert len(reading.read(format_, text.encode()).segments) <= 100_000


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("txt", "Ada: b\n" * 100_001),
        ("txt", "\n" * 1_000_001),
        ("txt", "a" * 1_000_001),
        ("srt", "1\n00:00:00,000 --> 00:00:01,000\n" + "a a a\n" * 200_000),
        ("vtt", "WEBVTT\n\n" + f"{CUE}a\n\n" * 100_001),
    ],
)
def test_what_no_conversation_has_is_refused(format_: str, text: str) -> None:
    with pytest.raises(TranscriptUnreadable, match=r"most|more than"):
        reading.read(format_, text.encode())


def test_an_hour_without_a_stop_has_a_time_every_few_words() -> None:
    found = reading.read("txt", b"word " * 9_000)
    assert max(segment.end_ms - segment.start_ms for segment in found.segments) <= 20_000
