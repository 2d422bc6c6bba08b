"""The step that looks for insights: found and checked outside a transaction, kept with all that follows in one.

It may be done twice, as every step: a killed worker's steps are done again.
"""

from dataclasses import replace

from app import claims, insights, jobs, models, planned_questions, proposals, transcripts
from app.claims import Claim, Report
from app.db import WriteSession, reading
from app.errors import WorkCanceled
from app.jobs import Stage, progress_at
from workers import llm
from workers.bench import Bench


def extract(bench: Bench, claim: Claim) -> int:
    """Insights and contacts from the interview's current transcript, and what became of its planned questions.

    Returns how many insights are new. Raises WorkCanceled.
    """
    bench.report(claim, Report(Stage.EXTRACTING, progress_at(Stage.EXTRACTING, 0)))
    with reading(bench.engine) as session:
        interview_id = session.get_one(models.Job, claim.job_id).interview_id
        version, transcript = transcripts.current(session, interview_id)
        questions = planned_questions.of(session, interview_id)
        texts = [question.text for question in questions]
    found = insights.find_in(version, transcript, judge=bench.judge)
    found, report = _seconded(bench, claim, found)
    checked = planned_questions.check(version, found.turns, texts)
    return bench.write(lambda session: _keep_found(session, claim, found, checked, report))


def _seconded(bench: Bench, claim: Claim, found: insights.Found) -> tuple[insights.Found, llm.Report | None]:
    """With what a model elsewhere points at, if one is to be asked. Raises WorkCanceled in the middle of an answer."""
    if bench.llm is None:
        return found, None
    asking = bench.llm.asking()
    bench.write(lambda session: _note_llm(claims.held(session, claim)[0], asking))
    try:
        reading = bench.llm.read(
            found.turns,
            is_wanted=lambda: not bench.stopping.is_asked and bench.is_wanted(claim),
            on_progress=lambda share: bench.report(
                claim, Report(Stage.EXTRACTING, progress_at(Stage.EXTRACTING, share))
            ),
        )
    except WorkCanceled:
        bench.stopping.park()
        raise
    return replace(found, findings=llm.union(found.findings, reading.findings)), reading.report


def _note_llm(job: models.Job, report: llm.Report) -> None:
    job.options = {**job.options, "llm": report.as_json()}
    job.version += 1


def _keep_found(
    session: WriteSession,
    claim: Claim,
    found: insights.Found,
    checked: planned_questions.Checked,
    report: llm.Report | None,
) -> int:
    job, interview = claims.held(session, claim)
    # Without one, what an earlier attempt noted stays: words that were sent stay sent.
    if report is not None:
        _note_llm(job, report)
    planned_questions.keep(session, interview_id=interview.id, checked=checked)
    new = insights.keep(session, interview_id=interview.id, found=found)
    proposals.propose(session, interview_id=interview.id, found=found)
    jobs.announce_insights(session, job)
    return new
