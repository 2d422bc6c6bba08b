"""A recording at the door: which door it came through, what was said about it, and whether it may come in."""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from fastapi import BackgroundTasks, Request, Response
from pydantic import BaseModel, ValidationError

from app import consents, filenames, interviews, models, uploads
from app.api import bodies, schemas, views
from app.api.deps import House
from app.api.digests import Watched, check, said
from app.api.multipart import Form, boundary_of
from app.api.problems import invalid
from app.consents import Grant
from app.db import WriteSession, reading
from app.errors import InvalidRequest, MediaTypeRefused, MultipartInvalid, RecordingsUnavailable
from app.interviews import Arrival, Plan
from app.keys import Caller
from app.uploads import Kept

# A phone that does not know what it records says octet-stream; the content decides anyway. No type at all is what
# `curl -T` sends.
RAW_TYPES = ("audio/", "video/", "application/octet-stream", "application/ogg")

SAID = {"true": True, "false": False}
NUMBER = re.compile(r"-?[0-9]{1,9}(\.0+)?")

Fields = TypeVar("Fields", bound=BaseModel)


@dataclass(frozen=True)
class Intake:
    """What came: fields in the query and fields in the body, and the sound as a stream that has not been touched.

    `digests` are what the sound's SHA-256 is said to be; a `form` is watched, when it is said of the form.
    """

    query: dict[str, Any]
    body: dict[str, Any]
    sound: AsyncIterator[bytes] | None = None
    filename: str | None = None
    expected_bytes: int | None = None
    around_bytes: int = 0
    digests: frozenset[str] = frozenset()
    form: Watched | None = None


async def read_intake(request: Request, house: House) -> Intake:
    """Reads what comes before the sound, and no further. Raises InvalidRequest, MediaTypeRefused.

    Query parameters are fields too, whatever the body is; a form's or a JSON body's own fields win.
    """
    content_type = request.headers.get("content-type", "").lower()
    query = from_text(request.query_params)
    if content_type.startswith("multipart/form-data"):
        return await _read_form(request, house, query)
    if content_type == "" or content_type.startswith(RAW_TYPES):
        return _read_raw(request, query)
    if bodies.is_json(content_type):
        return Intake(query, await _read_json(request, house))
    raise MediaTypeRefused("Send JSON, multipart/form-data, or the recording itself as audio/*.")


def _read_raw(request: Request, query: dict[str, Any]) -> Intake:
    digests = said(request.headers)
    return Intake(
        query, {}, request.stream(), query.get("filename"), expected_bytes=declared_bytes(request), digests=digests
    )


def declared_bytes(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


async def _read_form(request: Request, house: House, query: dict[str, Any]) -> Intake:
    body = Watched(uploads.paced(request.stream(), house.settings), said(request.headers))
    form = Form(boundary_of(request.headers["content-type"]), body)
    await form.read_fields()
    if not form.has_file:
        raise MultipartInvalid("The form has no file. Add it as the last part: with curl, -F file=@memo.m4a.")
    return Intake(
        query,
        from_text(form.fields),
        form.file(),
        form.filename,
        expected_bytes=declared_bytes(request),
        around_bytes=uploads.FORM_BYTES,
        digests=said(form.file_headers),
        form=body,
    )


async def _read_json(request: Request, house: House) -> dict[str, Any]:
    body, found = await bodies.read_json(request, house.settings)
    check(hashlib.sha256(body).hexdigest(), said(request.headers))
    if not isinstance(found, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return found


def from_text(given: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a form or a query, where everything is text, as JSON would have them."""
    fields: dict[str, Any] = dict(given)
    if "vocabulary" in fields:
        fields["vocabulary"] = [word.strip() for word in fields["vocabulary"].split(",") if word.strip()]
    if "consent" in fields:
        fields["consent"] = SAID.get(fields["consent"], fields["consent"])
    if NUMBER.fullmatch(fields.get("planned_minutes", "")):
        fields["planned_minutes"] = int(fields["planned_minutes"].partition(".")[0])
    return fields


def parse(schema: type[Fields], intake: Intake) -> Fields:
    """Raises InvalidRequest with what is wrong, field by field."""
    try:
        # What the body says wins, but a query that is wrong in itself is not made right by that.
        schema.model_validate(intake.query)
        return schema.model_validate(intake.query | intake.body)
    except ValidationError as error:
        raise invalid(error.errors()) from None


async def take(
    intake: Intake, house: House, caller: Caller, wanted: schemas.InterviewIn | schemas.RecordingFields
) -> Arrival | None:
    """Receives the sound and keeps it; None when there is none. Raises UploadRefused, StorageFull."""
    if intake.sound is None:
        return None
    received = await uploads.receive(
        intake.sound,
        recordings=house.recordings,
        settings=house.settings,
        expected_bytes=intake.expected_bytes,
        around_bytes=intake.around_bytes,
    )
    try:
        check(received.sha256, intake.digests)
        if intake.form is not None:
            await intake.form.check()
        kept = await uploads.on_disk(
            partial(uploads.keep, received, recordings=house.recordings, owner_id=caller.owner_id)
        )
    except BaseException:
        # A store that does not answer, or a client that went away while we waited for a thread.
        await uploads.surely_on_disk(house.recordings.discard, received.path)
        raise
    return arrived(kept, intake.filename, wanted)


def arrived(kept: Kept, filename: str | None, wanted: schemas.InterviewIn | schemas.RecordingFields) -> Arrival:
    return Arrival(
        kept,
        filename=filenames.tidy(filename),
        grant=Grant() if wanted.consent else None,
        may_repeat=wanted.on_duplicate == "new",
    )


@contextmanager
def erased_unless_attached(session: WriteSession, house: House, arrival: Arrival | None) -> Iterator[None]:
    """Consent may have been withdrawn while the recording came: bytes that no row points to are not left behind.

    The commit comes after this, never inside: of one that fails nobody knows whether it came through.
    """
    try:
        yield
    except BaseException:
        # A store may take its time, and whoever writes would wait for it.
        session.rollback()
        if arrival is not None:
            drop(house, arrival)
        raise


def drop(house: House, arrival: Arrival) -> None:
    """Erases what certainly is nobody's recording. A store that does not let go of it now keeps it until the sweep."""
    with suppress(RecordingsUnavailable, OSError):
        house.recordings.erase(arrival.kept.key)


def described(intake: Intake) -> schemas.InterviewIn:
    """What was said about a new interview. Raises InvalidRequest, and ConsentRequired when there is sound without."""
    wanted = parse(schemas.InterviewIn, intake)
    if intake.sound is not None and not wanted.consent:
        raise consents.missing()
    return wanted


@dataclass(frozen=True)
class Admitted:
    """The interview that a recording is now, or was already, the recording of; `spare`: then it came for nothing."""

    interview: models.Interview
    spare: Arrival | None = None


def admit(
    session: WriteSession, house: House, caller: Caller, wanted: schemas.InterviewIn, arrival: Arrival | None
) -> Admitted:
    """A new interview with what is known of it, its consent, and its recording when there is one.

    When the recording is that of another interview, it is that one, and what came is to be dropped after the commit.
    """
    known = wanted.model_dump(exclude={"consent", "filename", "on_duplicate"}, exclude_none=True)
    if arrival is not None and (twin := interviews.twin(session, caller.owner_id, arrival)):
        return Admitted(twin, spare=arrival)
    interview = interviews.plan(session, caller, Plan(**known))
    if arrival is not None:
        interviews.attach(session, house.queue, interview, caller, arrival)
    elif wanted.consent:
        consents.give(session, caller, interview.id, Grant())
    return Admitted(interview)


def create(
    session: WriteSession, house: House, caller: Caller, wanted: schemas.InterviewIn, arrival: Arrival | None
) -> tuple[schemas.InterviewOut, Arrival | None]:
    """The interview as it is shown, and a recording that it had already and that came again."""
    with erased_unless_attached(session, house, arrival):
        admitted = admit(session, house, caller, wanted, arrival)
        return views.interview(session, admitted.interview), admitted.spare


def tell(
    response: Response, later: BackgroundTasks, house: House, made: schemas.InterviewOut, spare: Arrival | None
) -> None:
    """Where it is; with 200 when it was there before. What came again goes after the answer: the commit is certain."""
    response.headers["Location"] = made.links.self
    if spare is not None:
        response.status_code = 200
        later.add_task(drop, house, spare)


def check_planned(house: House, caller: Caller, interview_id: str, intake: Intake) -> schemas.RecordingFields:
    """What was said about a recording for a planned interview, if it may come in.

    A short look of its own, ended before the sound is read. Raises NotFound, RecordingPresent, ConsentRequired.
    """
    wanted = parse(schemas.RecordingFields, intake)
    if intake.sound is None:
        raise MediaTypeRefused("Send the recording itself as audio/*, or as multipart/form-data.")
    with reading(house.engine) as session:
        interviews.check_can_record(session, interviews.find(session, caller.owner_id, interview_id))
        if not wanted.consent:
            consents.require(session, interview_id)
    return wanted


def attach(
    session: WriteSession, house: House, caller: Caller, interview_id: str, arrival: Arrival
) -> models.Interview:
    """The recording of an interview that was planned."""
    interview = interviews.find(session, caller.owner_id, interview_id)
    interviews.attach(session, house.queue, interview, caller, arrival)
    return interview


def put(
    session: WriteSession, house: House, caller: Caller, interview_id: str, arrival: Arrival | None
) -> schemas.InterviewOut:
    """The planned interview as it is shown, with its recording."""
    assert arrival is not None  # noqa: S101  check_planned refused a request without sound
    with erased_unless_attached(session, house, arrival):
        return views.interview(session, attach(session, house, caller, interview_id, arrival))
