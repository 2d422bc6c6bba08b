"""Jobs as people see them, and who may change them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import claims, jobs, models
from app.claims import Claim, Report
from app.db import WriteSession, reading, writing
from app.errors import (
    ConsentWithdrawn,
    JobFinished,
    JobNotRetryable,
    NotFound,
    RecordingUnreadable,
    StateConflict,
    WorkCanceled,
)
from app.jobs import Stage
from tests.installation import Installation


def begin(here: Installation, job_id: str, worker: str = "w1", *, attempt: int = 1) -> Claim:
    claim = Claim(job_id, attempt, worker)
    with writing(here.engine) as session:
        claims.begin(session, claim, is_ours=lambda: True)
    return claim


def begin_as(session: WriteSession, job_id: str, worker: str) -> Claim:
    claim = Claim(job_id, 1, worker)
    claims.begin(session, claim, is_ours=lambda: True)
    return claim


def cancel(here: Installation, job_id: str) -> models.Job:
    with writing(here.engine) as session:
        return jobs.cancel(session, here.owner_id, job_id)


def retry(here: Installation, job_id: str) -> models.Job:
    with writing(here.engine) as session:
        return jobs.retry(session, here.queue, here.owner_id, job_id)


def fail(here: Installation, claim: Claim) -> bool:
    with writing(here.engine) as session:
        return claims.fail(session, claim, RecordingUnreadable("It is a picture.", kind="png"))


def change(here: Installation, interview_id: str, **facts: object) -> None:
    with writing(here.engine) as session:
        interview = session.get_one(models.Interview, interview_id)
        for name, value in facts.items():
            setattr(interview, name, value)


@pytest.mark.parametrize(
    ("size_bytes", "duration_ms", "expected"),
    [
        (1_000, None, ("short", 1)),
        (20_000_000, None, ("short", 5)),
        (20_000_001, None, ("long", 5)),
        (2_000_000_000, None, ("long", 10)),
        (2_000_000_000, 15 * 60_000, ("short", 2)),
        (1_000, 15 * 60_000 + 1, ("long", 2)),
        (1_000, 3 * 3_600_000, ("long", 10)),
    ],
)
def test_a_known_length_decides_the_queue_and_before_that_the_size(
    size_bytes: int, duration_ms: int | None, expected: tuple[str, int]
) -> None:
    place = jobs.place(size_bytes=size_bytes, duration_ms=duration_ms)
    assert (place.queue, place.priority) == expected


@pytest.mark.parametrize(
    ("outcome", "status", "readable", "kept_by_this_job", "expected"),
    [
        ("succeeded", "extracting", True, True, "ready"),
        ("failed", "transcribing", False, False, "failed"),
        ("canceled", "queued", False, False, "canceled"),
        ("failed", "transcribing", True, False, "ready"),
        ("canceled", "queued", True, False, "ready"),
        ("failed", "extracting", True, True, "failed"),
        ("canceled", "extracting", True, True, "canceled"),
        ("canceled", "withdrawn", False, False, "withdrawn"),
        ("succeeded", "withdrawn", True, True, "withdrawn"),
    ],
)
def test_an_interview_after_its_job(
    *, outcome: str, status: str, readable: bool, kept_by_this_job: bool, expected: str
) -> None:
    found = jobs.interview_status_after(outcome, status=status, readable=readable, kept_by_this_job=kept_by_this_job)
    assert found == expected


@given(st.sampled_from(Stage), st.floats(0, 1), st.floats(0, 1))
def test_progress_grows_within_a_stage_and_from_stage_to_stage(stage: Stage, one: float, other: float) -> None:
    assert (jobs.progress_at(stage, one) <= jobs.progress_at(stage, other)) or one > other
    ends = [jobs.progress_at(each, share) for each in Stage for share in (0, 1)]
    assert ends == sorted(ends)
    assert 0 <= jobs.progress_at(stage, one) < 1


def test_nobody_guesses_a_time_before_this_machine_was_measured() -> None:
    assert jobs.eta_s(audio_left_ms=60_000, rtf=None) is None
    assert jobs.eta_s(audio_left_ms=60_000, rtf=0.25) == 15.0


def test_a_job_and_its_workflow_are_committed_together(here: Installation) -> None:
    job_id = here.submit()
    assert here.workflows() == [(f"{job_id}.1", "ENQUEUED")]
    assert (here.job(job_id).status, here.interview_of(job_id).status) == ("queued", "queued")


def test_a_rollback_leaves_neither_job_nor_workflow(here: Installation) -> None:
    interview = here.interview()
    with writing(here.engine) as session:
        jobs.submit(session, here.queue, interview, kind="transcription", options={})
        session.rollback()
    with reading(here.engine) as session:
        assert jobs.latest(session, interview.id) is None
    assert here.workflows() == []


def test_an_interview_is_worked_on_by_one_job_at_a_time(here: Installation) -> None:
    interview = here.interview()
    job_id = here.submit(interview)
    with pytest.raises(StateConflict) as refused:
        here.submit(interview, kind="extraction")
    assert refused.value.facts == {"job_id": job_id}


def test_somebody_elses_job_is_not_found(here: Installation) -> None:
    job_id = here.submit()
    with reading(here.engine) as session, pytest.raises(NotFound):
        jobs.find(session, "own_somebody_else", job_id)


def test_a_queued_job_is_canceled_at_once_and_twice_is_fine(here: Installation) -> None:
    job_id = here.submit()
    cancel(here, job_id)
    assert cancel(here, job_id).status == "canceled"
    assert here.interview_of(job_id).status == "canceled"


def test_a_running_job_is_asked_to_stop(here: Installation) -> None:
    job_id = here.submit()
    claim = begin(here, job_id)
    assert (cancel(here, job_id).status, here.job(job_id).cancel_requested_at is None) == ("running", False)
    with reading(here.engine) as session:
        assert not claims.is_wanted(session, claim)
    with writing(here.engine) as session, pytest.raises(WorkCanceled):
        claims.held(session, claim)


def test_a_finished_job_cannot_be_canceled_nor_a_queued_one_tried_again(here: Installation) -> None:
    job_id = here.submit()
    with pytest.raises(JobNotRetryable):
        retry(here, job_id)
    with writing(here.engine) as session:
        claims.succeed(session, begin_as(session, job_id, "w1"))
    with pytest.raises(JobFinished):
        cancel(here, job_id)


def test_a_failure_says_what_when_and_at_which_attempt(here: Installation) -> None:
    job_id = here.submit()
    assert fail(here, begin(here, job_id))
    error = here.job(job_id).error or {}
    assert error.pop("at").endswith("+00:00")
    assert error == {
        "code": "recording-unreadable",
        "title": "There is no readable recording in this file",
        "detail": "It is a picture.",
        "attempt": 1,
        "kind": "png",
    }


def test_a_retry_is_a_new_attempt_that_keeps_what_was_heard(here: Installation) -> None:
    job_id = here.submit()
    claim = begin(here, job_id)
    with writing(here.engine) as session:
        session.add(models.HeardChunk(job_id=job_id, index=0, plan_sha256="p", start_ms=0, end_ms=1, segments=[]))
        claims.advance(session, claim, Report(Stage.HEARING, 0.5))
    fail(here, claim)
    job = retry(here, job_id)
    assert (job.status, job.attempt, job.progress, job.error, job.starts) == ("queued", 2, 0.0, None, 0)
    assert sorted(here.workflows()) == [(f"{job_id}.1", "ENQUEUED"), (f"{job_id}.2", "ENQUEUED")]
    with reading(here.engine) as session:
        assert session.get(models.HeardChunk, (job_id, 0)) is not None


def test_nothing_is_tried_again_after_consent_was_withdrawn(here: Installation) -> None:
    job_id = here.submit()
    change(here, here.job(job_id).interview_id, status="withdrawn")
    cancel(here, job_id)
    assert here.interview_of(job_id).status == "withdrawn"
    with pytest.raises(ConsentWithdrawn):
        retry(here, job_id)


def test_progress_never_goes_back_within_an_attempt(here: Installation) -> None:
    claim = begin(here, here.submit())
    with writing(here.engine) as session:
        for progress, done in [(0.5, 30_000), (0.2, 10_000)]:
            claims.advance(session, claim, Report(Stage.HEARING, progress, audio_done_ms=done))
    job = here.job(claim.job_id)
    assert (job.progress, job.audio_done_ms, job.stage) == (0.5, 30_000, "hearing")


def test_a_zombie_worker_cannot_overwrite_a_newer_attempt(here: Installation) -> None:
    job_id = here.submit()
    zombie = begin(here, job_id)
    fail(here, zombie)
    retry(here, job_id)
    begin(here, job_id, "w2", attempt=2)
    with writing(here.engine) as session:
        claims.advance(session, zombie, Report(Stage.KEEPING, 0.9))
        assert not claims.succeed(session, zombie)
    assert not fail(here, zombie)
    job = here.job(job_id)
    assert (job.status, job.attempt, job.progress, job.worker_id) == ("running", 2, 0.0, "w2")


def test_a_worker_that_was_taken_over_has_no_say_any_more(here: Installation) -> None:
    job_id = here.submit()
    frozen = begin(here, job_id)
    with writing(here.engine) as session:
        assert claims.release(session, {"w1"}) == [job_id]
    assert here.job(job_id).status == "queued"
    begin(here, job_id, "w2")
    with reading(here.engine) as session:
        assert not claims.is_wanted(session, frozen)
    assert not fail(here, frozen)


def test_a_job_that_was_begun_again_since_it_was_seen_is_not_released(here: Installation) -> None:
    moved, dead = here.submit(), here.submit()
    for job_id in (moved, dead):
        begin(here, job_id)
    with reading(here.engine) as session:
        seen = claims.held_by(session, {"w1"})
    begin(here, moved)
    with writing(here.engine) as session:
        assert claims.release(session, {"w1"}, seen=seen) == [dead]
    assert (here.job(moved).status, here.job(moved).worker_id) == ("running", "w1")


def test_a_job_that_fails_when_nobody_wants_it_any_more_is_canceled(here: Installation) -> None:
    job_id = here.submit()
    claim = begin(here, job_id)
    cancel(here, job_id)
    assert fail(here, claim)
    assert (here.job(job_id).status, here.job(job_id).error) == ("canceled", None)


def test_work_that_was_taken_away_and_came_back_is_not_canceled(here: Installation) -> None:
    job_id = here.submit()
    claim = begin(here, job_id)
    with writing(here.engine) as session:
        claims.release(session, {"w1"})
    assert begin(here, job_id) == claim
    with writing(here.engine) as session:
        assert not claims.mark_canceled(session, claim)
    assert here.job(job_id).status == "running"


def test_work_that_the_engine_gave_to_another_worker_is_not_begun(here: Installation) -> None:
    job_id = here.submit()
    with writing(here.engine) as session:
        assert claims.begin(session, Claim(job_id, 1, "w1"), is_ours=lambda: False) is None
    assert here.job(job_id).status == "queued"


def test_the_fourth_start_that_gets_nowhere_fails_the_job(here: Installation) -> None:
    job_id = here.submit()
    for worker in ("w1", "w2", "w3", "w4"):
        begin(here, job_id, worker)
    error = here.job(job_id).error or {}
    assert (here.job(job_id).status, error["code"]) == ("failed", "attempts-exhausted")


def test_starts_that_got_somewhere_or_were_handed_back_do_not_count(here: Installation) -> None:
    job_id = here.submit()
    for worker in ("w1", "w2", "w3", "w4", "w5"):
        with writing(here.engine) as session:
            claims.checkpoint(session, begin_as(session, job_id, worker))
    assert here.job(job_id).starts == 1
    with writing(here.engine) as session:
        claims.hand_back(session, Claim(job_id, 1, "w5"))
    assert (here.job(job_id).status, here.job(job_id).starts) == ("queued", 0)


def test_a_job_canceled_while_its_worker_was_dead_ends_when_it_is_taken_over(here: Installation) -> None:
    job_id = here.submit()
    begin(here, job_id)
    cancel(here, job_id)
    with writing(here.engine) as session:
        claims.release(session, {"w1"})
    assert here.job(job_id).status == "canceled"


def test_a_rerun_that_fails_leaves_the_good_transcript_readable(here: Installation) -> None:
    interview = here.interview(transcript_version=1, status="ready")
    fail(here, begin(here, here.submit(interview)))
    with reading(here.engine) as session:
        assert session.get_one(models.Interview, interview.id).status == "ready"
