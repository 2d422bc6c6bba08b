"""A worker's work, in this process: real engine, real database, real decoding; only the ear is a fake."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlmodel import select

from app import claims, contacts, models, transcripts
from app.db import reading, writing
from app.transcripts.values import Role
from tests.installation import Installation, installed
from tests.scenes import SENT, spoken
from tests.whole.odd_worker import OddEar
from workers import shift, speakers, steps
from workers.bench import Bench, Ears
from workers.ears import HeardSegment, Hearing
from workers.gate import Gate
from workers.speakers import Said
from workers.supervision import Locks, Supervision, Watch, given_up, new_worker_id


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path, model="odd", hear_step_s=30) as here:
        yield here


def bench_with(here: Installation, ear: OddEar) -> Bench:
    return shift.lay_out(here.settings, ears=lambda _engine, _model: ear)


@contextmanager
def laid_out(here: Installation, ear: OddEar) -> Iterator[Bench]:
    """A bench at which nobody works, and that nobody else would clear away."""
    bench = bench_with(here, ear)
    try:
        yield bench
    finally:
        bench.queue.close()
        bench.engine.dispose()


def work(here: Installation, ear: OddEar) -> None:
    shift.work(bench_with(here, ear), once=True)


def recorded(here: Installation, **facts: object) -> str:
    interview = here.interview()
    here.record(interview, **facts)
    return here.submit(interview)


def segments(here: Installation) -> list[models.Segment]:
    with reading(here.engine) as session:
        return list(session.exec(select(models.Segment)))


def test_a_recording_becomes_a_transcript_and_leaves_nothing_behind(here: Installation) -> None:
    job_id = recorded(here)
    work(here, OddEar())
    job = here.job(job_id)
    assert (job.status, job.progress, job.audio_done_ms) == ("succeeded", 1.0, job.audio_total_ms)
    assert (here.interview_of(job_id).status, here.interview_of(job_id).transcript_version) == ("ready", 1)
    assert len(segments(here)) == 4
    assert not list(here.settings.work_dir.iterdir())


def kept_by_the_engine(here: Installation, job_id: str) -> str:
    client = here.queue.client
    steps_of = client.list_workflow_steps(f"{job_id}.1")
    return repr([(step["output"], step["error"], vars(step["error"] or Plain())) for step in steps_of])


class Plain: ...


def test_no_spoken_word_reaches_the_engines_tables(here: Installation) -> None:
    job_id = recorded(here)
    work(here, OddEar())
    kept = kept_by_the_engine(here, job_id)
    starts = [segment.start_ms for segment in segments(here)]
    assert f"'start_ms': {starts[0]}" in kept
    assert not [start for start in starts if f"At{start}" in kept]


def test_a_passing_fault_is_tried_again_and_what_was_heard_is_not_heard_twice(here: Installation) -> None:
    job_id = recorded(here)
    ear = OddEar()
    ear.fails_once(OSError("what somebody said"))
    work(here, ear)
    assert here.job(job_id).status == "succeeded"
    assert len(ear.heard) == 5


def test_a_fault_that_stays_fails_the_job_in_words_that_quote_nobody(here: Installation) -> None:
    job_id = recorded(here)
    ear = OddEar()
    ear.fails(OSError("what somebody said"), times=3)
    work(here, ear)
    error = here.job(job_id).error or {}
    assert (here.job(job_id).status, error["code"], error["cause"], len(ear.heard)) == (
        "failed",
        "passing-failure",
        "OSError",
        3,
    )
    assert "somebody" not in kept_by_the_engine(here, job_id) + str(error)


def test_a_recording_whose_bytes_changed_fails_at_once_with_the_reason(here: Installation) -> None:
    job_id = recorded(here, sha256="0" * 64)
    ear = OddEar()
    work(here, ear)
    error = here.job(job_id).error or {}
    assert (here.job(job_id).status, error["code"], len(ear.heard)) == ("failed", "recording-lost", 0)
    assert here.interview_of(job_id).status == "failed"


class WithdrawnMeanwhile(OddEar):
    """While the first window is heard, the interviewee withdraws."""

    def __init__(self, here: Installation) -> None:
        super().__init__()
        self.here = here

    def hear(self, hearing: Hearing) -> list[HeardSegment]:
        with writing(self.here.engine) as session:
            session.exec(select(models.Interview)).one().status = "withdrawn"
        return super().hear(hearing)


def test_withdrawn_consent_stops_the_hearing_at_the_next_window(here: Installation) -> None:
    job_id = recorded(here)
    ear = WithdrawnMeanwhile(here)
    work(here, ear)
    assert (here.job(job_id).status, here.interview_of(job_id).status, len(ear.heard)) == ("canceled", "withdrawn", 1)
    assert not list(here.settings.work_dir.iterdir())
    with reading(here.engine) as session:
        assert session.exec(select(models.HeardChunk)).all() == []


def test_insights_can_be_found_again_without_hearing_again(here: Installation) -> None:
    job_id = recorded(here)
    ear = OddEar()
    work(here, ear)
    again = here.submit(here.interview_of(job_id), kind="extraction")
    work(here, ear)
    assert (here.job(again).status, here.interview_of(again).status, len(ear.heard)) == ("succeeded", "ready", 4)


def test_whom_a_referral_names_is_a_contact_as_soon_as_the_job_has_succeeded(here: Installation) -> None:
    interview = here.interview(status="ready")
    with writing(here.engine) as session:
        transcripts.add(session, interview.id, spoken(*SENT), job_id=None)
    job_id = here.submit(interview, kind="extraction")
    work(here, OddEar())
    with reading(here.engine) as session:
        assert (here.job(job_id).status, [one.name for one in contacts.of(session, interview.id)]) == (
            "succeeded",
            ["Priya Raman"],
        )


def test_what_another_model_heard_is_not_gone_on_from(here: Installation) -> None:
    job_id = recorded(here)
    with laid_out(here, ear := OddEar()) as bench:
        claim = bench.claim(job_id, 1)
        with writing(here.engine) as session:
            claims.begin(session, claim, is_ours=lambda: True)
        plan = steps.prepare(bench, claim)
        steps.hear(bench, claim, plan, 0)
        steps.hear(bench, claim, plan, 0)
        assert len(ear.heard) == 1
        manner = plan.manner.model_copy(update={"model": "other"})
        steps.hear(bench, claim, plan.model_copy(update={"manner": manner}).signed("same sound"), 0)
        assert len(ear.heard) == 2


def test_a_lost_job_is_told_to_people(here: Installation) -> None:
    job_id = here.submit()
    here.queue.client.delete_workflows([f"{job_id}.1"])
    with laid_out(here, OddEar()) as bench:
        Supervision(bench, Locks(here.settings.data_dir / "workers")).reconcile()
    error = here.job(job_id).error or {}
    assert (here.job(job_id).status, error["code"]) == ("failed", "passing-failure")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("CANCELLED", None),
        ("ERROR", "passing-failure"),
        ("SUCCESS", "passing-failure"),
        ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "attempts-exhausted"),
    ],
)
def test_why_the_engine_gave_up(status: str, code: str | None) -> None:
    error = given_up(status)
    assert (error and error.code) == code


def test_the_silent_are_known_only_after_watching_without_a_gap() -> None:
    watch = Watch(dead_after_s=30)
    assert [watch.silent({"a": at // 10, "b": 0}, at=at) for at in (0, 10, 20)] == [set()] * 3
    assert watch.silent({"a": 3, "b": 0}, at=30) == {"b"}
    assert watch.silent({"a": 3, "b": 0}, at=60) == set()
    assert watch.silent({"a": 3, "b": 0}, at=75) == set()


def test_a_worker_of_this_machine_is_known_to_be_dead_when_its_lock_is_free(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "workers")
    with locks.held("w1"):
        assert locks.dead({"w1", "elsewhere"}) == set()
    (tmp_path / "workers" / "w2.lock").touch()
    assert locks.dead({"w1", "w2", "elsewhere"}) == {"w2"}


def test_worker_ids_are_never_given_twice() -> None:
    assert len({new_worker_id() for _count in range(100)}) == 100


def enter(
    gate: Gate, inside: list[str], name: str, *, suspect: bool = False
) -> tuple[threading.Event, threading.Event]:
    """A thread that goes in: set the first event and it proves itself, set the second and it leaves."""
    prove, leave = threading.Event(), threading.Event()

    def visit() -> None:
        with gate.enter(name, suspect=suspect):
            inside.append(name)
            prove.wait()
            gate.prove(name)
            leave.wait()
            inside.remove(name)

    threading.Thread(target=visit, daemon=True).start()
    time.sleep(0.05)
    return prove, leave


def test_a_suspect_shares_the_process_only_with_jobs_that_have_got_somewhere() -> None:
    gate, inside = Gate(2), list[str]()
    fresh, _leave = enter(gate, inside, "fresh")
    suspect, gone = enter(gate, inside, "suspect", suspect=True)
    assert inside == ["fresh"]
    fresh.set()
    time.sleep(0.05)
    assert inside == ["fresh", "suspect"]
    suspect.set()
    gone.set()


def test_ears_are_lent_in_turn() -> None:
    ears, order = Ears(lambda _engine, _model: OddEar(0.0)), list[str]()

    def listen(name: str) -> None:
        for _window in range(5):
            with ears.turn("odd", "odd"):
                order.append(name)
                time.sleep(0.01)

    threads = [threading.Thread(target=listen, args=[name]) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "aaa" not in "".join(order)
    assert "bbb" not in "".join(order)


def said(*stretches: tuple[int, str, str]) -> list[Said]:
    return [Said(channel, {"start_ms": at, "end_ms": at + 1, "text": text}) for at, channel, text in stretches]


def test_each_channel_with_words_is_a_speaker_in_order_of_first_words() -> None:
    voices = speakers.tell_apart(said((20, "left", "b"), (10, "right", "a"), (30, "right", "c")))
    assert voices.labels == ["S1", "S2", "S1"]


def test_one_microphone_is_one_speaker_without_a_role() -> None:
    heard = said((0, "mix", "What do you do?"), (1, "mix", "I mend nets."), (2, "mix", "Do you like it? Since when?"))
    voices = speakers.tell_apart(heard)
    assert (set(voices.labels), voices.roles) == ({"S1"}, {})


def test_who_asks_nearly_all_questions_is_the_interviewer() -> None:
    asked = [(at, "left", f"What is {at}?") for at in range(0, 40, 10)]
    told = [(at, "right", "That is easy. Right?" if at == 5 else "That is hard.") for at in range(5, 45, 10)]
    voices = speakers.tell_apart(said(*asked, *told))
    assert voices.roles == {"S1": Role.INTERVIEWER, "S2": Role.INTERVIEWEE}
    assert [one.id for one in speakers.segments(said(*asked, *told), voices)] == list(range(1, 9))


def test_nobody_is_called_the_interviewer_when_both_ask() -> None:
    heard = said(*((at, "left" if at % 2 else "right", "Really?") for at in range(8)))
    assert speakers.tell_apart(heard).roles == {}
