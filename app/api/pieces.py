"""A piece of a resumable upload at the door: asked for, taken, and with the last one the interview is made."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from anyio import sleep
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from app import contacts, errors, filling, interviews, keys, models, resumables, uploads
from app.api import arrivals, digests, schemas, tus
from app.api.arrivals import Admitted, Intake
from app.api.deps import House
from app.db import WriteSession, reading, writing
from app.errors import NotFound, RecordingsUnavailable, UploadBusy
from app.keys import Caller
from app.replies import Key
from app.resumables import Piece, Promise, Wanted
from app.uploads import Received

WAITS_S, LOOKS_EVERY_S = 3 * resumables.MAKES_WAY_AFTER_S, 0.2
# With these it is over: going on, or trying again, leads to the same.
ENDING = (
    errors.NotAudio,
    errors.DigestMismatch,
    errors.RecordingDuplicate,
    errors.RecordingPresent,
    errors.ConsentRequired,
    errors.ConsentWithdrawn,
    errors.RecordingErased,
    errors.TranscriptErased,
    # Its offset would be a lie from now on.
    errors.UploadExpired,
)
# With these it is not over: what came is there, and whoever knows the upload, be it by its key, goes on.
PASSING = (
    errors.UploadCutOff,
    errors.UploadTooSlow,
    errors.UploadBusy,
    errors.UploadMoved,
    errors.StorageFull,
    errors.RecordingsUnavailable,
)


async def begin(request: Request, house: House, caller: Caller, key: Key | None) -> models.Upload:
    """A new upload, with its first bytes if they came along; as far as that goes, also with its last.

    Or the one that was begun with the same key, as it is now: what comes along then may be there already.
    """
    tus.check_version(request.headers)
    tus.check_spoken(request.headers)
    has_piece = tus.carries_piece(request.headers)
    promises = tus.promises(request.headers) if has_piece else []
    if key is not None and key.made_id is not None:
        return await run_in_threadpool(show, house, caller, key.made_id)
    upload = await run_in_threadpool(_begin, request, house, caller, key)
    if key is not None:
        key.admit_twins()
    return await _with_first(request, house, caller, upload, promises, key) if has_piece else upload


async def _with_first(
    request: Request, house: House, caller: Caller, upload: models.Upload, promises: Sequence[Promise], key: Key | None
) -> models.Upload:
    try:
        return await _append(request, house, caller, upload, promises, is_new=True)
    except Exception as error:
        # Without a key its address is never told: nobody can go on with it.
        if key is None or (isinstance(error, errors.CandidError) and not isinstance(error, PASSING)):
            await run_in_threadpool(_drop, house, caller, upload.id, forget_key=True)
        raise


def _begin(request: Request, house: House, caller: Caller, key: Key | None) -> models.Upload:
    wanted = Wanted(
        size_bytes=tus.number(request.headers, "Upload-Length"),
        about=request.headers.get("upload-metadata", ""),
        sha256=next(iter(digests.said(request.headers, digests.WHOLE)), None),
    )
    described = tus.description(wanted.about)
    intake = intake_of(described, request.stream())
    if described.interview_id is None:
        _check_contact(house, caller, arrivals.described(intake))
    else:
        arrivals.check_planned(house, caller, described.interview_id, intake)
    wanted = replace(wanted, interview_id=described.interview_id)
    return resumables.begin(house.engine, house.recordings, house.settings, caller, wanted, key)


def intake_of(described: tus.Description, sound: AsyncIterator[bytes] | None = None) -> Intake:
    return Intake({}, arrivals.from_text(described.fields), sound, described.filename)


def _check_contact(house: House, caller: Caller, wanted: schemas.InterviewIn) -> None:
    with reading(house.engine) as session:
        contacts.named(session, caller.owner_id, wanted.contact_id)


def show(house: House, caller: Caller, upload_id: str) -> models.Upload:
    """Raises as `resumables.find`."""
    with reading(house.engine) as session:
        return resumables.find(session, caller.owner_id, upload_id)


async def append(request: Request, house: House, caller: Caller, upload_id: str) -> models.Upload:
    """The upload with this request's bytes behind its others, at the offset that the client believes in.

    Raises TusVersionUnknown, MediaTypeRefused, TusInvalid, UploadMoved, UploadBusy, RecordingTooLarge, StorageFull,
    UploadTooSlow, ChecksumMismatch, DigestMismatch, and what the other doors raise of a recording.
    """
    tus.check_version(request.headers)
    tus.check_piece(request.headers)
    offset, promises = tus.number(request.headers, "Upload-Offset"), tus.promises(request.headers)
    upload = await run_in_threadpool(show, house, caller, upload_id)
    resumables.check_offset(upload, offset)
    # A client whose last answer was lost asks again, with nothing left to send.
    return upload if upload.finished_at else await _append(request, house, caller, upload, promises)


async def _append(
    request: Request,
    house: House,
    caller: Caller,
    upload: models.Upload,
    promises: Sequence[Promise],
    *,
    is_new: bool = False,
) -> models.Upload:
    expected = arrivals.declared_bytes(request) or 0
    piece = await _held(house, upload, expected, promises)
    piece.key_id = caller.key_id
    try:
        await filling.fill(piece, uploads.paced(request.stream(), house.settings))
        return await uploads.on_disk(settle, house, caller, piece)
    except ENDING:
        # Of a piece that is not what it was said to be, nothing follows for the upload.
        if not piece.promises:
            await run_in_threadpool(_drop, house, caller, upload.id, forget_key=is_new)
        raise
    finally:
        await uploads.surely_on_disk(piece.close)


async def _held(house: House, upload: models.Upload, expected: int, promises: Sequence[Promise]) -> Piece:
    """Waits a moment for another request to make way. Raises as `resumables.hold`."""
    until = monotonic() + WAITS_S
    while monotonic() < until:
        with suppress(UploadBusy):
            return await run_in_threadpool(_hold, house, upload, expected, promises)
        await sleep(LOOKS_EVERY_S)
    return await run_in_threadpool(_hold, house, upload, expected, promises)


def _hold(house: House, upload: models.Upload, expected: int, promises: Sequence[Promise]) -> Piece:
    return resumables.hold(
        house.engine, house.recordings, house.settings, upload, expected_bytes=expected, promises=promises
    )


def forget(house: House, caller: Caller, upload_id: str, *, forget_key: bool = False) -> None:
    """Raises NotFound."""
    resumables.end(house.engine, house.recordings, caller.owner_id, upload_id, forget_key=forget_key)


def _drop(house: House, caller: Caller, upload_id: str, *, forget_key: bool) -> None:
    with suppress(NotFound):
        forget(house, caller, upload_id, forget_key=forget_key)


def settle(house: House, caller: Caller, piece: Piece) -> models.Upload:
    """The upload as it is now: with its last byte it has become a recording, as if it had come through another door."""
    if not piece.is_whole:
        return piece.upload
    try:
        received = piece.whole()
        digests.check(received.sha256, frozenset(filter(None, [piece.upload.sha256])))
        finished = _finish(house, caller, piece.upload, received)
    except RecordingsUnavailable:
        # Nothing can be counted now either.
        raise
    except Exception:
        piece.rescue()
        raise
    resumables.clear(house.recordings, finished.owner_id, finished.id)
    return finished


def _finish(house: House, caller: Caller, upload: models.Upload, received: Received) -> models.Upload:
    described = tus.description(upload.about)
    wanted = _wanted(upload, intake_of(described))
    # The staged bytes stay until it is certain that there is a row for the others.
    kept = uploads.keep(received, recordings=house.recordings, owner_id=caller.owner_id, leave=True)
    arrival = arrivals.arrived(kept, described.filename, wanted)
    # What was said of consent was said with the key that began it; another may have sent the rest.
    author = replace(caller, key_id=upload.asserted_by)
    with writing(house.engine) as session, arrivals.erased_unless_attached(session, house, arrival):
        keys.check_first(session, caller.key_id)
        admitted = _brought(session, house, author, upload, wanted, arrival)
        finished = resumables.finish(session, upload, admitted.interview.id)
    if admitted.spare is not None:
        arrivals.drop(house, admitted.spare)
    return finished


def _wanted(upload: models.Upload, intake: Intake) -> schemas.InterviewIn | schemas.RecordingFields:
    if upload.interview_id is None:
        return arrivals.parse(schemas.InterviewIn, intake)
    return arrivals.parse(schemas.RecordingFields, intake)


def _brought(
    session: WriteSession,
    house: House,
    caller: Caller,
    upload: models.Upload,
    wanted: schemas.InterviewIn | schemas.RecordingFields,
    arrival: interviews.Arrival,
) -> Admitted:
    if isinstance(wanted, schemas.InterviewIn):
        return arrivals.admit(session, house, caller, wanted, arrival)
    return Admitted(arrivals.attach(session, house, caller, upload.interview_id or "", arrival))
