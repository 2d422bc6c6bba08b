"""Resumable uploads over HTTP (tus 1.0.0): begun, gone on with after every cut, and an interview in the end."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app import errors
from app.api import bodies, declared, deps, digests, pieces, schemas, tus
from app.api.deps import HouseDep, KeyDep, WriterDep
from app.api.interviews import KEPT_LONG_ENOUGH, UPLOAD_ERRORS
from app.api.routes import Route

router = APIRouter(prefix=tus.ROOT, tags=["uploads"], route_class=Route)

HEADER_ERRORS = (errors.TusVersionUnknown, errors.TusInvalid)
FIND_ERRORS = (*HEADER_ERRORS, errors.NotFound, errors.UploadExpired, errors.ConsentWithdrawn)
# How a piece, or what all of them make, can be refused.
PIECE_ERRORS = (
    *UPLOAD_ERRORS,
    *(errors.FieldInvalid, errors.ChecksumMismatch, errors.DigestMismatch, errors.RecordingDuplicate),
    *(errors.RecordingPresent, errors.StateConflict, errors.ConsentWithdrawn),
    *KEPT_LONG_ENOUGH,
)

SPOKEN = {"Tus-Resumable": declared.header("The version of tus that is spoken.", tus.VERSION)}
STATE = SPOKEN | {
    "Upload-Offset": declared.header("How many bytes are safe; go on behind them.", "524288"),
    "Upload-Expires": declared.header("When it is forgotten if nothing more comes.", "Mon, 23 Nov 2026 10:15:00 GMT"),
    "Candid-Interview": declared.header(
        "The path of the interview that a finished upload has become.", f"/v1/interviews/{schemas.EXAMPLE_INTERVIEW}"
    ),
}
CREATED: declared.Responses = {
    201: {
        "description": "Send the bytes to this place.",
        "headers": STATE | {"Location": declared.header("The path of it.", f"{tus.ROOT}/{schemas.EXAMPLE_UPLOAD}")},
    }
}
TAKEN: declared.Responses = {204: {"description": "It is safe.", "headers": STATE}}
FORGOTTEN: declared.Responses = {204: {"description": "It is forgotten.", "headers": SPOKEN}}
SHOWN: declared.Responses = {
    200: {
        "description": "How far it is.",
        "headers": STATE
        | {
            "Upload-Length": declared.header("How many bytes it will have.", "712345"),
            "Upload-Metadata": declared.header("As it was sent, until it is finished.", tus.EXAMPLE),
        },
    }
}
ABLE: declared.Responses = {
    204: {
        "description": "What is spoken here.",
        "headers": SPOKEN
        | {name: declared.header(tus.ABILITIES[name], value) for name, value in tus.abilities(2**31).items()},
    }
}
CHECKED = [
    digests.parameter(digests.CONTENT, "The SHA-256 of this request's body"),
    tus.parameter(
        "Upload-Checksum",
        "A hash of this request's body: `sha1` or `sha256`, a space, base64. If it is another, nothing is kept.",
        pattern=f"^({'|'.join(tus.ALGORITHMS)}) [A-Za-z0-9+/]+=*$",
        maxLength=100,
    ),
]
BEGIN: dict[str, Any] = {
    "parameters": [
        tus.SPEAKS,
        tus.parameter(
            "Upload-Length", "How many bytes the recording has.", required=True, pattern=r"^[1-9][0-9]{0,17}$"
        ),
        tus.parameter(
            "Upload-Metadata",
            "Names with base64 of UTF-8, separated by commas: `consent`, `filename`, and the fields of a form of "
            "`POST /v1/interviews`; or `interview_id` for one that was planned. `filetype` and what else Uppy says "
            "of a file is passed over.",
            required=True,
            pattern=r"^[!-+\--~]+( [A-Za-z0-9+/]*=*)?(,[!-+\--~]+( [A-Za-z0-9+/]*=*)?)*$",
            maxLength=tus.MAX_ABOUT_LENGTH,
        )
        | {"example": tus.EXAMPLE},
        digests.parameter(digests.WHOLE, "The SHA-256 of the whole recording"),
        *CHECKED,
    ],
    "requestBody": bodies.PIECE | {"required": False, "description": "The first bytes may come along."},
}
APPEND: dict[str, Any] = {
    "parameters": [
        tus.SPEAKS,
        tus.parameter(
            "Upload-Offset", "Behind how many bytes these stand.", required=True, pattern=r"^(0|[1-9][0-9]{0,17})$"
        ),
        *CHECKED,
    ],
    "requestBody": bodies.PIECE | {"required": True, "description": "The next bytes, all that are left or some."},
}
NO_BODY: dict[str, Any] = {"parameters": [tus.SPEAKS]}


@router.options("", status_code=204, response_class=Response, responses=ABLE)
def describe_uploads(house: HouseDep) -> Response:
    """Say which tus is spoken. The version, its extensions, and the largest recording."""
    return Response(status_code=204, headers=tus.abilities(house.settings.max_recording_bytes))


@router.post(
    "",
    status_code=201,
    response_class=Response,
    responses=CREATED | declared.failures(*FIND_ERRORS, *PIECE_ERRORS, errors.UploadBusy, errors.UploadMoved),
    openapi_extra=BEGIN,
)
async def create_upload(request: Request, house: HouseDep, caller: WriterDep, key: KeyDep) -> Response:
    """Begin a resumable upload (tus 1.0.0). For phones on bad networks: after a cut it goes on where it was.

    Who calls, and whether everybody on the recording agreed, is checked before the first byte is read.
    With an `Idempotency-Key`, who asks again is led to the same upload, as far as it is by now: bytes that come along
    then are not taken; send those behind `Upload-Offset`. Length, metadata and `Repr-Digest` must be as they were.
    """
    upload = await pieces.begin(request, house, caller, key)
    return Response(status_code=201, headers=tus.state(upload) | {"Location": tus.path_of(upload)})


@router.head(
    "/{upload_id}",
    response_class=Response,
    responses=SHOWN | declared.failures(*FIND_ERRORS),
    openapi_extra=NO_BODY,
)
def head_upload(upload_id: deps.UploadId, request: Request, house: HouseDep, caller: WriterDep) -> Response:
    """Ask how far an upload is. Its offset is what is safe on disk; go on behind it."""
    tus.check_version(request.headers)
    return tus.shown(pieces.show(house, caller, upload_id))


@router.patch(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=TAKEN | declared.failures(*FIND_ERRORS, *PIECE_ERRORS, errors.UploadMoved, errors.UploadBusy),
    openapi_extra=APPEND,
)
async def append_upload(upload_id: deps.UploadId, request: Request, house: HouseDep, caller: WriterDep) -> Response:
    """Go on with an upload. With its last byte it becomes the recording of an interview (`Candid-Interview`).

    What came before a cut counts, also without an answer, unless a checksum was to be checked.
    """
    return Response(status_code=204, headers=tus.state(await pieces.append(request, house, caller, upload_id)))


@router.delete(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    responses=FORGOTTEN | declared.failures(*HEADER_ERRORS, errors.NotFound),
    openapi_extra=NO_BODY,
)
def delete_upload(upload_id: deps.UploadId, request: Request, house: HouseDep, caller: WriterDep) -> Response:
    """Give an upload up. What came of it is erased; an interview that it has become stays."""
    tus.check_version(request.headers)
    pieces.forget(house, caller, upload_id)
    return Response(status_code=204)
