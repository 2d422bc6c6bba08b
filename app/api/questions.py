"""A person's own list of questions over HTTP: put as a whole, shown with what became of each."""

from fastapi import APIRouter, Response

from app import errors, planned_questions
from app.api import bodies, declared, deps, schemas
from app.api.deps import HouseDep, ReaderDep, ReadSessionDep, WriterDep, WriteSessionDep
from app.api.routes import Route
from app.planned_questions import Planned

router = APIRouter(prefix="/v1/interviews/{interview_id}/questions", tags=["questions"], route_class=Route)


@router.get(
    "",
    responses=declared.ETAGGED | declared.NOT_MODIFIED | declared.failures(errors.NotFound, errors.ConsentWithdrawn),
)
def list_questions(
    interview_id: deps.InterviewId,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    if_none_match: deps.IfNoneMatch = None,
) -> schemas.QuestionListOut:
    """List your questions for an interview. Each with how it was asked and what was answered, once that is known."""
    found = planned_questions.find(session, caller.owner_id, interview_id)
    bodies.not_modified(response, planned_questions.etag(found), if_none_match)
    return _shown(found)


@router.put(
    "",
    responses=declared.ETAGGED
    | declared.failures(errors.NotFound, errors.ConsentWithdrawn, errors.StateConflict, errors.VersionMismatch),
)
def put_questions(
    interview_id: deps.InterviewId,
    wanted: schemas.QuestionsIn,
    response: Response,
    house: HouseDep,
    caller: WriterDep,
    session: WriteSessionDep,
    if_match: deps.IfMatch = None,
) -> schemas.QuestionListOut:
    """Set your questions for an interview. The list is replaced as a whole.

    It may be set before anybody has spoken. Where there is a transcript, new questions are looked for in it at once:
    that is a job of the interview's.
    """
    known = planned_questions.find(session, caller.owner_id, interview_id)
    put = planned_questions.replace(session, house.queue, known, wanted.questions, if_match=if_match)
    response.headers["ETag"] = planned_questions.etag(put)
    return _shown(put)


def _shown(found: Planned) -> schemas.QuestionListOut:
    now = found.interview.transcript_version
    items = [
        schemas.QuestionOut.model_validate(
            row.model_dump()
            | {
                "status": planned_questions.status(row),
                "stale": row.transcript_version is not None and row.transcript_version != now,
            }
        )
        for row in found.rows
    ]
    return schemas.QuestionListOut(interview_id=found.interview.id, items=items)
