"""How well somebody listened, on small dialogues: talk, monologues, interruptions, questions, silence, the slot."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import conversation
from app.conversation import asked
from app.conversation.values import Conversation, Kind, Reason, Times
from app.transcripts.values import Doubt, Notice, Role, Segment, Speaker, Transcript, Word
from tests.scenes import TALK, spoken
from tests.talks import transcripts

WORD_MS = 250
ASKER, TELLER = Speaker(id="S1", role=Role.INTERVIEWER), Speaker(id="S2", role=Role.INTERVIEWEE)


def said(*lines: tuple[str, int, str], **facts: Any) -> Transcript:
    """Lines of (speaker, first ms, text), each word 250 ms long; each speaker on a channel of their own."""
    segments = []
    for number, (speaker, at, text) in enumerate(lines, start=1):
        words = tuple(
            Word(start_ms=at + n * WORD_MS, end_ms=at + (n + 1) * WORD_MS, text=word, probability=0.9)
            for n, word in enumerate(text.split())
        )
        end = words[-1].end_ms
        segments.append(Segment(id=number, start_ms=at, end_ms=end, speaker=speaker, text=text, words=words))
    head: dict[str, Any] = {"language": "en", "engine": "faster-whisper", "model": "base", "speakers": (ASKER, TELLER)}
    head |= {"options": {"layout": "split"}, "duration_ms": max(one.end_ms for one in segments)}
    return Transcript(**(head | facts), segments=tuple(segments))


def measured(*lines: tuple[str, int, str], **facts: Any) -> Conversation:
    return conversation.measure(1, said(*lines, **facts))


def long(words: int, word: str = "lamps") -> str:
    return " ".join([word] * words)


def test_talk_shares_are_of_all_that_was_spoken_and_pauses_are_nobodys() -> None:
    found = measured(("S1", 0, long(4)), ("S2", 60_000, long(12)))
    assert [(one.spoken_ms, one.talk_share) for one in found.voices] == [(1000, 0.25), (3000, 0.75)]
    assert (found.talk.interviewer_share, found.talk.interviewee_share, found.talk.reason) == (0.25, 0.75, None)


def test_a_breath_within_a_sentence_is_talk_and_half_a_second_is_not() -> None:
    breath = measured(("S2", 0, long(2)), ("S2", 999, long(2)))
    pause = measured(("S2", 0, long(2)), ("S2", 1000, long(2)))
    assert [one.voices[0].spoken_ms for one in (breath, pause)] == [1499, 1000]


def test_words_that_may_never_have_been_said_do_not_count() -> None:
    heard = said(("S1", 0, long(4)), ("S2", 2000, long(4)))
    invented = heard.segments[1].model_copy(update={"doubts": (Doubt.OVER_SILENCE,)})
    found = conversation.measure(1, heard.model_copy(update={"segments": (heard.segments[0], invented)}))
    assert [one.id for one in found.voices] == ["S1"]


@pytest.mark.parametrize(
    ("between", "segment_ids"),
    [
        ("Mm-hm.", (1, 3)),
        ("Right, okay.", (1, 3)),
        ("I see.", (1, 3)),
        ("But who pays for that?", (1,)),
    ],
)
def test_a_nod_does_not_end_a_monologue_and_a_question_does(between: str, segment_ids: tuple[int, ...]) -> None:
    found = measured(("S2", 0, long(20)), ("S1", 5200, between), ("S2", 8000, long(10)))
    (longest,) = (one.longest_monologue for one in found.voices if one.id == "S2")
    assert longest is not None
    assert (longest.segment_ids, longest.start_ms) == (segment_ids, 0)


def test_a_yes_to_a_question_is_an_answer_and_no_nod() -> None:
    found = measured(("S1", 0, "Do you like it?"), ("S2", 1500, "Yes."), ("S1", 3000, "Why is that?"))
    assert [one.longest_monologue and one.longest_monologue.segment_ids for one in found.voices] == [(1,), (2,)]
    assert [one.duration_ms for one in found.silences.places] == [1250]


@pytest.mark.parametrize(
    ("begins_ms", "text", "count"),
    [
        (4000, "But what does it pay you?", 1),  # a second over the end of it
        (4900, "But what does it pay you?", 0),  # a tenth: she was done
        (3000, "But what does it pay you?", 0),  # two seconds of both: she went on to her end
        (4000, "Mm-hm, right.", 0),  # a nod
        (4500, "Lamps?", 0),  # gives up first
        (200, long(30), 0),  # both begin at once
        (6000, "But what does it pay you?", 0),
    ],
)
def test_an_interruption_is_to_begin_while_another_speaks_who_then_stops(begins_ms: int, text: str, count: int) -> None:
    found = measured(("S2", 0, long(20)), ("S1", begins_ms, text), ("S2", 20_000, long(5)))
    assert (found.interruptions.count, found.interruptions.by_interviewer) == (count, count)


def test_an_interruption_says_who_cut_off_whom_and_where() -> None:
    found = measured(("S1", 0, long(20)), ("S2", 4000, long(20)))
    (place,) = found.interruptions.places
    assert (place.by, place.of, place.segment_ids) == ("S2", "S1", (1, 2))
    assert (place.start_ms, place.end_ms, found.interruptions.by_interviewee) == (4000, 5000, 1)


def test_on_one_microphone_nobody_knows_of_interruptions() -> None:
    lines = [(speaker, 10_000 * n, text) for n, (speaker, text) in enumerate(TALK)]
    found = measured(*lines, options={"layout": "mix"})
    assert (found.interruptions.count, found.interruptions.reason) == (None, Reason.ONE_CHANNEL)
    assert found.silences.count == 2


@pytest.mark.parametrize(("begins_ms", "count"), [(4000, 1), (9000, None)])
def test_a_text_that_does_not_say_how_it_was_recorded_is_believed_where_voices_overlap(
    begins_ms: int, count: int | None
) -> None:
    found = measured(("S2", 0, long(20)), ("S1", begins_ms, long(9)), options={}, engine="import", model="json")
    assert found.interruptions.count == count


@pytest.mark.parametrize(
    ("lines", "waited"),
    [
        ([("S2", 0, long(4)), ("S1", 3000, "And what then?")], [2000]),
        ([("S2", 0, long(4)), ("S1", 800, "And what then?")], [0]),
        ([("S2", 0, long(4)), ("S2", 4000, long(4)), ("S1", 6000, "And what then?")], [1000]),
        # A nod ends the silence when nothing follows it, and is part of it when there was more to come.
        ([("S2", 0, long(4)), ("S1", 1600, "Okay."), ("S1", 4000, "And what then?")], [600]),
        ([("S2", 0, long(4)), ("S1", 1600, "Okay."), ("S2", 4000, long(4)), ("S1", 5300, "And then?")], [300]),
        ([("S2", 0, long(4)), ("S1", 800, "Okay."), ("S1", 4000, "And what then?")], [3000]),
    ],
)
def test_what_is_left_after_an_answer_is_up_to_the_interviewers_next_word(lines: Any, waited: list[int]) -> None:
    found = measured(("S1", 0, "Hi?"), *[(speaker, at + 10_000, text) for speaker, at, text in lines])
    assert [one.duration_ms for one in found.silences.places] == waited


def test_silences_are_counted_with_the_middle_and_the_longest() -> None:
    lines = [("S2", 0, long(4)), ("S1", 2000, "Why so?"), ("S2", 10_000, long(4)), ("S1", 14_000, "And then what?")]
    found = measured(*lines).silences
    assert (found.count, found.median_ms, found.longest_ms) == (2, 2000, 3000)
    assert [one.segment_ids for one in found.places] == [(1, 2), (3, 4)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("What do you love about it?", Kind.OPEN),
        ("How did you get into lamps?", Kind.OPEN),
        ("Why did you stay?", Kind.OPEN),
        ("Tell me about a typical day.", Kind.OPEN),
        ("Could you walk me through your week?", Kind.OPEN),
        ("So, um, can you describe the team?", Kind.OPEN),
        ("I'm curious how that felt.", Kind.OPEN),
        ("On a quiet day, what do you do?", Kind.OPEN),
        ("Do you like it?", Kind.CLOSED),
        ("And is it well paid?", Kind.CLOSED),
        ("Can I visit you there?", Kind.CLOSED),
        ("Don't you get bored?", Kind.CLOSED),
        ("How many lamps are there?", Kind.CLOSED),
        ("How long have you been there?", Kind.CLOSED),
        ("Can I ask what it pays?", Kind.CLOSED),
        ("Where did you train?", Kind.CLOSED),
        ("Who else should I talk to?", Kind.CLOSED),
        ("You trained as a nurse?", Kind.CLOSED),
        ("Do you know, when it is dark, what they do?", Kind.CLOSED),
    ],
)
def test_open_questions_invite_a_telling(text: str, kind: Kind) -> None:
    assert asked.kind_of(text) is kind


def test_questions_are_the_interviewers_each_with_its_kind_and_place() -> None:
    found = measured(
        ("S1", 0, "Hello Ada. What do you love about it?"),
        ("S2", 4000, "Why do I do it? For the quiet."),
        ("S1", 8000, "Do you earn enough?"),
    ).questions
    assert (found.count, found.open, found.closed, found.open_share) == (2, 1, 1, 0.5)
    first = found.places[0]
    assert (first.text, first.segment_ids, first.start_ms) == ("What do you love about it?", (1,), 500)


def test_the_sample_is_a_good_listeners() -> None:
    script = json.loads((Path(__file__).parents[2] / "sample" / "script.json").read_text())
    lines = [(turn["speaker"], turn["start_ms"], turn["text"]) for turn in script["turns"]]
    found = measured(*lines, speakers=(Speaker(id="S1"), Speaker(id="S2")), options={"layout": "mono"})
    assert found.talk.interviewee_share is not None
    assert found.talk.interviewee_share > 0.7
    assert (found.questions.open, found.questions.closed, found.silences.count) == (4, 3, 7)


def test_roles_are_inferred_from_who_asks() -> None:
    found = conversation.measure(1, spoken(*TALK))
    assert [one.role for one in found.voices] == [Role.INTERVIEWER, Role.INTERVIEWEE]
    assert found.questions.count == 3


@pytest.mark.parametrize(("text", "is_read"), [("What do you like?", True), ("Was magst du daran?", False)])
def test_a_text_that_does_not_say_its_language_is_read_when_it_looks_english(text: str, is_read: bool) -> None:  # noqa: FBT001
    found = measured(("S1", 0, text), ("S2", 4000, "Rest."), language=None).questions
    assert (found.open_share is not None, found.count) == (is_read, 1)


def test_a_language_whose_questions_are_not_read_leaves_their_kind_open() -> None:
    found = measured(("S1", 0, "Was magst du daran?"), ("S2", 4000, "Die Ruhe."), language="de").questions
    assert (found.count, found.open, found.open_share, found.reason) == (1, None, None, Reason.LANGUAGE_NOT_READ)
    assert [one.kind for one in found.places] == [None]


def test_one_speaker_is_no_two_and_nothing_is_made_up() -> None:
    found = measured(("S1", 0, "What do you like? The quiet."), speakers=(Speaker(id="S1"),))
    reasons = {one.reason for one in (found.talk, found.interruptions, found.questions, found.silences)}
    assert reasons == {Reason.ONE_SPEAKER}
    assert (found.talk.interviewer_share, found.questions.count, found.questions.places) == (None, None, ())
    (voice,) = found.voices
    assert (voice.talk_share, voice.word_share, voice.longest_monologue, voice.spoken_ms) == (None, None, None, 1500)


def test_two_who_ask_alike_have_no_roles() -> None:
    found = measured(("S1", 0, long(4)), ("S2", 2000, long(4)), speakers=(Speaker(id="S1"), Speaker(id="S2")))
    assert [one.reason for one in (found.talk, found.questions, found.silences)] == [Reason.ROLES_UNKNOWN] * 3
    assert (found.interruptions.count, found.interruptions.by_interviewer) == (0, None)


@pytest.mark.parametrize(
    "facts", [{"notices": (Notice.TIMES_ESTIMATED,)}, {"engine": "import", "model": "txt"}], ids=["notice", "stamps"]
)
def test_from_estimated_times_nothing_is_told_but_words_and_questions(facts: dict[str, Any]) -> None:
    found = measured(("S1", 0, "What do you like?"), ("S2", 2000, long(12)), **facts)
    assert found.times is Times.ESTIMATED
    assert {one.reason for one in (found.talk, found.interruptions, found.silences, found.length)} == {
        Reason.TIMES_ESTIMATED
    }
    assert [(one.word_share, one.spoken_ms, one.longest_monologue) for one in found.voices] == [
        (0.25, None, None),
        (0.75, None, None),
    ]
    assert found.questions.open_share == 1


def test_times_of_subtitles_tell_shares_and_no_tenths_of_seconds() -> None:
    heard = said(("S1", 0, long(4)), ("S2", 900, long(12)), engine="import", model="vtt")
    bare = tuple(one.model_copy(update={"words": ()}) for one in heard.segments)
    found = conversation.measure(1, heard.model_copy(update={"segments": bare}))
    assert (found.times, found.talk.interviewer_share) == (Times.GIVEN, 0.25)
    assert {found.interruptions.reason, found.silences.reason} == {Reason.WORDS_WITHOUT_TIMES}


@pytest.mark.parametrize(
    ("recorded_ms", "planned", "length"),
    [
        (1_890_000, 30, (31.5, 30, 1.5, None)),
        (1_500_000, 30, (25.0, 30, -5.0, None)),
        (60_000, None, (1.0, None, None, Reason.SLOT_NOT_PLANNED)),
        (None, 1, (0.5, 1, -0.5, None)),
    ],
)
def test_the_slot_is_held_against_the_recording_or_else_the_words(
    recorded_ms: int | None, planned: int | None, length: tuple[Any, ...]
) -> None:
    heard = said(("S1", 0, long(4)), duration_ms=30_000)
    found = conversation.measure(1, heard, recorded_ms=recorded_ms, planned_minutes=planned).length
    assert (found.minutes, found.planned_minutes, found.over_minutes, found.reason) == length


def test_of_nothing_said_nothing_is_told() -> None:
    heard = said(("S1", 0, "x")).model_copy(update={"segments": ()})
    found = conversation.measure(1, heard)
    assert found.voices == ()
    assert {one.reason for one in (found.talk, found.interruptions, found.questions, found.silences)} == {
        Reason.NO_SPEECH
    }


def test_in_a_crowd_the_one_who_stops_last_is_cut_off() -> None:
    crowd = (*(ASKER, TELLER), Speaker(id="S3", role=Role.INTERVIEWEE))
    found = measured(("S2", 0, long(20)), ("S3", 1000, long(8)), ("S1", 4000, long(9)), speakers=crowd)
    assert [(one.by, one.of) for one in found.interruptions.places] == [("S1", "S2")]


@given(heard=transcripts())
def test_whatever_was_said_shares_are_shares_and_places_are_places(heard: Transcript) -> None:
    found = conversation.measure(1, heard)
    ids = {one.id for one in heard.segments}
    for shares in ([one.talk_share or 0 for one in found.voices], [one.word_share or 0 for one in found.voices]):
        assert all(0 <= share <= 1 for share in shares)
        assert sum(shares) <= 1.001
    monologues = [one.longest_monologue for one in found.voices if one.longest_monologue]
    for place in (*found.interruptions.places, *found.questions.places, *found.silences.places, *monologues):
        assert set(place.segment_ids) <= ids
        assert 0 <= place.start_ms <= place.end_ms
    for part in (found.interruptions, found.questions, found.silences):
        assert part.count is None or part.count == len(part.places)


@given(heard=transcripts(), order=st.randoms(use_true_random=False))
def test_segments_in_another_order_tell_the_same(heard: Transcript, order: Any) -> None:
    mixed = list(heard.segments)
    order.shuffle(mixed)
    assert conversation.measure(1, heard.model_copy(update={"segments": tuple(mixed)})) == conversation.measure(
        1, heard
    )
