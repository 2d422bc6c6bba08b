"""What each step of hearing does. Every one may be done twice: a killed worker's steps are done again."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
from sqlmodel import col, select

from app import claims, models, recordings, revisions, transcripts
from app.claims import Claim, Report
from app.db import WriteSession, reading
from app.errors import RecordingLost, WorkCanceled
from app.jobs import Stage, progress_at, set_interview
from app.recordings import check_room, full_disk_told
from app.transcripts import values
from workers import audio, channels, plans, speakers, windows
from workers.bench import Bench, Seldom
from workers.ears import HeardSegment, Hearing, languages
from workers.plans import Manner, Plan, Tally
from workers.speakers import Said, Voices
from workers.windows import Window

log = structlog.get_logger()

# Of the stage of decoding, this much is decoding; the rest is finding where somebody speaks.
DECODING_SHARE = 0.4


def prepare(bench: Bench, claim: Claim) -> Plan:
    """Decodes the recording and decides how it will be heard.

    Raises RecordingUnusable, RecordingLost, LanguageUnsupported, WeightsMissing, WeightsCorrupt, WorkCanceled.
    """
    began = monotonic()
    with reading(bench.engine) as session:
        job = session.get_one(models.Job, claim.job_id)
        recording = recordings.find(session, job.interview_id)
    decoded = _decode(bench, claim, recording)
    layout = channels.listen(decoded.pcm, channels=decoded.channels)
    found = windows.find(decoded, layout, on_progress=_watched(bench, claim, DECODING_SHARE, 1.0))
    plan = Plan(
        channels=decoded.channels,
        duration_ms=decoded.duration_ms,
        pcm_bytes=decoded.pcm.stat().st_size,
        layout=layout,
        manner=_manner(bench, decoded, found, job.options),
        chunks=tuple(windows.chunks(found, minutes=bench.settings.hear_step_s / 60)),
    ).signed(recording.sha256, _vocabulary(job))
    bench.write(lambda session: _note_length(session, claim, decoded))
    audio_s, took_s = decoded.duration_ms / 1000, round(monotonic() - began, 2)
    log.info("prepared", audio_s=audio_s, took_s=took_s, chunks=len(plan.chunks), windows=len(found))
    return plan


def _decode(bench: Bench, claim: Claim, recording: models.Recording) -> audio.Decoded:
    return bench.patiently(claim, lambda: _decode_now(bench, claim, recording))


def _decode_now(bench: Bench, claim: Claim, recording: models.Recording) -> audio.Decoded:
    """Raises RecordingsUnavailable and StorageFull, and then leaves nothing that takes room."""
    with full_disk_told(audio.NO_ROOM):
        folder, settings = bench.folder(claim), bench.settings
    # Two workers may be here for one job (one frozen and taken for dead): each decodes under its own name.
    source, part = folder / f"{bench.worker_id}.recording", folder / f"{bench.worker_id}.pcm"
    try:
        _fetch(bench, recording, source)
        decoded = audio.decode(
            source,
            into=part,
            limits=audio.Limits(max_ms=settings.max_decoded_s * 1000, memory_bytes=settings.decode_memory_bytes),
            should_stop=lambda: not bench.is_wanted(claim),
            on_progress=_watched(bench, claim, 0.0, DECODING_SHARE),
        )
    finally:
        source.unlink(missing_ok=True)
    pcm = _pcm(bench, claim)
    part.replace(pcm)
    return audio.Decoded(pcm, decoded.channels, decoded.duration_ms, decoded.source, decoded.skipped_packets)


def _pcm(bench: Bench, claim: Claim) -> Path:
    return bench.folder(claim) / "sound.pcm"


def _fetch(bench: Bench, recording: models.Recording, into: Path) -> None:
    check_room(into.parent, recording.size_bytes, audio.NO_ROOM)
    with full_disk_told(audio.NO_ROOM):
        bench.recordings.fetch(recording.key, into)
    with into.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != recording.sha256:
        raise RecordingLost("The recording's bytes are not the ones that came.")


def _watched(bench: Bench, claim: Claim, low: float, high: float) -> Any:
    """A progress callback for the part of decoding from `low` to `high`. It raises WorkCanceled when that is so."""
    seldom = Seldom()

    def note(share: float) -> None:
        if not seldom():
            return
        if not bench.is_wanted(claim):
            raise WorkCanceled
        part = low + (high - low) * share
        bench.report(claim, Report(Stage.DECODING, progress_at(Stage.DECODING, part)))

    return note


def _manner(bench: Bench, decoded: audio.Decoded, found: list[Window], options: Mapping[str, Any]) -> Manner:
    engine = options.get("engine") or bench.settings.engine
    model = options.get("model") or bench.settings.model
    asked = options.get("language")
    manner = Manner(engine=engine, model=model)
    if not found:
        return manner.model_copy(update={"notices": (values.Notice.NO_SPEECH,)})
    votes = []
    with bench.ears.turn(engine, model) as ear:
        languages.check(asked, known=ear.languages, model=model)
        multilingual, ways = ear.multilingual, dict(ear.options)
    for at in languages.windows_to_ask(len(found)) if multilingual else ():
        sound = _sound(decoded.pcm, decoded.channels, found[at])
        with bench.ears.turn(engine, model) as ear:
            votes.append(ear.detect_language(sound))
    verdict = languages.decide(votes, given=asked, multilingual=multilingual)
    return manner.model_copy(
        update={
            "language": verdict.language,
            "language_probability": verdict.probability,
            "several_languages": verdict.several_languages,
            "notices": verdict.notices,
            "ways": ways,
        }
    )


def _vocabulary(job: models.Job) -> tuple[str, ...]:
    """The names and terms to expect, as the job has them now: an erasure clears them."""
    return tuple(job.options.get("vocabulary") or ())


def _sound(pcm: Path, channel_count: int, window: Window) -> channels.Sound:
    return audio.read(pcm, channels=channel_count, start_ms=window.start_ms, end_ms=window.end_ms, pick=window.channel)


def _note_length(session: WriteSession, claim: Claim, decoded: audio.Decoded) -> None:
    job, interview = claims.held(session, claim)
    job.audio_total_ms = decoded.duration_ms
    recording = recordings.find(session, interview.id)
    recording.duration_ms = decoded.duration_ms
    recording.facts = {**decoded.source.model_dump(mode="json"), "skipped_packets": decoded.skipped_packets}
    claims.checkpoint(session, claim)


def hear(bench: Bench, claim: Claim, plan: Plan, index: int) -> None:
    """Hears one chunk and keeps its words in our own table. Raises WorkCanceled between two windows."""
    if _is_heard(bench, claim, plan, index):
        return
    began = monotonic()
    tally, heard = Tally(plan, index), []
    pcm = _ensure_pcm(bench, claim, plan)
    with reading(bench.engine) as session:
        hotwords = _vocabulary(session.get_one(models.Job, claim.job_id))
    for window in plan.chunks[index]:
        if not bench.is_wanted(claim):
            raise WorkCanceled
        heard += [_row(window, segment) for segment in _hear_window(bench, pcm, plan, window, hotwords=hotwords)]
        tally.add(window)
        bench.report(claim, _hearing_report(bench, plan, tally))
    bench.write(lambda session: _keep_heard(session, claim, plan, index, heard))
    audio_s, took_s = plans.voiced_ms(plan.chunks[index]) / 1000, monotonic() - began
    log.info(
        "heard",
        chunk=index + 1,
        chunks=len(plan.chunks),
        progress=round(progress_at(Stage.HEARING, tally.share), 3),
        audio_s=round(audio_s, 1),
        took_s=round(took_s, 1),
        rtf=round(took_s / audio_s, 3) if audio_s else None,
    )


def _is_heard(bench: Bench, claim: Claim, plan: Plan, index: int) -> bool:
    with reading(bench.engine) as session:
        row = session.get(models.HeardChunk, (claim.job_id, index))
    return row is not None and row.plan_sha256 == plan.sha256


def _ensure_pcm(bench: Bench, claim: Claim, plan: Plan) -> Path:
    """The decoded sound; made again where it is not, as on another machine after a take-over."""
    pcm = _pcm(bench, claim)
    if not pcm.exists() or pcm.stat().st_size != plan.pcm_bytes:
        with reading(bench.engine) as session:
            recording = recordings.find(session, session.get_one(models.Job, claim.job_id).interview_id)
        _decode(bench, claim, recording)
    return pcm


def _hear_window(
    bench: Bench, pcm: Path, plan: Plan, window: Window, *, hotwords: tuple[str, ...]
) -> list[HeardSegment]:
    manner = plan.manner
    hearing = Hearing(
        pcm=_sound(pcm, plan.channels, window),
        start_ms=window.start_ms,
        language=manner.language,
        several_languages=manner.several_languages,
        hotwords=hotwords,
        speech=window.speech,
    )
    with bench.ears.turn(manner.engine, manner.model) as ear:
        began = monotonic()
        segments = ear.hear(hearing)
        bench.pace.note(manner.model, audio_s=window.duration_ms / 1000, took_s=monotonic() - began)
    return segments


def _row(window: Window, segment: HeardSegment) -> dict[str, Any]:
    return {
        "channel": window.channel.value,
        "facts": {
            "start_ms": segment.start_ms,
            "end_ms": segment.end_ms,
            "text": segment.text,
            "doubts": [doubt.value for doubt in segment.doubts],
            "words": [word.model_dump() for word in segment.words],
        },
    }


def _hearing_report(bench: Bench, plan: Plan, tally: Tally) -> Report:
    return Report(
        Stage.HEARING,
        progress_at(Stage.HEARING, tally.share),
        audio_done_ms=tally.audio_done_ms,
        eta_s=tally.eta_s(bench.pace.rtf(plan.manner.model)),
    )


def _keep_heard(session: WriteSession, claim: Claim, plan: Plan, index: int, heard: list[dict[str, Any]]) -> None:
    job, _interview = claims.held(session, claim)
    old = session.get(models.HeardChunk, (job.id, index))
    if old is not None and old.plan_sha256 == plan.sha256:
        return
    if old is not None:
        session.delete(old)
        session.flush()
    chunk = plan.chunks[index]
    session.add(
        models.HeardChunk(
            job_id=job.id,
            index=index,
            plan_sha256=plan.sha256,
            start_ms=chunk[0].start_ms,
            end_ms=chunk[-1].end_ms,
            segments=heard,
        )
    )
    claims.checkpoint(session, claim)


def tell_apart(bench: Bench, claim: Claim, plan: Plan) -> Voices:
    bench.report(claim, Report(Stage.SPEAKERS, progress_at(Stage.SPEAKERS, 0)))
    with reading(bench.engine) as session:
        return speakers.tell_apart(_said(session, claim, plan))


def _said(session: Any, claim: Claim, plan: Plan) -> list[Said]:
    query = select(models.HeardChunk).where(
        models.HeardChunk.job_id == claim.job_id, models.HeardChunk.plan_sha256 == plan.sha256
    )
    rows = session.exec(query.order_by(col(models.HeardChunk.index)))
    return [Said(one["channel"], one["facts"]) for row in rows for one in row.segments]


def keep(bench: Bench, claim: Claim, plan: Plan, voices: Voices) -> int:
    """The transcript becomes the interview's current one; returns its version."""
    bench.report(claim, Report(Stage.KEEPING, progress_at(Stage.KEEPING, 0)))
    return bench.write(lambda session: _keep(session, claim, plan, voices))


def _keep(session: WriteSession, claim: Claim, plan: Plan, voices: Voices) -> int:
    job, interview = claims.held(session, claim)
    transcript = _transcript(plan, _said(session, claim, plan), voices, _vocabulary(job))
    version = transcripts.keep(session, job=job, transcript=transcript)
    revisions.settle(session, interview.id)
    set_interview(interview, "extracting")
    claims.checkpoint(session, claim)
    return version


def _transcript(plan: Plan, said: list[Said], voices: Voices, vocabulary: tuple[str, ...]) -> values.Transcript:
    manner = plan.manner
    return values.Transcript(
        language=manner.language if said else None,
        language_probability=manner.language_probability,
        duration_ms=plan.duration_ms,
        engine=manner.engine,
        model=manner.model,
        options={"vocabulary": ", ".join(vocabulary) or None, "layout": plan.layout.value, **manner.ways},
        notices=manner.notices if said else (values.Notice.NO_SPEECH,),
        speakers=speakers.speakers(voices),
        segments=speakers.segments(said, voices),
    )


def finish(bench: Bench, claim: Claim) -> None:
    """The job has succeeded: what was heard on the way is dropped, and so is the scratch space."""
    if bench.write(lambda session: claims.succeed(session, claim)):
        clear(bench, claim)


def clear(bench: Bench, claim: Claim) -> None:
    shutil.rmtree(bench.settings.work_dir / claim.job_id, ignore_errors=True)
