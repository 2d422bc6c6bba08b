"""Cutting a conversation into requests: every sentence is in at least one, and none that belong together are parted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.extraction import Turn
from app.extraction.spans import MOST_SENTENCES
from app.transcripts.values import Role
from workers.llm import lines, prompt
from workers.llm.lines import Line

ASKS, TELLS = Role.INTERVIEWER, Role.INTERVIEWEE

words = st.text('abc éß中"\\', min_size=1, max_size=60).filter(str.strip)
talks = st.lists(st.tuples(st.sampled_from([ASKS, TELLS]), words), min_size=1, max_size=40)


def lines_of(talk: list[tuple[Role, str]]) -> list[Line]:
    return lines.of([Turn(role.value, role, f"{text}.") for role, text in talk])


def many(count: int) -> list[Line]:
    return lines_of([(TELLS, f"I mend net number {number}") for number in range(count)])


def test_every_word_of_every_turn_is_on_a_line() -> None:
    turns = [Turn("a", ASKS, "Right. What do you do?"), Turn("b", TELLS, "Yes. I mend nets; it\u2019s slow.")]
    found = lines.of(turns)
    assert [line.text for line in found] == ["Right.", "What do you do?", "Yes.", "I mend nets; it's slow."]
    assert [line.said is not None for line in found] == [False, False, False, True]
    assert [line.is_quotable for line in found] == [False, False, True, True]


def test_where_both_speak_as_one_questions_are_not_the_interviewees() -> None:
    found = lines.of([Turn(None, None, "What do you do? I mend nets by the harbour all day.")])
    assert [line.is_quotable for line in found] == [False, True]


@given(talks, st.integers(1, 800))
def test_parts_hold_every_line_in_order_and_fit(talk: list[tuple[Role, str]], room_bytes: int) -> None:
    whole = lines_of(talk)
    cut = list(lines.parts(whole, room_bytes=room_bytes))
    assert {line.number for part in cut for line in part} == {line.number for line in whole}
    for part in cut:
        assert [line.number for line in part] == list(range(part[0].number, part[-1].number + 1))
        assert len(part) == 1 or sum(line.size_bytes for line in part) <= room_bytes
    assert all(before[-1].number < after[-1].number for before, after in pairwise(cut))


@given(st.integers(1, 60), st.integers(400, 2000))
def test_no_run_of_sentences_that_could_be_pointed_at_is_parted(count: int, room_bytes: int) -> None:
    cut = [{line.number for line in part} for part in lines.parts(many(count), room_bytes=room_bytes)]
    runs = [set(range(first, min(first + MOST_SENTENCES, count + 1))) for first in range(1, count + 1)]
    assert all(any(run <= part for part in cut) for run in runs)


@given(st.integers(2, 60))
def test_halves_are_shorter_and_hold_all_of_the_part(count: int) -> None:
    part = many(count)
    halves = lines.halves(part)
    assert {line.number for half in halves for line in half} == {line.number for line in part}
    assert all(0 < len(half) < count for half in halves)


def test_one_line_cannot_be_halved_and_is_sent_alone_however_long_it_is() -> None:
    endless = lines.of([Turn("a", TELLS, "I" + "x" * 50_000), Turn("b", ASKS, "Oh?"), Turn("a", TELLS, "Yes, really.")])
    cut = list(lines.parts(endless, room_bytes=1000))
    assert [len(part) for part in cut] == [1, 2]
    assert lines.halves(cut[0]) == []


def test_a_request_leaves_room_for_its_answer_in_every_context() -> None:
    for context in (2048, 4096, 32_768):
        room = prompt.room_bytes(context)
        part = max(lines.parts(many(3000), room_bytes=room), key=len)
        sent = sum(len(one["content"].encode()) for one in prompt.messages(part, fault="x" * 200))
        assert sent / prompt.BYTES_PER_TOKEN <= context * 3 / 4
        assert sum(line.size_bytes for line in part) > room / 2


def test_the_question_that_stands_when_a_part_begins_goes_with_it_once() -> None:
    whole = lines_of([(ASKS, "What does a day look like?"), *((TELLS, f"Then I mend net {n}") for n in range(40))])
    first, *later = [prompt.messages(part)[1]["content"] for part in lines.parts(whole, room_bytes=500)]
    assert first.startswith('{"asked": "",')
    assert all(content.startswith('{"asked": "What does a day look like?') for content in later)
    assert {content.count("What does a day") for content in (first, *later)} == {1}
