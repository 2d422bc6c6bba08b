"""The words routes are written in: sessions, the caller, and what the service keeps for its lifetime."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

import structlog
from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app import db, ids, keys, replies
from app.api.streams import Streams
from app.db import ReadSession, WriteSession
from app.jobs import Queue
from app.keys import Caller, Scope
from app.rates import Rates
from app.recordings import Recordings
from app.replies import InFlight, Key
from app.settings import Settings
from app.transcripts import edits

log = structlog.get_logger()


@dataclass(frozen=True)
class House:
    """What lives as long as the process: what it works with, open streams, who asked how often, keys in use."""

    settings: Settings
    engine: Engine
    recordings: Recordings
    queue: Queue
    streams: Streams
    rates: Rates
    in_flight: InFlight = field(default_factory=InFlight)


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


HouseDep = Annotated[House, Depends(_house)]


def _read_session(house: HouseDep) -> Iterator[ReadSession]:
    with db.reading(house.engine) as session:
        yield session


def write_session(request: Request, house: HouseDep) -> Iterator[WriteSession]:
    with db.writing(house.engine) as session:
        keys.check_first(session, request.state.caller.key_id)
        # `replays` keeps the answer in the same transaction, when the request came with an Idempotency-Key.
        request.state.session = session
        if hasattr(request.state, "slot"):
            replies.claim_first(session, request.state.slot)
        yield session


# scope="function": the code after `yield` runs before the answer is sent. With the default it runs after it, and a
# commit that fails would still have been answered with 201.
ReadSessionDep = Annotated[ReadSession, Depends(_read_session, scope="function")]
WriteSessionDep = Annotated[WriteSession, Depends(write_session, scope="function")]


def idempotency_key(request: Request) -> Key | None:
    key: Key | None = getattr(request.state, "key", None)
    return key


# For a route without a WriteSessionDep, that keeps its answer itself.
KeyDep = Annotated[Key | None, Depends(idempotency_key)]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    bearerFormat="cdd_...",
    description="An API key, `cdd_` + id + `_` + secret, as `Authorization: Bearer cdd_...`.",
)


def identify(request: Request) -> Caller:
    """Who calls. `admission.admit` asks before a body is read. Raises KeyMissing, KeyRefused."""
    # Sessions of their own: who calls must be known before a body is read and a transaction begun.
    engine = _house(request).engine
    token = keys.bearer(request.headers.get("authorization"))
    with db.reading(engine) as session:
        known = keys.identify(session, token)
        stale = keys.is_use_stale(keys.find(session, known.owner_id, known.key_id), at=db.now())
    if stale:
        _note_use(engine, known)
    return known


def _note_use(engine: Engine, known: Caller) -> None:
    # A courtesy to whoever keeps the keys: a database that is full or busy must not turn it into a refusal to read.
    try:
        with db.writing(engine) as session:
            keys.note_use(session, known.key_id)
    except SQLAlchemyError as error:
        log.warning("use of key not noted", key_id=known.key_id, exc_info=error)


def caller(request: Request, _declared: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> Caller:
    known: Caller = request.state.caller
    return known


def _with(scope: Scope) -> Callable[[Caller], Caller]:
    def check(caller: Annotated[Caller, Depends(caller)]) -> Caller:
        caller.must(scope)
        return caller

    return check


SCOPE_CHECKS = read, write, keep_keys = _with(Scope.READ), _with(Scope.WRITE), _with(Scope.KEYS)

CallerDep = Annotated[Caller, Depends(caller)]
ReaderDep = Annotated[Caller, Depends(read)]
WriterDep = Annotated[Caller, Depends(write)]
KeyKeeperDep = Annotated[Caller, Depends(keep_keys)]

InterviewId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.INTERVIEW), description="An interview's id.")]
JobId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.JOB), description="A job's id.")]
ConsentId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.CONSENT), description="A consent's id.")]
SegmentId = Annotated[int, Path(ge=1, le=2**31 - 1, description="A segment's number in the current version.")]
SpeakerId = Annotated[str, Path(pattern=edits.SPEAKER_ID, description="A speaker's id in the transcript.")]
InsightId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.INSIGHT), description="An insight's id.")]
ContactId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.CONTACT), description="A contact's id.")]
UploadId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.UPLOAD), description="An upload's id.")]
WebhookId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.WEBHOOK), description="A webhook's id.")]
DeliveryId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.DELIVERY), description="A delivery's id.")]
KeyId = Annotated[str, Path(pattern=ids.pattern(ids.Kind.KEY), description="A key's id.")]

IfMatch = Annotated[str | None, Header(max_length=200, description="Change it only if this is still its ETag.")]
IfNoneMatch = Annotated[str | None, Header(max_length=200, description="Answer 304 if this is still its ETag.")]
