"""A conversation as a whole over HTTP: numbers, or one picture of who spoke when."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from app import conversation, errors, etags, interviews
from app.api import bodies, declared, deps, negotiation, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep
from app.api.routes import Route
from app.api.transcripts import READ_ERRORS
from app.conversation import timeline

router = APIRouter(prefix="/v1/interviews/{interview_id}/conversation", tags=["conversation"], route_class=Route)

OFFERED = {negotiation.JSON: "application/json", "svg": timeline.MEDIA_TYPE}


@router.get(
    "",
    response_model=schemas.ConversationOut,
    responses={
        200: {
            "description": "The numbers, or the picture.",
            "headers": declared.ETAG | declared.VARY,
            "content": {timeline.MEDIA_TYPE: {"schema": {"type": "string"}, "example": declared.TIMELINE}},
        }
    }
    | declared.NOT_MODIFIED
    | declared.failures(errors.FormatNotOffered, *READ_ERRORS),
)
def get_conversation(
    interview_id: deps.InterviewId,
    caller: ReaderDep,
    session: ReadSessionDep,
    wanted_format: Annotated[
        Literal["json", "svg"] | None, Query(alias="format", description="Wins over Accept. Default: JSON.")
    ] = None,
    accept: Annotated[str | None, Header(max_length=1000, include_in_schema=False)] = None,
    if_none_match: deps.IfNoneMatch = None,
) -> Response:
    """See how well you listened. Talk share, monologues, interruptions, questions, silence after answers, the slot.

    Of the current transcript, each number with its places; what cannot be known is null with a reason. As SVG: who
    spoke when, where questions were put, and where insights were said.
    """
    interview = interviews.readable(session, caller.owner_id, interview_id)
    chosen = negotiation.choose(wanted_format, accept, offered=OFFERED)
    found = conversation.of(session, interview)
    response = _drawn(found, interview.title) if chosen == "svg" else _counted(interview_id, found)
    bodies.not_modified(response, etags.of_bytes(bytes(response.body)), if_none_match)
    return response


def _drawn(found: conversation.Conversation, title: str) -> Response:
    headers = {"Vary": "Accept", "Content-Security-Policy": timeline.POLICY}
    return Response(timeline.draw(found, title), media_type=timeline.MEDIA_TYPE, headers=headers)


def _counted(interview_id: str, found: conversation.Conversation) -> Response:
    return JSONResponse(views.conversation(interview_id, found), headers={"Vary": "Accept"})
